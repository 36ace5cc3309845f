"""Every template that ships, as its readers get it."""

import re
from dataclasses import replace
from email.policy import SMTP
from pathlib import Path

import pytest

from activities.mail.links import Links
from activities.mail.page import CLIPPED_AT, page_of
from activities.mail.senders import Senders
from activities.mail.smtp import letter_of
from activities.transport import Sender
from engine.workspace import load
from tests.support.browsers import browser, seen
from tests.support.pages import read
from workers.checking import check
from workers.letters import Source, letter, made_up

WORKSPACE = Path(__file__).parents[2] / "playbooks"
SETTING = check(WORKSPACE).setting
LINKS = Links(("a-secret-that-is-long-enough-for-it",), "https://cs.vendor.example", "reply.vendor.example")
WIDTHS = (360, 1024)
LEGIBLE = 4.5  # contrast of text, WCAG AA
FILES = [(one.name, one.language) for one in load(WORKSPACE).templates.files]


def mail(name: str, language: str | None):
    return letter(Source(name), made_up(SETTING, language), SETTING, Senders(), LINKS)


@pytest.mark.parametrize(("name", "language"), FILES)
def test_a_shipped_template_makes_a_whole_mail(name, language):
    message = mail(name, language)
    made = page_of(message)
    page = read(made.html)

    assert message.subject
    assert len(message.subject) <= 60, "an inbox cuts off what is longer"
    assert message.preheader, "an inbox fills the line with the letter's first words"
    assert len(made.html.encode()) < CLIPPED_AT / 4
    assert not re.search(r"\{\{|\}\}|\{%|-HERE", made.html + made.text + message.subject), "an unfilled place"
    assert all(re.match("(https|mailto|tel):", link) for link in page.links), page.links
    assert all(image.get("alt") for image in page.images), "a picture that a screen reader cannot tell"


@pytest.mark.parametrize(("name", "language"), FILES)
def test_the_text_part_has_every_word_and_link_of_the_page(name, language):
    message = mail(name, language)
    made = page_of(message)
    page = read(made.html)

    assert set(page.links) <= set(re.findall(r"(?:https|mailto|tel):[^\s)]+", made.text))
    assert words(f"{message.preheader} {made.text}") >= words(page.text)


def words(text: str) -> set[str]:
    return set(re.findall(r"[^\W\d_]{2,}", text))


@pytest.mark.parametrize(("name", "language"), FILES)
def test_every_mail_says_who_writes_why_and_how_to_get_less(name, language):
    footer = mail(name, language).footer

    assert footer.company
    assert footer.address
    assert footer.preferences


HOSTILE = "\u202eمحمد <script>x</script> **[y](https://evil.example)** {{ account.arr }} BODY-HERE, #_`|\n\n# Ö" + "Ä" * 3_000


def test_names_of_any_length_and_letters_change_neither_markup_nor_links_nor_break_a_line():
    for name, language in FILES:
        usual, reader = mail(name, language), made_up(SETTING, language)
        names = {**reader.names, **{one: {**reader.names[one], "name": HOSTILE} for one in ("account", "contact")}}
        hostile = replace(reader, names=names, account=HOSTILE, contact={**reader.contact, "name": HOSTILE})

        made = letter(Source(name), hostile, SETTING, Senders(), LINKS)

        page, same = read(page_of(made).html), read(page_of(usual).html)
        raw = letter_of(made, Sender("cs@vendor.example", HOSTILE)).content.as_bytes(policy=SMTP)
        assert (page.tags, page.links) == (same.tags, same.links), name
        assert max(map(len, raw.split(b"\r\n"))) < 130, name
        assert raw.isascii()


@pytest.mark.parametrize("name", ["onboarding/self-start", "onboarding/self-serve"])
@pytest.mark.parametrize("language", [None, "de"])
@pytest.mark.parametrize("seats", [None, 1, 37])
def test_steps_stand_in_lines_of_their_own_whatever_is_known(name, language, seats):
    reader = made_up(SETTING, language)
    known = {key: value for key, value in reader.names["account"].items() if key != "seats"}
    names = {**reader.names, "account": known | ({"seats": seats} if seats else {})}

    text = page_of(letter(Source(name), replace(reader, names=names), SETTING, Senders(), LINKS)).text

    assert re.findall(r"(?m)^(\d)\. \S.*[.]$", text) == ["1", "2", "3"]
    assert ("37" in text) == (seats == 37)


@pytest.mark.skipif(browser() is None, reason="no Chromium or Chrome is on this machine")
def test_a_real_browser_shows_every_mail_whole_and_legibly_on_telephones_and_desktops(tmp_path):
    mails = {f"{name} {language or ''}".strip(): mail(name, language) for name, language in FILES}

    found = seen(browser(), tmp_path, {name: page_of(one).html for name, one in mails.items()}, WIDTHS)

    assert len(found) == len(WIDTHS) * len(FILES)
    assert {key: one.beyond for key, one in found.items() if one.beyond > 0} == {}
    assert {key: one.contrast for key, one in found.items() if one.contrast < LEGIBLE} == {}
    assert [key for key, one in found.items() if not words(mails[key[0]].footer.address) <= words(one.text)] == []
    assert min(len(one.text) for one in found.values()) > 200
