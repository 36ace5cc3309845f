import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.slack.text import escaped, fallback, quiet, sections

WORDS = st.lists(st.text("abc &<>`é\n", min_size=1, max_size=400), max_size=60).map(" ".join)


@given(WORDS)
def test_sections_hold_slacks_limits(text):
    parts = sections(text)

    assert all(0 < len(part) <= 3000 for part in parts)
    assert len(parts) <= 50
    assert sum(map(len, parts)) <= 10_000


@given(st.lists(st.text("abcdefg", min_size=1, max_size=50), max_size=150).map(" ".join))
def test_a_text_within_the_limit_is_whole(text):
    assert " ".join(sections(text)) == text


def test_a_long_text_says_how_much_is_missing():
    text = "word " * 5_000

    parts = sections(text)

    shown = "".join(parts)
    missing = int(re.search(r"… \(([\d,]+) more characters\)$", shown)[1].replace(",", ""))
    assert len(shown) + missing == pytest.approx(len(text), abs=60)


def test_paragraphs_stay_together():
    paragraph = "x" * 1_400

    assert sections("\n\n".join([paragraph] * 3)) == [f"{paragraph}\n\n{paragraph}", paragraph]


def test_a_link_is_never_torn():
    link = f"<https://acme.example/{'x' * 300}|the account>"

    parts = sections("y" * 2_800 + link)

    assert parts == ["y" * 2_800, link]


def test_an_entity_is_never_torn():
    parts = sections("y" * 2_898 + "&amp;" + "z" * 10)

    assert parts == ["y" * 2_898, "&amp;" + "z" * 10]


def test_a_code_fence_is_closed_and_opened_again():
    first, second = sections("```\n" + "code line\n" * 400 + "```")

    assert first.startswith("```\n")
    assert first.endswith("\n```")
    assert second.startswith("```\n")
    assert second.count("```") == 2


def test_the_text_beside_the_blocks_stays_under_slacks_own_cut():
    assert len(fallback("word " * 5_000)) <= 4_000


@given(st.text(max_size=200))
def test_an_escaped_value_can_mention_and_link_nothing(value):
    shown = escaped(value)

    assert not set("<>\n") & set(shown)
    assert html.unescape(shown.replace("&amp;", "&amp;")).split() == html.unescape(html.escape(value)).split()


def test_mentions_of_a_whole_channel_become_words_and_others_stay():
    assert (
        quiet("<!channel> <!everyone|all> <@U123> <!date^1^{date}|x>")
        == "@channel @everyone <@U123> <!date^1^{date}|x>"
    )
