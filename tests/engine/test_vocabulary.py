import re
from decimal import Decimal

import pytest

from engine.declared.vocabulary import read_vocabulary
from engine.logic import Condition, compile_condition
from engine.measures import Band, DaysSince, Latest, Occurrence, Reported, Score, Tally, Target, Zones
from engine.problems import Problems
from engine.quantities import Duration
from engine.source import read
from engine.types import BOOLEAN, INSTANT, INTEGER, NUMBER, PERCENT, TEXT, Type
from engine.values import UNKNOWN
from engine.vocabulary import Field, Vocabulary
from tests.support.workspaces import workspace

EVENTS = "events:\n  ticket: {severity: integer, status: text}\n  survey: {score: integer, plan: text}\n"
TIERS = "fields:\n  tier: {type: choice, of: [enterprise, starter]}\n  stage: {type: choice, of: [adoption, renewal]}\n"
DAYS_7, DAYS_90 = Duration(amount=7, unit="day"), Duration(amount=90, unit="day")


def vocabulary(text: str) -> Vocabulary:
    found = read_vocabulary(read(text, "vocabulary.yaml"))
    assert isinstance(found, Vocabulary), str(found)
    return found


def told(text: str) -> list[str]:
    """Each problem as "line:column: where: message. fix"."""
    found = read_vocabulary(read(text, "f"))
    assert isinstance(found, Problems), found
    return [str(problem).removeprefix("f:").replace(" error:", "") for problem in found]


def metric(line: str, more: str = ""):
    return vocabulary(f"{EVENTS}{TIERS}metrics:\n  m: {{{line}}}\n{more}").metrics["m"]


def metric_told(line: str, more: str = "") -> list[str]:
    """Without place: "where: message. fix"."""
    problems = told(f"{EVENTS}{TIERS}metrics:\n  m: {{{line}}}\n{more}")
    return [problem.split(": ", 1)[1].removeprefix("metrics > m") for problem in problems]


def test_the_vocabulary_of_the_language_page_is_understood():
    known = workspace().vocabulary

    assert known.stages == ("onboarding", "adoption", "renewal", "advocacy")
    assert known.tiers == ("enterprise", "growth", "starter")
    assert known.fields["arr"] == Field("arr", Type("number", unit="USD"))
    assert known.fields["start_date"].required
    assert known.contact_fields["role"].default == "other"
    assert known.metrics["nps"].title == "NPS"
    assert known.metrics["adoption"].parts == {"features_used", "features_bought"}
    assert known.metrics["health"].measure == Score(
        {"logins": Decimal(40), "adoption": Decimal(30), "nps": Decimal(20), "sev2_tickets": Decimal(10)},
        Decimal("0.6"),
    )


def test_an_empty_file_knows_what_is_built_in():
    known = vocabulary("")

    assert list(known.fields) == ["id", "name"]
    assert list(known.contact_fields) == ["id", "name", "email", "country", "time_zone", "language", "active"]
    assert known.contact_fields["active"].default is True


def test_every_event_has_a_contact_and_every_record_an_id():
    known = vocabulary("events:\n  ping:\n  login: {user: text}\nrecords:\n  teams: {seats: integer}\n")

    assert {name: known.events[name] for name in known.events if not name.startswith("mail_")} == {
        "ping": {"contact": Field("contact", TEXT)},
        "login": {"contact": Field("contact", TEXT), "user": Field("user", TEXT)},
    }
    assert known.records == {"teams": {"id": Field("id", TEXT, required=True), "seats": Field("seats", INTEGER)}}


@pytest.mark.parametrize(
    "kind", ["text", "number", "integer", "boolean", "date", "instant", "country", "time_zone", "email", "url"]
)
def test_a_field_is_of_any_type_long_or_short(kind):
    known = vocabulary(f"fields:\n  a: {{type: {kind}}}\n  b: {kind}\n")

    assert known.fields["a"].type == known.fields["b"].type == Type(kind)


def test_a_unit_is_percent_points_or_a_word():
    known = vocabulary(
        "fields:\n  a: {type: number, unit: percent}\n  b: {type: number, unit: points}\n"
        "  c: {type: number, unit: EUR}\n  d: {type: number, unit: percent, default: 72%}\n"
    )

    types = [known.fields[name].type for name in "abc"]
    assert types == [PERCENT, Type("points"), Type("number", unit="EUR")]
    assert known.fields["d"].default == Decimal("0.72")


def test_a_field_that_is_required_or_has_a_default_is_always_known():
    known = vocabulary("fields:\n  a: {type: text, required: true}\n  b: {type: boolean, default: false}\n  c: text\n")

    assert [known.always_known(f"account.{name}") for name in ("id", "a", "b", "c")] == [True, True, True, False]
    assert known.fields["c"].default is UNKNOWN


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("feilds: {}", "1:1: 'feilds' is not a key of a vocabulary. Did you mean 'fields'?"),
        ("fields:\n  a: txt", "2:6: fields > a: 'txt' is not a type. Did you mean 'text'?"),
        ("fields:\n  a: {type: choice}", "2:6: fields > a: a choice needs its words. Say `of: [one, an"),
        ("fields:\n  a: {type: text, of: [b]}", "2:23: fields > a: `of` belongs to a choice, not to text."),
        ("fields:\n  a: {type: choice, of: [b, b]}", "2:25: fields > a: a word stands twice among the choices."),
        (
            "fields:\n  a: {type: text, unit: USD}",
            "2:25: fields > a: only a number has a unit, not text. Take it away.",
        ),
        ("fields:\n  id: text", "2:3: fields: 'id' is built in and needs no line here. Take it away."),
        ("fields:\n  A: text", "2:3: fields: 'A' cannot be a name. A name has small letters, digits and _"),
        ("fields:\n  in: text", "2:3: fields: 'in' cannot be a name: conditions use that word."),
        (
            "fields:\n  a: {type: text, requird: true}",
            "2:19: fields > a: 'requird' is not a key of a field. Did you mean",
        ),
        ("fields:\n  a: {type: choice, of: [b], default: c}", "2:39: fields > a > default: 'c' is not one of b."),
        ('fields:\n  a: {type: integer, default: "5"}', "2:31: fields > a > default: '5' is not a whole number."),
        ("fields:\n  a: {type: country, default: UK}", "2:31: fields > a > default: 'UK' is not a country"),
        ("fields:\n  a: {type: time_zone, default: Berlin}", "2:33: fields > a > default: 'Berlin' is not a time zone"),
        ("fields:\n  a: {type: email, default: me}", "2:29: fields > a > default: 'me' is not an email address."),
        ("contact_fields:\n  email: text", "2:3: contact_fields: 'email' is built in"),
        ("records:\n  contacts: {a: text}", "2:3: records: 'contacts' is built in"),
        ("records:\n  teams: text", "2:10: records > teams: a mapping of keys and values is due here, not 'text'."),
        ("events:\n  a: {contact: text}", "2:7: events > a: 'contact' is built in"),
        (
            "events:\n  a: {b: {type: text, required: true}}",
            "2:23: events > a > b: what comes with an event is there or",
        ),
        ("metrics:\n  for: {reported: true}", "2:3: metrics: 'for' cannot be a name"),
    ],
)
def test_a_wrong_declaration_is_told_at_its_place(text, said):
    assert [problem for problem in told(text) if problem.startswith(said)], told(text)


def test_all_that_is_wrong_is_told_at_once():
    assert len(told("fields: {a: txt, B: text}\nevents: {e: {c: nope}}\nmetrics: {m: {count: f, over: 1 day}}")) == 4


# Metrics


def test_reported_is_what_was_posted():
    assert (metric("reported: true").measure, metric("reported: true").type) == (Reported(), NUMBER)
    assert metric("reported: true, unit: percent").type == PERCENT
    assert metric("reported: true, type: text").type == TEXT
    assert metric("reported: true, type: choice, of: [a, b]").type == Type("choice", ("a", "b"))
    assert metric("reported: true, type: {type: choice, of: [a, b]}").type == Type("choice", ("a", "b"))
    assert metric("reported: true, fresh: 90 days").fresh == DAYS_90


@pytest.mark.parametrize("how", ["count", "distinct", "sum", "average"])
def test_a_tally_has_a_window_or_counts_ever(how):
    what, field = ("ticket", None) if how == "count" else ("ticket.severity", "severity")

    assert metric(f"{how}: {what}, over: 7 days").measure == Tally(how, "ticket", field, None, DAYS_7)
    assert metric(f"{how}: {what}, over: ever").measure == Tally(how, "ticket", field, None, None)


def test_a_metric_of_events_may_say_which():
    measure = metric("count: ticket, where: event.severity == 2, over: 7 days").measure

    assert isinstance(measure, Tally)
    assert measure.where is not None
    assert measure.where.reads == {"event.severity"}


def test_the_other_ways_of_measuring():
    assert metric("latest: survey.score").measure == Latest("survey", "score")
    assert metric("latest: survey.plan").type == TEXT
    assert metric("days_since: ticket").measure == DaysSince("ticket")
    assert metric("first: ticket").measure == Occurrence("first", "ticket")
    assert metric("last: ticket").type == INSTANT
    assert metric("average: ticket.severity, over: 7 days").type == NUMBER


def test_a_target_is_one_value_or_one_for_each_tier_or_stage():
    assert metric("reported: true, target: 8").target == Target({"": Decimal(8)})
    by_tier = metric("reported: true, target: {enterprise: 400, starter: 20.5}").target
    assert by_tier == Target({"enterprise": Decimal(400), "starter": Decimal("20.5")}, "tier")
    assert by_tier.of("starter", "renewal") == Decimal("20.5")
    assert by_tier.of(None, "renewal") is None
    assert metric("reported: true, target: {adoption: 1, renewal: 2}").target.by == "stage"


def test_a_target_may_be_reckoned_from_a_field():
    seats = vocabulary("fields: {seats: integer}\nmetrics:\n  m: {reported: true, target: account.seats}\n")

    assert seats.metrics["m"].reads == {"account.seats"}


def test_a_ratio_with_a_percent_target_is_percent():
    more = "  a: {reported: true}\n  b: {reported: true}\n"

    assert metric("formula: metrics.a.value / metrics.b.value, target: 80%", more).type == PERCENT
    assert metric("formula: metrics.a.value / metrics.b.value, target: 0.8", more).type == NUMBER
    assert metric("formula: metrics.a.value / metrics.b.value, target: 80%", more).target == Target(
        {"": Decimal("0.8")}
    )


def test_zones_have_their_own_bounds_dwell_and_hysteresis():
    own = metric(
        "reported: true, target: 8, zones: {green: 90%, red: {below: 60%, for: 24 hours, clears_at: 65%}}"
    ).zones

    assert metric("reported: true, target: 8").zones == Zones(Band(Decimal("0.85")), Band(Decimal("0.7")))
    assert own == Zones(
        yellow=Band(Decimal("0.9")),
        red=Band(Decimal("0.6"), Duration(amount=24, unit="hour"), Decimal("0.65")),
    )


def test_yellow_may_dwell_too_and_begins_where_green_ends():
    own = metric("reported: true, target: 8, zones: {green: 0.9, yellow: {for: 2 days}}").zones

    assert own.yellow == Band(Decimal("0.9"), Duration(amount=2, unit="day"))


def test_a_zone_may_clear_where_it_begins():
    own = metric("reported: true, target: 8, zones: {red: {below: 60%, clears_at: 60%}}").zones

    assert own.red == Band(Decimal("0.6"), None, Decimal("0.6"))


def test_what_was_declared_wrongly_is_not_called_unknown_elsewhere():
    problems = told(
        "metrics:\n  a: {reported: true, traget: 8}\n  b: {score: {a: 1}}\n  c: {formula: metrics.a.value * 2}\n"
    )

    assert [problem.split(": ")[2] for problem in problems] == [
        "'traget' is not a key of a metric. Did you mean 'target'?"
    ]


def test_metrics_come_after_what_they_are_made_of():
    order = vocabulary(
        "metrics:\n  c: {score: {b: 1}}\n  b: {formula: metrics.a.value * 2, target: 1}\n  a: {reported: true}\n"
    ).order

    assert order == ("a", "b", "c")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("target: 8", ": 'm' does not say how it is measured. Give it one of reported, latest"),
        ("reported: true, count: ticket", ": 'm' is measured in two ways: reported and count. Keep one."),
        ("count: tiket, over: 1 day", ": 'tiket' is not an event of the vocabulary. Did you mean 'ticket'?"),
        ("count: ticket.severity, over: 1 day", ": `count` takes an event alone. Write ticket."),
        ("sum: ticket, over: 1 day", ": `sum` takes an event and its field. Write ticket."),
        ("sum: ticket.sevrity, over: 1 day", ": 'sevrity' is not a field of the event 'ticket'. Did you mean"),
        ("sum: ticket.status, over: 1 day", ": ticket.status is text, and only numbers have a sum. Name a number."),
        ("count: ticket", ": `count` needs a window. Add `over: 30 days`, or `over: ever`."),
        ("count: ticket, over: 3 dys", " > over: '3 dys': 'dys' is not a unit of time. Did you mean '3 days'?"),
        ("count: ticket, over: 10 business days", ": '10 business days' cannot be the length of a window. Say"),
        ("count: ticket, over: 0 days", ": a window has a length. Say how long, as in '30 days', or 'ever'."),
        ("count: ticket, over: 1 day, where: event.sevrity == 2", " > where: event.sevrity is not"),
        ("count: ticket, over: 1 day, where: account.tier == 'starter'", " > where: a `where` reads event.* only"),
        ("count: ticket, over: 1 day, where: metrics.bare.value > 1", " > where: a `where` reads event.* only"),
        ("days_since: ticket, over: 1 day", ": `over` says nothing about a metric with `days_since`. Take it away."),
        ("count: ticket, over: 1 day, fresh: 1 day", ": `fresh` says nothing about a metric with `count`."),
        ("first: ticket, target: 3", ": `target` says nothing about a metric with `first`."),
        ("reported: true, type: text, target: 3", ": a metric that is text has no target. Take it away."),
        ("reported: true, zones: {green: 90%}", ": zones need a target. Add `target: …`, or take them away."),
        ("reported: true, target: '8'", " > target: a number is due here, not '8'. Take the quotes away."),
        ("reported: true, target: 80%", " > target: '80%' stands against a number, which is not percent. Write 80, or"),
        ("reported: true, unit: percent, target: 80", " > target: 80 stands against percent. Did you mean 80%?"),
        ("reported: true, target: true", " > target: a number is due here, not true."),
        ("reported: true, target: account.seatz", " > target: account.seatz is not"),
        ("reported: true, target: {enterprise: 4}", " > target: the target has nothing for tier starter. Add"),
        ("reported: true, target: {enterprise: 4, startr: 5}", " > target: 'startr' is not a tier. Did you mean"),
        ("reported: true, target: {x: 4}", " > target: 'x' is neither a tier nor a stage."),
        (
            "reported: true, target: 8, zones: {gren: 1}",
            " > zones: 'gren' is not a key of zones. Did you mean 'green'?",
        ),
        ("reported: true, target: 8, zones: {green: 90}", " > zones > green: 90 is more than 100 %. Did you mean 90%?"),
        ("reported: true, target: 8, zones: {red: 90%}", " > zones: red ends at 90%, above where green begins (85%)."),
        ("reported: true, target: 8, zones: {green: 90%, yellow: 80%}", " > zones: green begins elsewhere than yellow"),
        ("reported: true, target: 8, zones: {red: {clears_at: 60%}}", " > zones > red: it would clear at 60%, below"),
        ("reported: true, target: 8, zones: {red: {for: x}}", " > zones > red > for: 'x' is not a duration."),
        ("score: {n: 1}", " > score: 'n' is not a metric of the vocabulary."),
        ("score: {bare: 1}", " > score: 'bare' has no target, so it has no attainment to weigh. Give it a target"),
        ("score: {aimed: 0}", " > score: 'aimed' weighs 0. Give it a weight above 0"),
        ("score: {}", ": a score needs parts."),
        ("score: {aimed: 1}, coverage: 60", " > coverage: 60 is more than 100 %. Did you mean 60%?"),
        ("score: {aimed: 1}, coverage: 150%", ": more than all of the weight can never be known. Say 100% or less."),
        ("score: {aimed: 1}, target: 90", ": `target` says nothing about a metric with `score`."),
        ("formula: metrics.bare.zone", " > formula: metrics.bare"),
        ("formula: metrics.bare", " > formula: metrics.bare"),
        ("formula: metrics.bare.value +", " > formula: "),
        (
            "formula: count(c.active for c in contacts)",
            " > formula: a formula and a target read metrics.* and account.*",
        ),
        (
            "reported: true, target: event.severity",
            " > target: a formula and a target read metrics.* and account.* only",
        ),
        ("formula: metrics.m.value + 1", ": these metrics are made of each other: m → m. Take one out of the circle."),
        ("reported: yes", " > reported: 'yes' is not a word that may stand here. Only 'true' may stand here."),
    ],
)
def test_a_wrong_metric_is_told(line, said):
    problems = metric_told(line, "  bare: {reported: true}\n  aimed: {reported: true, target: 1}\n")

    assert [problem for problem in problems if problem.startswith(said)], problems


def test_a_fault_in_a_formula_stands_at_its_very_word():
    problems = told("metrics:\n  a: {reported: true}\n  b: {formula: metrics.a.value / metrics.q.value}\n")

    assert [problem.split(": ")[0] for problem in problems] == ["3:34"]


@pytest.mark.parametrize(
    "circle",
    [
        "  a: {formula: metrics.b.value}\n  b: {formula: metrics.a.value}\n",
        "  a: {score: {b: 1}}\n  b: {reported: true, target: metrics.a.value}\n",
    ],
)
def test_a_circle_of_metrics_is_told_once_with_all_that_are_in_it(circle):
    problems = told(f"metrics:\n{circle}  beside: {{formula: metrics.a.value}}\n")

    assert len(problems) == 1
    assert re.search("these metrics are made of each other: (a → b → a|b → a → b)", problems[0])


def test_what_is_said_to_be_0_percent_is_0_percent():
    found = metric("reported: true, target: 1, zones: {red: {below: 0%}, green: 0%}")

    assert (found.zones.red.below, found.zones.yellow.below) == (0, 0)


# What may be read


def test_every_part_of_an_account_has_its_type():
    names = workspace().vocabulary.names(
        outcomes={"review": Type("choice", ("saved", "lost"))},
        event="ticket",
        item="teams",
        playbooks=["a-b"],
        roles=["csm"],
    )

    assert {
        "account.arr": names.type_of("account.arr"),
        "metrics.logins.value": names.type_of("metrics.logins.value"),
        "metrics.adoption.target": names.type_of("metrics.adoption.target"),
        "metrics.nps.zone": names.type_of("metrics.nps.zone"),
        "metrics.nps.zone_since": names.type_of("metrics.nps.zone_since"),
        "team.csm": names.type_of("team.csm"),
        "outcome.review": names.type_of("outcome.review"),
        "item.seats": names.type_of("item.seats"),
        "event.severity": names.type_of("event.severity"),
        "event.contact": names.type_of("event.contact"),
        "since.account.arr": names.type_of("since.account.arr"),
        "at_start.account.arr": names.type_of("at_start.account.arr"),
        "runs.a-b.running": names.type_of("runs.a-b.running"),
        "account.arrr": names.type_of("account.arrr"),
        "team.nobody": names.type_of("team.nobody"),
    } == {
        "account.arr": Type("number", unit="USD"),
        "metrics.logins.value": INTEGER,
        "metrics.adoption.target": PERCENT,
        "metrics.nps.zone": Type("choice", ("green", "yellow", "red")),
        "metrics.nps.zone_since": INSTANT,
        "team.csm": TEXT,
        "outcome.review": Type("choice", ("saved", "lost")),
        "item.seats": INTEGER,
        "event.severity": INTEGER,
        "event.contact": TEXT,
        "since.account.arr": INSTANT,
        "at_start.account.arr": Type("number", unit="USD"),
        "runs.a-b.running": BOOLEAN,
        "account.arrr": None,
        "team.nobody": None,
    }


def test_contacts_and_records_are_lists_of_items():
    names = workspace().vocabulary.names()

    assert names.item_types("contacts")["relationship"] == INTEGER
    assert names.item_types("records.teams") == {"id": TEXT, "name": TEXT, "seats": INTEGER, "active": INTEGER}
    assert names.item_types("account.arr") is None


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("metrics.features_used.zone", "metrics.features_used has no target, so its zone can never be known"),
        (
            "metrics.ever.change",
            "metrics.ever counts over ever and has no window before, so its change can never be known",
        ),
        (
            "metrics.idle.change",
            "metrics.idle counts days and has no reading before, so its change can never be known",
        ),
        ("metrics.plan.attainment", "metrics.plan is text, so its attainment can never be known"),
        ("metrics.nps.zone", None),
        ("metrics.ever.value", None),
        ("event.severity", "event.* can be read only in a `where` and in what an `on: <event>` began"),
        ("outcome.review", "no step has happened yet where this stands, so no outcome can be known"),
        ("account.arr", None),
        ("account.nothing", None),
    ],
)
def test_what_can_never_be_known_is_told_why(path, said):
    known = vocabulary(
        f"{EVENTS}fields: {{arr: number}}\nmetrics:\n  nps: {{reported: true, target: 8}}\n"
        "  plan: {reported: true, type: text}\n  idle: {days_since: ticket}\n  ever: {count: ticket, over: ever}\n"
        "  features_used: {distinct: ticket.status, over: 30 days}\n"
    )

    assert known.names().why_not(path) == said


def test_conditions_compile_against_the_names():
    names = workspace().vocabulary.names()

    condition = compile_condition('metrics.health.zone == "red" and any(c.role == "champion" for c in contacts)', names)

    assert isinstance(condition, Condition)
    assert condition.reads == {"metrics.health.zone", "contacts"}


def test_the_digest_is_of_what_is_said_not_of_how_it_is_written():
    one, same, other = "fields: {a: text}", "# hello\nfields:\n  a: 'text'\n", "fields: {a: number}"

    assert vocabulary(one).digest == vocabulary(same).digest != vocabulary(other).digest


def test_the_json_schema_admits_an_account_and_refuses_a_misspelt_one():
    import jsonschema

    schema = workspace().vocabulary.json_schema()
    account = {
        "account": {"id": "acme", "tier": "growth", "start_date": "2026-01-01", "arr": 40000},
        "contacts": [{"id": "c"}],
    }

    jsonschema.validate(account, schema)
    with pytest.raises(jsonschema.ValidationError, match="teir"):
        jsonschema.validate({"account": {"id": "acme", "start_date": "2026-01-01", "teir": "growth"}}, schema)
