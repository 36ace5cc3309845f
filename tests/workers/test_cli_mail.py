"""`playbook mail` and the pages of the outbox: what a reader gets, looked at before or after."""

from pathlib import Path

import pytest

from tests.support.commands import playbook
from tests.support.one_mail import want_one_mail
from tests.support.pages import read
from tests.support.small_workspace import STORY, small_workspace


@pytest.fixture(autouse=True)
def workspace(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PLAYBOOK_DATABASE_URL", f"sqlite:///{tmp_path}/data/playbook.db")
    monkeypatch.setenv("PLAYBOOK_MAIL_FROM", "Vendor <success@vendor.example>")
    monkeypatch.setenv("PLAYBOOK_MAIL_DOMAINS", "us.test")
    Path("story.yaml").write_text(STORY)
    return small_workspace(Path("playbooks"))


def test_a_template_is_shown_with_made_up_values():
    shown = playbook("mail", "thanks")

    assert shown.lines[:7] == [
        "== template thanks",
        "from: Sam Field <success@vendor.example>",  # who is made up is at no verified domain
        "to: Kim Lee <kim.lee@acme.example>",
        "reply-to: sam.field@vendor.example",
        "subject: Thank you",
        "language: en",
        "",
    ]
    assert "Hello Kim Lee, thank you." in shown.out


def test_a_step_of_a_playbook_is_shown_likewise_and_written_as_a_page():
    shown = playbook("mail", "call/thanks", "--html", "thanks.html")

    assert (shown.lines[0], shown.lines[-2]) == ("== call/thanks · template thanks", "the page is in thanks.html")
    assert "Hello Kim Lee, thank you." in text_of("thanks.html")


def test_a_story_shows_what_goes_out_in_it():
    (mail,) = playbook("mail", "call", "--story", "story.yaml", "--json").json

    assert mail["to"] == {"address": "kim@acme.test", "name": "Kim"}
    assert mail["from"] == {"address": "ben@us.test", "name": "Ben"}
    assert "our contact at Acme." in mail["text"]
    assert [mail[one] for one in ("playbook", "step", "number", "template", "ways")] == [
        "call", "thanks", None, "thanks", []
    ]  # fmt: skip
    assert (mail["clipped"], mail["made_up_links"]) == (False, False)


def test_the_language_of_the_reader_chooses_the_file(workspace):
    (workspace / "templates" / "thanks.de.md").write_text("---\nsubject: Danke\n---\nHallo {{ contact.name }}.\n")

    shown = playbook("mail", "thanks", "--language", "de-AT")

    assert "subject: Danke" in shown.lines
    assert "language: de" in shown.lines
    assert "Sie erhalten diese E-Mail" in shown.out


def test_a_language_that_there_is_no_text_in_is_said():
    known, lacking = playbook("mail", "thanks", "--language", "en-GB"), playbook("mail", "thanks", "--language", "fr")

    assert (known.err, known.code) == ("", 0)
    assert lacking.err == "there is no text of it in 'fr': a reader of that gets 'en', as here\n"
    assert "language: en" in lacking.lines


def test_a_real_account_fills_the_template_and_the_outbox_has_the_page_of_what_was_wanted():
    want_one_mail()
    (message,) = playbook("outbox", "--json").json

    shown = playbook("mail", "thanks", "--account", "acme")
    lacking = playbook("mail", "thanks", "--account", "acme", "--contact", "c9")
    kept = playbook("outbox", "--show", message["id"], "--html", "kept.html")

    assert "Hello Kim, thank you." in shown.out
    assert "from: Ben <ben@us.test>" in shown.lines
    assert lacking.err == "playbook: account acme has no contact 'c9'\n"
    assert (kept.code, kept.lines[-1]) == (0, "the page is in kept.html: open it in a browser")
    assert "Hello Kim, thank you. You get this mail because you are our contact at Acme." in text_of("kept.html")


def test_an_account_is_shown_the_mails_that_it_gets_and_told_of_the_others(workspace):
    want_one_mail()
    only_large = """\
  - branch: size
    cases: [{when: account.arr > 9000, then: [{email: large, to: champion, subject: Large, text: Hello}]}]
    otherwise: []
"""
    with (workspace / "adoption/call.yaml").open("a") as file:
        file.write(only_large)

    some, every, none = (
        playbook("mail", *said, "--account", "acme") for said in (["call"], ["call", "--all"], ["call/large"])
    )

    assert headings(some) == ["== call/thanks · template thanks"]
    assert some.err == "1 more of call, which account acme does not get as it stands now: --all shows them\n"
    assert headings(every) == [*headings(some), "== call/size/case/1/large"]
    assert "account acme, as it stands now, gets no mail of call/large. --all shows what others get" in none.err


def test_links_of_a_mail_that_nobody_gets_are_said_to_be_made_up(monkeypatch):
    monkeypatch.setenv("PLAYBOOK_PUBLIC_URL", "https://cs.us.test")
    monkeypatch.setenv("PLAYBOOK_LINK_SECRET", "s" * 32)

    shown = playbook("mail", "thanks")

    assert "the links to unsubscribe and to choose are made up here: they lead to nobody's page" in shown.lines


def headings(ran):
    return [one for one in ran.lines if one.startswith("== ")]


def text_of(file: str) -> str:
    return read(Path(file).read_text()).text


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("mail", "thank"), "neither a template nor a playbook 'thank'. Did you mean 'thanks'?"),
        (("mail", "call/thank"), "call has no mail at 'thank'. Did you mean 'thanks'?"),
        (("mail", "call/ring", "--story", "story.yaml"), "no mail of call/ring goes out"),
        (("mail", "thanks", "--all"), "--all is what an account does not get: name that with --account ID"),
        (("mail", "thanks", "--contact", "c1"), "--contact is somebody of an account: name that with --account ID"),
        (
            ("mail", "thanks", "--html", "no/such.html"),
            "the page cannot be written to no/such.html: No such file or dir",
        ),
        (("mail", "thanks", "--language", "french"), "'french' is no language. Write de, or de-AT"),
        (("mail", "call", "--story", "story.yaml", "--language", "de"), "--language goes without --story"),
        (("outbox", "--html", "x.html"), "--html is the page of one mail: name it with --show ID"),
    ],
)
def test_what_cannot_be_shown_is_said_with_what_to_do(arguments, said):
    ran = playbook(*arguments)

    assert ran.code == 1
    assert said in ran.err


def test_a_text_calculates_with_made_up_values_and_with_those_of_an_account(workspace):
    want_one_mail()
    source = "You are {{ count(known(c.email) for c in contacts) }} of {{ 2 / 3 | percent }}."
    (workspace / "templates" / "thanks.md").write_text(f"---\nsubject: Hi\n---\n{source}\n")

    made_up = playbook("mail", "thanks")
    real = playbook("mail", "thanks", "--account", "acme")

    assert "You are 1 of 67%." in made_up.out
    assert "You are 1 of 67%." in real.out


def test_a_text_that_only_a_run_can_make_asks_for_a_story(workspace):
    (workspace / "templates" / "thanks.md").write_text("---\nsubject: Hi\n---\nYou said {{ outcome.ring }}.\n")

    ran = playbook("mail", "thanks")

    assert ran.err == (
        "playbook: thanks needs outcome.ring, which a made-up account does not have. Show it in a story, with --story "
        "FILE\n"
    )
