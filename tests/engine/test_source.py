from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from engine.problems import Position, Problems
from engine.source import MAX_DEPTH, Document, read


def document(text: str) -> Document:
    read_text = read(text, "file.yaml")
    assert isinstance(read_text, Document), str(read_text)
    return read_text


def refused(text: str) -> str:
    problems = read(text, "f")
    assert isinstance(problems, Problems), problems
    return str(problems)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("true", True), ("false", False), ("null", None), ("", None),
        ("yes", "yes"), ("no", "no"), ("on", "on"), ("~", "~"), ("True", "True"), ("NULL", "NULL"),
        ("12:30", "12:30"), ("2026-01-05", "2026-01-05"), ("2026-01-05T09:00:00Z", "2026-01-05T09:00:00Z"),
        ("0", 0), ("-7", -7), ("1200", 1200), ("-0", "-0"), ("007", "007"), ("1_000", "1_000"), ("+1", "+1"),
        ("1.10", Decimal("1.10")), ("-0.5", Decimal("-0.5")), ("1e3", "1e3"), (".5", ".5"), (".inf", ".inf"),
        ("0x1F", "0x1F"), ('"5"', "5"), ("'true'", "true"), ('""', ""), ("9" * 60, "9" * 60),
    ],
)  # fmt: skip
def test_only_true_false_null_and_plain_numbers_are_more_than_text(written, meant):
    value = document(f"a: {written}").data["a"]

    assert (value, type(value)) == (meant, type(meant))


def test_a_decimal_keeps_its_own_text():
    assert str(document("a: 1.10").data["a"]) == "1.10"


def test_keys_are_always_text():
    assert document("on: yes\n12: x\ntrue: y").data == {"on": "yes", "12": "x", "true": "y"}


def test_every_value_and_key_has_its_place():
    text = document("steps:\n  - task: review\n    due: 3 days\n")

    assert text.at(("steps", 0, "due")) == Position(3, 10)
    assert text.key_at(("steps", 0, "due")) == Position(3, 5)
    assert text.at(("steps", 0)) == Position(2, 5)
    assert text.at(("steps", 0, "title")) == Position(2, 5), "the nearest thing around it"


def test_an_empty_file_is_an_empty_document():
    assert document("# nothing yet\n").data is None


def test_a_file_is_read_from_disk_and_named_as_the_caller_named_it(tmp_path: Path):
    path = tmp_path / "a.yaml"
    path.write_text("\ufeffa: 1", encoding="utf-8")

    assert read(path, "a.yaml").data == {"a": 1}
    assert read(path).file == str(path)
    assert str(read(tmp_path / "none.yaml", "none.yaml")) == (
        "none.yaml:1:1: error: cannot be read: No such file or directory."
    )


NOT_WRITTEN_YET = (
    "*x repeats something that is not (or not yet wholly) written above. Write &x before what it stands for."
)
OTHER_QUOTES = "text goes on behind its closing quote. Put quotes of the other kind around the whole."
COLON = "a colon stands where none can. Put quotes around text that has ': ' in it, or mend the indent."
BRACES = 'text that begins with {{ needs quotes. Write "{{ … }} …".'


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("a: 1\nb: 2\na: 3", "3:1", "'a' stands here a second time; the first is on line 1. Keep one of them."),
        ("a: 1\n---\nb: 2", "2:1", "a second document begins here. One file holds one."),
        ("a:\n\t- b", "2:1", "a line is indented with a tab. Indent with spaces."),
        ("a: !!set x", "1:4", "the tag tag:yaml.org,2002:set is not understood. Take it away."),
        ("a: &x {b: 1}\nc:\n  <<: *x", "3:3", "merging with << is not understood. Write the keys out."),
        ("a: &x [*x]", "1:8", NOT_WRITTEN_YET),
        ("a: *x", "1:4", NOT_WRITTEN_YET),
        ("? [a]\n: b", "1:3", "a key must be a word. Put quotes around text that begins with { or [."),
        ("a: b: c", "1:5", COLON),
        ('a: "x" in y', "1:8", OTHER_QUOTES),
        ("a: {{ x }} y", "1:4", BRACES),
        ("a: {{ x | y }}", "1:4", BRACES),
        ("a: @x", "1:4", "text cannot begin with '@' here. Put quotes around it."),
        ("a: 'x", "1:6", "a quote is opened and never closed. Close it."),
        (
            'a: {b: x in ["a"], c}',
            "1:13",
            "this does not fit inside the brackets (did not find expected ',' or '}'). Put",
        ),
        ("a: 1\n- b", "2:1", "this line does not fit the ones above it. Mend its indent."),
        ("a: b\nc\n", "3:1", "a key without a colon stands above. Write `key: value`."),
        ("a: \x07", "1:4", "this character cannot stand in a text file. Take it away."),
        ("'': a", "1:1", "a key is missing before the colon. Name it."),
    ],
)
def test_what_cannot_be_meant_is_refused_at_its_place(text, place, said):
    assert refused(text).startswith(f"f:{place}: error: {said}")


def test_an_alias_is_what_it_repeats():
    assert document("a: &x [1, {b: 2}]\nc: *x").data["c"] == [1, {"b": 2}]


def test_anchors_that_explode_are_refused():
    bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "\n".join(
        f"{after}: &{after} [{', '.join([f'*{before}'] * 9)}]"
        for before, after in zip("abcdefgh", "bcdefghi", strict=True)
    )

    assert "a file has at most 100,000 values. Split it." in refused(bomb)


def test_depth_and_size_are_bounded():
    assert f"this is nested deeper than {MAX_DEPTH} levels" in refused("[" * 200 + "]" * 200)
    assert "a file has at most 1,000,000 characters" in refused("a" * 1_000_001)


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("when: account.arr > oops", 1, 21),
        ("when: 'account.arr > oops'", 1, 22),
        ('when: "account.arr\\u0020> oops"', 1, 27),
        ("when: 'it''s account oops'", 1, 22),
        ("when: account.arr\n  > oops", 2, 5),
        ("when: |\n  account.arr >\n  oops", 3, 3),
        ("when: >-\n  account.arr >\n  oops", 3, 3),
        ("- when: >\n    a\n\n    b oops\n- x", 4, 7),
    ],
)
def test_an_offset_inside_a_text_is_a_place_in_the_file(text, line, column):
    found = document(text)
    path = next(path for path, _ in found.spans.items() if "oops" in str(found.value(path)))

    assert found.text_offset(path, str(found.value(path)).index("oops")) == Position(line, column)


def test_an_offset_behind_the_end_is_behind_the_last_character():
    assert document("when: a >").text_offset(("when",), 3) == Position(1, 10)


WORDS = st.text("ab '\"\\:#\n\té{}%", max_size=30)


@given(WORDS, st.sampled_from(["'", '"', "|", ">", None]), st.integers(10, 80))
def test_a_place_shows_the_very_character_however_yaml_writes_the_text(value, style, width):
    text = yaml.dump({"when": value + "!"}, default_style=style, width=width, allow_unicode=True)
    found = read(text, "f")
    if isinstance(found, Problems):
        return
    key = next(iter(found.data))

    at = found.text_offset((key,), len(value))

    start = found.at((key,))
    assert at == start or text.splitlines()[at.line - 1][at.column - 1] == "!"
