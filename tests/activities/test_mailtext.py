import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.mail.text import mail_text
from engine.markdown import in_markdown
from tests.support.pages import read

HARMLESS = {
    "p", "h1", "h2", "h3", "h4", "h5", "h6", "em", "strong", "s", "a",
    "img", "ul", "ol", "li", "blockquote", "pre", "code", "hr", "br", "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip


def text_of(markdown):
    return mail_text(markdown).text


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("# Hello *Ann*", "Hello Ann"),
        ("one\ntwo\n\nthree", "one two\n\nthree"),
        ("one  \ntwo", "one\ntwo"),
        ("[Book](https://cal.example/a?b=1&c=2)", "Book (https://cal.example/a?b=1&c=2)"),
        ("<https://cal.example>", "https://cal.example"),
        ("[Write](mailto:cs@vendor.example)", "Write (cs@vendor.example)"),
        ("- one\n- two\n  - inner", "- one\n- two\n  - inner"),
        ("3. three\n4. four", "3. three\n4. four"),
        ("- one\n\n  more\n- two", "- one\n\n  more\n- two"),
        ("> said", "> said"),
        ("```\na  b\n```", "    a  b"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "a | b\n1 | 2"),
        ("![A chart](https://img.example/a.png)", "A chart"),
        ("R&amp;D ~~old~~ `code`", "R&D old code"),
        ("", ""),
    ],
)
def test_the_text_part_reads_well_without_markup(markdown, text):
    assert text_of(markdown) == text


def test_the_html_part_says_the_same_with_markup():
    html = mail_text("Hello **Ann**, [book](https://cal.example)").html

    assert html == '<p>Hello <strong>Ann</strong>, <a href="https://cal.example">book</a></p>\n'


def test_a_strong_link_alone_in_its_paragraph_is_a_button():
    html = mail_text("**[Book](https://cal.example)**\n\nOr **[write](https://w.example)**").html

    assert re.findall("<a [^>]*>", html) == [
        '<a href="https://cal.example" class="button">',
        '<a href="https://w.example">',
    ]


@pytest.mark.parametrize("raw", ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<!-- a -->", "<b>x</b>"])
def test_raw_html_is_shown_and_not_run(raw):
    mail = mail_text(raw)

    assert raw not in mail.html
    assert raw in mail.text


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "file:///etc", "vbscript:x", "/path", "x"])
def test_a_link_leads_to_the_web_to_mail_or_to_a_telephone(url):
    assert read(mail_text(f"[here]({url})").html).links == []


@given(st.text("ab<>&\"'*_[]()!`#|:/\\\n -", max_size=80))
def test_nothing_but_harmless_markup_comes_of_any_text(markdown):
    reader = read(mail_text(markdown).html)

    assert reader.tags <= HARMLESS
    assert all(re.match("(https?|mailto|tel):", link) for link in reader.links)


LETTERS = st.text(st.sampled_from("aB1 \\`*_[]()#+-.!<>|~&=:;{}\n"), min_size=1, max_size=30).filter(str.strip)


@given(LETTERS, st.sampled_from(["Dear {}!", "{}", "- {}", "see [it](https://x.example) {} and *{}*", "> {}"]))
def test_a_value_is_shown_letter_by_letter_wherever_it_stands(value, around):
    known = "Wx9"

    shown, plain = (mail_text(around.replace("{}", one)) for one in (in_markdown(value), known))

    assert squeezed(shown.text) == squeezed(plain.text.replace(known, value))
    assert read(shown.html).tags == read(plain.html).tags


def squeezed(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize(
    "name", ["Acme & Co. (US)", "Müller-Lüdenscheidt GmbH", "snake_case", "R&D", "C++", "1.5", "a-b"]
)
def test_usual_names_stay_as_they_are(name):
    assert in_markdown(name) == name
