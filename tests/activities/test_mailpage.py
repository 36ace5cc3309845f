import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.mail.page import CLIPPED_AT, page_of
from activities.mail.words import WORDS
from activities.transport import Footer, Message
from tests.support.pages import read

FOOTER = Footer(
    account="Acme & Sons",
    topic="Product news",
    company="Vendor",
    address="1 Harbour Street,\nBoston",
    preferences="https://v.example/preferences/x",
    unsubscribe="https://v.example/unsubscribe/x",
)
MAIL = Message(
    id="m1",
    channel="email",
    to="ann@acme.example",
    subject="Your <first> month",
    preheader="One objective & one date",
    body="Dear Ann,\n\n- one\n- two\n\n**[Book](https://cal.example)**\n",
    footer=FOOTER,
)
ODD = st.text("ab<>&\"'*_[]()!`#|:/\\\n -", max_size=40)


def test_the_page_has_a_title_a_language_a_preheader_and_fits_a_telephone():
    html = page_of(replace(MAIL, language="de-CH")).html

    assert '<html lang="de-CH"' in html
    assert "<title>Your &lt;first&gt; month</title>" in html
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in html
    assert re.search(r'<div style="display:none;[^>]*>One objective &amp; one date', html)


def test_the_styles_stand_in_every_element_for_readers_that_know_no_others():
    page = read(page_of(MAIL).html)

    plain = [tag for tag, style in page.styles if tag in {"p", "li", "ul", "a"} and not style]
    assert plain == []


def test_nothing_is_fetched_by_opening_the_mail():
    """A font or a picture of somebody else's would tell them who reads what."""
    page = read(page_of(MAIL).html)

    assert sorted(page.links) == sorted(["https://cal.example", FOOTER.preferences, FOOTER.unsubscribe])
    assert "@import" not in page_of(MAIL).html


def test_under_the_mail_stands_why_and_what_can_be_done_about_it():
    shown = read(page_of(MAIL).html).text

    for said in (
        "our contact at Acme & Sons",
        "about: Product news",
        "Unsubscribe",
        "Vendor · 1 Harbour Street, Boston",
    ):
        assert said in shown


def test_the_text_part_says_all_that_the_page_says():
    assert page_of(MAIL).text == (
        "Dear Ann,\n\n- one\n- two\n\nBook (https://cal.example)\n\n-- \n"
        "You get this mail because you are our contact at Acme & Sons. It is about: Product news.\n"
        "Choose what you get: https://v.example/preferences/x\n"
        "Unsubscribe: https://v.example/unsubscribe/x\n"
        "Vendor · 1 Harbour Street, Boston\n"
    )


def test_a_mail_that_is_for_no_customer_has_nothing_under_it():
    page = page_of(replace(MAIL, footer=None))

    assert "-- \n" not in page.text
    assert "border-top" not in page.html


@pytest.mark.parametrize("language", sorted(WORDS))
def test_the_words_under_the_mail_are_in_its_language(language):
    words = WORDS[language]
    text = page_of(replace(MAIL, language=f"{language}-XX")).text

    assert all(word in text for word in (words.preferences, words.unsubscribe, words.why.format(account="Acme & Sons")))


def test_an_unknown_language_gets_english_words_and_keeps_its_name():
    page = page_of(replace(MAIL, language="fi"))

    assert "Choose what you get" in page.text
    assert '<html lang="fi"' in page.html


@given(ODD, ODD, ODD)
def test_nothing_that_is_said_becomes_markup_outside_of_the_letter(subject, preheader, name):
    page = read(page_of(replace(MAIL, subject=subject, preheader=preheader, footer=replace(FOOTER, account=name))).html)
    usual = read(page_of(MAIL).html)

    assert page.tags == usual.tags
    assert page.links == usual.links


def test_a_place_in_the_page_is_filled_once():
    shown = read(page_of(replace(MAIL, body="BODY-HERE FOOTER-HERE")).html).text

    assert "BODY-HERE FOOTER-HERE" in shown


def test_a_long_letter_is_not_clipped():
    page = page_of(replace(MAIL, body="A sentence of a usual length, of which there are many.\n\n" * 400))

    assert len(page.html.encode()) < CLIPPED_AT


def test_a_letter_in_a_language_that_is_read_from_the_right_stands_there():
    arabic, english = (page_of(replace(MAIL, language=one)).html for one in ("ar-EG", "en"))

    assert re.search(r'<div dir="rtl" style="text-align:\s?right[^>]*>\s*<p', arabic)
    assert re.search(r'<ul style="[^"]*padding: 0 24px 0 0', arabic)
    assert 'dir="rtl"' not in english
