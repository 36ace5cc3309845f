"""Links in mails: what a value says breaks none, and what an author wrote that is none is told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.mail.text import mail_text
from engine.links import faults
from engine.templates import Templates


def made(source, **values):
    return Templates().render_text(source, {"account": values}, into="markdown")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("[Book](https://x.example/{{ account.name }})", "[Book](https://x.example/Acme%20%26%20Co%20%28UK%29)"),
        ("[Book](https://x.example/?a={{ account.name }}&b=1)", "[Book](https://x.example/?a=Acme%20%26%20Co%20%28UK%29&b=1)"),
        ("<https://x.example/{{ account.name }}>", "<https://x.example/Acme%20%26%20Co%20%28UK%29>"),
        ('[Book](https://x.example/{{- account.name | or(")") -}} "Title")', '[Book](https://x.example/Acme%20%26%20Co%20%28UK%29"Title")'),
        ("[Book]({{ account.page }})", "[Book](https://x.example/a%20b?c=d)"),
        ("[{{ account.name }}](https://x.example)", "[Acme & Co (UK)](https://x.example)"),
    ],
)  # fmt: skip
def test_a_value_within_an_address_is_encoded_and_a_whole_address_kept(source, expected):
    values = {"name": "Acme & Co (UK)", "page": "https://x.example/a b?c=d"}

    assert made(source, **values) == expected


@given(st.text(st.characters(blacklist_categories=("Cs",)), min_size=1))
def test_whatever_a_name_is_a_link_with_it_stays_one_link(name):
    shown = made("[Book](https://x.example/{{ account.name }}/end)", name=name)

    assert mail_text(shown).html.count("<a href=") == 1
    assert mail_text(shown).text.startswith("Book (https://x.example/")
    assert mail_text(shown).text.endswith("/end)")


@pytest.mark.parametrize(
    ("source", "said", "offset"),
    [
        ("Hello\n![](https://x.example/a.png)", "this picture says nothing", 6),
        ("[ ](https://x.example/a)", "this link has no words", 0),
        ("[Go](javascript:alert(1))", "no mail can have a link to 'javascript:alert(1)'", 5),
        ("[Go](/docs)", "no mail can have a link to '/docs'", 5),
        ("[Go](https://x.example/Acme & Co)", "ends at a space", 5),
    ],
)
def test_what_is_no_link_of_a_mail_is_told_where_it_stands(source, said, offset):
    (fault,) = faults(source)

    assert said in fault.message
    assert fault.offset == offset


@pytest.mark.parametrize(
    "source",
    [
        "[Go](https://x.example/a_(b)) and [mail](mailto:kim@x.example), [call](tel:+1555)",
        '[Go](https://x.example "Our page")',
        "[Go]({{ sender.email }})",
        '![Three steps](https://x.example/{{ account.name | or("a b") }}.png)',
        "`[Go](javascript:x)`",
        "<https://x.example/a>",
    ],
)  # fmt: skip
def test_what_is_right_is_not_told(source):
    assert list(faults(source)) == []
