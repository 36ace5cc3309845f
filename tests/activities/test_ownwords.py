"""Of a reply, the words of whoever wrote it: without what they answer, and with all else."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.mail.ownwords import CUT, own_words, plain_of

WROTE = "On Mon, Mar 2, 2026 at 9:00 AM Noor <noor@x.test> wrote:"


@pytest.mark.parametrize(
    ("text", "own"),
    [
        (f"Yes, Friday.\n\n{WROTE}\n> Hello\n> there\n", "Yes, Friday."),
        ("Ja, gern.\n\nAm 02.03.2026 um 09:00 schrieb Noor <noor@x.test>:\n> Hallo\n", "Ja, gern."),
        ("Ja.\n\nVon: Noor\nGesendet: Montag\nAn: Kim\nBetreff: One\n\nHallo Kim", "Ja.\n\n… and 5 lines quoted"),
        (
            "Yes.\n\n________________\nFrom: Noor\nSent: Monday\nTo: Kim\nSubject: One\n\nHello",
            "Yes.\n\n… and 5 lines quoted",
        ),
        ("Oui.\n\nLe 2 mars 2026 à 14:00, Noor <noor@x.test> a écrit :\n\n> Bonjour", "Oui."),
    ],
    ids=["gmail", "german", "outlook german", "outlook", "french"],
)
def test_what_is_answered_is_left_out(text, own):
    assert own_words(text) == own


@pytest.mark.parametrize(
    "own",
    [
        "The numbers:\nFrom: 100 seats\nTo: 40 seats\nWe cut back.",
        "Our plan:\nFrom: 1 March\nTo: 5 March\nDate: 6 March\nSubject: training\nWe cancel if you cannot come.",
        "We come.\nFrom: 1 March\nTo: 5 March\nDate: 6 March\nSubject: training\nWe cancel if you cannot come.",
        "My boss says:\n\nFrom: Jo <j@a.test>\nSent: Monday\nTo: Kim\nSubject: cancel\n\nWe cancel.",
        "FYI\n\nFrom: Jo <j@a.test>\nSent: Monday\nTo: Kim\nSubject: cancel\n\nWe cancel.",
        "On Friday your colleague wrote:\nwe would get a refund. Where is it?",
        "Agenda:\n--\n1. Price\n2. Seats",
        "We want to cancel.\n\nBest regards,\nKim\n\nPS: please also stop the invoices.",
        "See below\n\n-- Forwarded message --\nFrom: Bo <b@a.test>\nDate: x\nSubject: y\nTo: Kim\n\nCancel.",
        "> only what was quoted",
        "",
    ],
)
def test_what_only_looks_like_an_answered_mail_is_kept(own):
    assert own_words(own) == own


def test_of_an_answer_below_what_it_answers_only_the_answer_is_kept():
    assert own_words(f"{WROTE}\n> Hello\n> Can we talk?\n\nYes, at ten.") == "Yes, at ten."
    assert own_words("> Hello\n\nNo.") == "No."


def test_between_the_lines_what_is_answered_stays_short():
    text = f"{WROTE}\n> Hello\n> Kim\n> how are you?\n> On Friday?\nNo.\n> On Monday?\nYes.\n> Regards\n> Noor"

    assert own_words(text) == "> Kim\n> how are you?\n> On Friday?\nNo.\n> On Monday?\nYes."


def test_answers_between_lines_that_nothing_marks_are_kept_with_them_where_the_sender_points_there():
    text = "Please see my answers below.\n\nFrom: Noor\nSent: Monday\nTo: Kim\nSubject: One\n\nOn Friday?\nNo, never."

    assert own_words(text) == text


def test_a_long_answer_is_kept_whole():
    long = "\n".join(f"{n}. We need this." for n in range(1_000))

    assert own_words(long) == long


@pytest.mark.parametrize(
    ("page", "own"),
    [
        ("<html><head><meta charset=utf-8><body><p>Yes, Friday.</p></body></html>", "Yes, Friday."),
        ("Yes, from R&D", "Yes, from R&D"),
        ("<title>x<p>Yes</p>", "x\nYes"),
        ("<style>p{}</style><p>See <b>you</b>&nbsp;there</p><br>Kim", "See you there\n\nKim"),
        ("<p>Yes<blockquote>quoted<p>more", "Yes"),
        ("<table><tr><td>Seats</td><td> 40</td></tr><tr><th>Price<th>10</table>", "Seats 40\nPrice 10"),
        (
            f"<p>Hello,</p><STYLE type=a>{'p{}' * 99_999}</style><!--{'<o:p>' * 99_999}--><p>we cancel",
            "Hello,\n\nwe cancel",
        ),
        (f"<p>Yes</p>{WROTE.replace('<', '&lt;')}<blockquote>{'more ' * 99_999}</blockquote>", "Yes"),
        (f"<div>Yes</div>{WROTE.replace('<', '&lt;')}<blockquote>Hello</blockquote>", "Yes"),
        ("<blockquote>Friday?</blockquote><div>No.</div>", "No."),
    ],
)
def test_of_a_page_the_words_are_kept_that_its_reader_wrote(page, own):
    assert own_words(plain_of(page)) == own


def test_of_a_page_without_end_it_is_said_that_it_goes_on():
    own = own_words(plain_of("<p>Yes, Friday.</p>" * 9_999))

    assert own.startswith("Yes, Friday.\n\nYes")
    assert own.endswith(f"\n{CUT}")


@pytest.mark.parametrize(
    "hostile",
    [
        "\n" * 500_000,
        "On " * 200_000,
        "> " * 200_000,
        "_" * 500_000,
        "<" * 500_000,
        "From: a\n" * 100_000,
        "<a <!--" * 99_999,
        "<style><!--" * 99_999,
        "<style></style><" * 99_999,
    ],
)
def test_a_text_made_to_be_slow_is_not(hostile):
    begun = time.process_time()

    own_words(hostile)
    plain_of(hostile)

    assert time.process_time() - begun < 3


@given(st.text(alphabet="Onwrote: >@\n<a/>&;1"))
def test_words_are_never_all_left_out(text):
    assert bool(own_words(text)) == bool(text.strip())
