"""Tokens in mails: opaque, signed, and read for years."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.mail.links import Links

MAIL = "6f1d3f0e-6a49-5f0c-9d0b-6f7f3f1c2a11"
OLD, NEW = "a secret of many years ago, kept", "the secret that signs nowadays, x"
LINKS = Links((NEW, OLD), "https://cs.acme.example/", "in.acme.example")


@given(st.uuids(), st.sampled_from(["choose", "reply"]))
def test_a_token_is_read_by_whoever_made_it_also_when_a_mail_program_made_it_small_or_large(name, purpose):
    token = LINKS.token(purpose, str(name))

    assert LINKS.read(purpose, token) == LINKS.read(purpose, token.upper()) == str(name)
    assert LINKS.read("reply" if purpose == "choose" else "choose", token) is None


@given(st.text(max_size=60))
def test_what_we_have_not_made_is_nothing(text):
    assert LINKS.read("choose", text) is None


@given(st.integers(0, 44), st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
def test_a_token_that_was_touched_is_nothing(place, letter):
    token = LINKS.token("choose", MAIL)
    touched = token[:place] + letter + token[place + 1 :]

    assert (LINKS.read("choose", touched) is None) == (touched != token)


def test_a_token_outlives_the_secret_that_signs_as_long_as_the_secret_is_kept():
    before = Links((OLD,)).token("choose", MAIL)

    assert LINKS.read("choose", before) == MAIL
    assert Links((NEW,)).read("choose", before) is None


def test_the_address_for_replies_leads_back_to_the_mail():
    address = LINKS.reply_to(MAIL)

    assert len(address.partition("@")[0]) <= 64
    assert LINKS.replied_to(address) == LINKS.replied_to(f"Noor <{address.upper()}>") == MAIL
    assert LINKS.replied_to(address.replace("in.acme", "in.other")) is None
    assert LINKS.replied_to(address.replace("reply+", "reply-")) is None


def test_a_mail_program_is_told_where_one_click_unsubscribes():
    url = LINKS.unsubscribe(MAIL)

    assert url.startswith("https://cs.acme.example/unsubscribe/")
    assert LINKS.headers(MAIL) == (
        ("List-Unsubscribe", f"<{url}>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
    )
    assert LINKS.preferences(MAIL) == url.replace("/unsubscribe/", "/preferences/")


@pytest.mark.parametrize("lacking", [Links(), Links((NEW,)), Links((), "https://a.example", "in.a.example")])
def test_what_nothing_is_set_for_is_not_made(lacking):
    assert (lacking.unsubscribe(MAIL), lacking.preferences(MAIL), lacking.reply_to(MAIL)) == (None, None, None)
    assert lacking.headers(MAIL) == ()


def test_the_secrets_are_not_shown():
    assert NEW not in repr(LINKS)


def test_two_mails_have_two_tokens():
    assert LINKS.token("choose", MAIL) != LINKS.token("choose", str(uuid.uuid4()))
