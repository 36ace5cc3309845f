from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from engine.declared.templates import split
from engine.filters import first_name, full_name, money, percent
from engine.problems import Problems
from engine.templates import Rendered, Template, Templates, Unfit
from engine.types import Type
from engine.values import UNKNOWN
from tests.support.workspaces import workspace

NAMES = {
    "account": {
        "name": "Acme",
        "arr": Decimal(40000),
        "renewal_date": date(2026, 6, 1),
        "seats": UNKNOWN,
        "time_zone": "America/New_York",
    },
    "metrics": {"adoption": {"value": Decimal("0.725")}, "nps": {"zone": "red"}},
    "contact": {"name": "Kim Lee", "email": "kim@acme.test"},
    "sender": {"name": "Ana Diaz"},
    "now": datetime(2026, 3, 2, 2, tzinfo=UTC),
}
RENEWAL = (
    "---\nsubject: About {{ account.name }}\ntopic: general\n---\nHello {{ contact.name }},\n\n{{ account.seats }}\n"
)


def text(source: str) -> str | Unfit:
    return workspace().templates.render_text(source, NAMES)


def template(source: str, language: str | None = None) -> Template:
    found = split(source, "renewal/hello", language, "hello.md")
    assert isinstance(found, Template), str(found)
    return found


@pytest.mark.parametrize(
    ("source", "made"),
    [
        ("no names at all", "no names at all"),
        ("{{ account.name }} is red", "Acme is red"),
        ("{{ account.arr }}", "40000"),
        ("{{ account.arr | money }}", "$40,000"),
        ("{{ account.renewal_date | date }}", "1 June 2026"),
        ("{{ account.renewal_date | date('%d.%m.%y') }}", "01.06.26"),
        ("{{ now | date }}", "1 March 2026"),
        ("{{ account.renewal_date }}", "2026-06-01"),
        ("{{ metrics.adoption.value }}", "72.5%"),
        ("{{ metrics.adoption.value * 100 }}", "72.5"),
        ("{{ metrics.adoption.value | percent }}", "73%"),
        ("{{ metrics.adoption.value | percent(1) }}", "72.5%"),
        ("{{ contact.name | first_name }}", "Kim"),
        ('{{ account.seats | or("some") }} seats', "some seats"),
        ('{{ account["name"] }}', "Acme"),
        ('{% if metrics.nps.zone == "red" %}red{% else %}fine{% endif %}', "red"),
        ("{% if account.seats is defined %}{{ account.seats }}{% else %}?{% endif %}", "?"),
    ],
)
def test_a_text_is_filled_in(source, made):
    assert text(source) == made


@pytest.mark.parametrize(
    ("source", "missing"),
    [
        ("{{ account.seats }}", "account.seats"),
        ("{{ account.seats | money }}", "account.seats"),
        ("{% if account.seats %}x{% endif %}", "account.seats"),
        ("{{ account.seats + 1 }}", "account.seats"),
        ("{{ metrics.logins.value }}", "metrics.logins"),
        ("{{ event.score }}", "event"),
    ],
)
def test_what_is_not_known_makes_the_text_unfit_and_is_named(source, missing):
    assert text(source) == Unfit(missing)


def test_a_line_that_ends_in_a_tag_is_a_line_and_a_tag_alone_in_its_line_is_none():
    ends = "1. Call{% if account.name is defined %} all{% endif %}\n2. Write\n"
    alone = "a\n{% if account.name is defined %}\nb\n{% endif %}\nc\n"

    assert text(ends) == "1. Call all\n2. Write\n"
    assert text(alone) == "a\nb\nc\n"


def test_a_text_has_no_way_to_run_code():
    for source in ("{{ ''.__class__.__mro__ }}", "{{ account.__init__.__globals__ }}", "{{ range(9) }}"):
        assert isinstance(text(source), Unfit), source


def test_amounts_look_as_people_write_them():
    assert [money(Decimal("1234.5"), unit) for unit in ("USD", "EUR", "CHF", "")] == [
        "$1,234.50", "€1,234.50", "1,234.50 CHF", "1,234.50",
    ]  # fmt: skip
    assert money(-40000, "USD") == "-$40,000"
    assert percent(1) == "100%"


@pytest.mark.parametrize("name", ["Kim Lee", "Lee, Kim", "Dr. Kim Lee", "Frau Kim Lee", "Kim", "kim.lee@acme.example"])
def test_the_first_name_is_found(name):
    assert first_name(name) == "Kim"


@pytest.mark.parametrize("name", ["Dr. Kim Lee", "Lee, Dr. Kim", " Dr.  Kim Lee"])
def test_a_full_name_stands_as_one_is_addressed(name):
    assert full_name(name) == "Dr. Kim Lee"


def test_an_address_in_the_place_of_a_name_greets_nobody_as_an_address():
    assert full_name("kim-lee2@acme.example") == "Kim Lee"
    assert full_name("@acme.example") == "@acme.example"


def test_a_template_has_a_front_matter_that_is_itself_filled_in():
    names = NAMES | {"account": {**NAMES["account"], "seats": 40}}

    rendered = Templates((template(RENEWAL),)).render("renewal/hello", names)

    assert rendered == Rendered("renewal/hello", None, "About Acme", "", "Hello Kim Lee,\n\n40\n", "general")


def test_a_template_without_front_matter_is_all_body():
    assert Templates((template("Hello\n"),)).render("renewal/hello", {}).body == "Hello\n"


def test_a_template_is_unfit_when_any_part_of_it_is():
    assert Templates((template(RENEWAL),)).render("renewal/hello", NAMES) == Unfit("account.seats")


@pytest.mark.parametrize(
    ("wanted", "chosen"),
    [(None, None), ("de", "de"), ("de-AT", "de"), ("DE", "de"), ("pt-BR", "pt-br"), ("pt", None), ("fr", None)],
)
def test_the_contacts_language_chooses_the_file(wanted, chosen):
    files = Templates((template("x"), template("y", "de"), template("z", "pt-br")))

    assert files.choose("renewal/hello", wanted).language == chosen


@pytest.mark.parametrize(
    ("language", "written"),
    [
        ("de", "1. Juni 2026"), ("fr", "1 juin 2026"), ("es", "1 de junio de 2026"), ("nl", "1 juni 2026"),
        ("de-AT", "1. Juni 2026"), ("en-GB", "1 June 2026"), ("pl", "2026-06-01"),
    ],
)  # fmt: skip
def test_a_date_is_written_as_in_the_language_of_the_text(language, written):
    abroad = Templates((template("{{ account.renewal_date | date }}", language.lower()),))

    assert abroad.render("renewal/hello", NAMES, language).body == written


def test_the_standard_workspace_has_templates_by_name():
    assert workspace().templates.names == ("renewal/offer-review", "renewal/value-recap")


# Checked before anything is sent


def told(source: str, *, contact: bool = True) -> list[str]:
    names = workspace().vocabulary.names(outcomes={"review": Type("choice", ("saved",))}, roles=["csm"])
    found = Templates((template(source),)).check("renewal/hello", names, "risk.yaml", contact=contact)
    return [str(problem) for problem in found]


def test_the_standard_templates_fit_the_vocabulary():
    templates = workspace().templates
    names = workspace().vocabulary.names()

    assert [str(templates.check(name, names, contact=True)) for name in templates.names] == ["", ""]


@pytest.mark.parametrize(
    ("source", "place", "said"),
    [
        (
            "a\n{{ account.naem }}",
            "2:4",
            "account.naem is not in the vocabulary. Did you mean 'account.name'?",
        ),
        ("---\nsubject: 'x {{ account.naem }}'\n---\n", "2:16", "account.naem is not in the vocabulary."),
        ("---\nsubject: x\n---\na\nb {{ acount.name }}", "5:6", "acount.name is not a name that can be read here. Did"),
        ("{{ account }}", "1:4", "account is a group of names. Name one of them, such as account.arr."),
        ("{{ metrics.nps }}", "1:4", "metrics.nps is a group of names. Name one of them, such as metrics.nps.at."),
        ("{{ metrics.features_used.zone }}", "1:4", "metrics.features_used has no target, so its zone can never be"),
        ("{{ outcome.nothing }}", "1:4", "there is no step 'nothing' with an outcome."),
        ("{{ account.name | monney }}", "1:19", "'monney' is not a filter. Did you mean 'money'?"),
        ("a\n{{ account.name | money }}", "2:4", "account.name is text, which `money` does not take."),
        ("{{ metrics.health.value | percent }}", "1:4", "metrics.health.value is points, which `percent` does not"),
        ("a\n{{ account.name }", "2:1", "this is no template: unexpected '}'."),
        ("a\n{{ account.name ~ account.arr - 'x' }}", "2:1", "this cannot be made: unsupported operand type(s)"),
        ("{% include 'other' %}", "1:1", "a template cannot take in another. Write the text itself."),
        ("{% for c in contacts %}{{ c.name }}{% endfor %}", "1:13", "contacts are several, and a text cannot go"),
        (
            "{{ zebra }}",
            "1:4",
            "zebra is not a name that can be read here. What can be read begins with account, contact",
        ),
        ("{{ account.name.upper() }}", "1:4", "'account.name.upper' is not a function."),
        (
            "{{ account.tier | upper }}",
            "1:19",
            "'upper' is not a filter. Ours are date, first_name, full_name, money, or, percent",
        ),
        ("{{ account.arr | round }}", "1:18", "'round' is not a filter. Write it before the filters: round(…)."),
        ("{% if account.naem %}{% endif %}", "1:7", "account.naem is not in the vocabulary."),
    ],
)
def test_a_fault_is_told_at_the_templates_own_place(source, place, said):
    problems = told(source)

    prefix = f"hello.md:{place}: error: template 'renewal/hello', used by risk.yaml: {said}"
    assert [problem for problem in problems if problem.startswith(prefix)], problems


@pytest.mark.parametrize(
    "source",
    [
        "{{ account.name }} {{ contact.email }} {{ team.csm }} {{ metrics.nps.zone }} {{ outcome.review }}",
        "{{ run.title }} {{ run.started | date }} {{ now }} {{ sender.name }} {{ account.seats | or('x') }}",
        "{% set total = account.arr * 2 %}{{ total | money }}",
        "{% for n in [1, 2] %}{{ n }} {{ loop.index }}{% endfor %}",
        "{# a remark about {{ nothing }} #}",
        "{% raw %}{{ nothing }}{% endraw %}",
    ],
)
def test_what_can_be_read_is_no_fault(source):
    assert told(source) == []


def test_a_contact_is_at_hand_only_where_one_is_written_to():
    assert "nobody is written to with this text" in str(told("{{ contact.name }}", contact=False))


def test_a_text_in_a_playbook_tells_its_faults_by_offset():
    names = workspace().vocabulary.names()

    faults = Templates().faults("Call {{ account.naem }}", names)

    assert [(fault.offset, fault.fix) for fault in faults] == [(8, "Did you mean 'account.name'?")]


def test_a_front_matter_with_a_wrong_key_is_told():
    problems = split("---\nsubjet: x\n---\n", "a", None, "a.md")

    assert isinstance(problems, Problems)
    assert str(problems) == (
        "a.md:2:1: error: template 'a': 'subjet' is not a key of a template's front matter. Did you mean 'subject'?"
    )
