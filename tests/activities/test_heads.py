"""What stands in a mail's head, read by the letter: in short lines of ASCII, and nothing of it lost on the way."""

import re
from dataclasses import replace
from email.header import decode_header, make_header
from email.policy import SMTP

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.mail.heads import LONGEST_NAME, LONGEST_SUBJECT
from activities.mail.smtp import letter_of
from activities.transport import Message, Sender

MAIL = Message(
    id="6f1c1f1e-0000-5000-8000-000000000001",
    channel="email",
    to="kim@acme.example",
    subject="Hi",
    body="Hello",
    sender=Sender("cs@vendor.example", "Bo"),
)


def lines(**said):
    mail = replace(MAIL, **said)
    return letter_of(mail, mail.sender).content.as_bytes(policy=SMTP).partition(b"\r\n\r\n")[0].split(b"\r\n")


def head(name, **said):
    """As any program reads it; of an address its name."""
    found = re.search(rf"^{name}: (.*(?:\n .*)*)", b"\n".join(lines(**said)).decode("ascii"), re.MULTILINE)
    unfolded = found[1].replace("\n", "")
    name = unfolded.removesuffix("<kim@acme.example>").strip()
    return re.sub(r"\\(.)", r"\1", name[1:-1]) if name.startswith('"') else str(make_header(decode_header(name)))


NAMES = st.text(st.sampled_from('aÄ€שم😀 ,.;<>@()"\\=?_-') | st.characters(codec="utf-8", categories=["L", "P"]))


@given(NAMES.map(lambda text: " ".join(text.split())).filter(lambda text: 0 < len(text) <= LONGEST_NAME))
def test_names_and_subjects_arrive_letter_by_letter(text):
    assert (head("To", to_name=text), head("Subject", subject=text)) == (text, text)


@given(st.text(max_size=600), st.text(max_size=600))
def test_whatever_they_are_lines_are_short_and_nothing_is_added(name, subject):
    got = lines(to_name=name, subject=subject, sender=Sender("cs@vendor.example", name))

    assert max(map(len, got)) <= 78
    assert [one.partition(b":")[0] for one in got if not one.startswith(b" ")] == [
        one.partition(b":")[0] for one in lines(to_name="Kim") if not one.startswith(b" ")
    ]
    assert re.search(rb"[^ -~]", b"".join(got)) is None


def test_what_is_too_long_is_cut_where_no_inbox_shows_it():
    assert head("To", to_name="Ä" * 3_000) == "Ä" * (LONGEST_NAME - 1) + "…"
    assert head("Subject", subject="word " * 900).startswith("word word")
    assert len(head("Subject", subject="word " * 900)) <= LONGEST_SUBJECT


def test_letters_that_nobody_sees_and_turns_of_the_line_are_left_out():
    assert head("Subject", subject="Your\x00 \u202efirst\u2066\tmonth\x85\u2028in\x07 \x1b") == "Your first month in"
    assert head("To", to_name="\u202eKim\ud800") == "Kim"


@pytest.mark.parametrize("to", ["kim@" + ".".join(["b" * 60] * 3) + ".example", "k" * 64 + "@acme.example"])
def test_an_address_stands_in_one_piece(to):
    got = lines(to=to, to_name="Kim Lee " * 9, reply_to=to, cc=(to, "max@vendor.example"))

    assert f" <{to}>".encode() in got
    assert f"Reply-To: {to}".encode() in got
    assert got[got.index(f"Cc: {to},".encode()) + 1] == b" max@vendor.example"


def test_a_message_id_is_never_encoded():
    sender = Sender("cs@" + ".".join(["b" * 60] * 3) + ".example")

    assert f"Message-ID: <{MAIL.id}@{sender.address[3:]}>".encode() in lines(sender=sender)
