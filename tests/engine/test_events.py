"""Events that start a playbook, and events that a run waits for."""

from engine.account import Account
from engine.desk import Desk
from engine.facts import read_fact
from engine.trigger import Rules
from engine.values import read_instant
from tests.support.playbooks import MONDAY_MORNING, compiled, lines, problems, setting, source, story, told
from tests.support.unkind_hosts import Late, after

START = read_instant(MONDAY_MORNING)
ON_SURVEY = "start: {on: survey, where: event.score <= 6, again: always}\n"
HOW_BAD = "  - {branch: how, cases: [{when: event.score <= 3, then: [{end: bad}]}], otherwise: [{end: fair}]}"
PAUSE = "  - {wait: pause, for: 5 days}"
ANSWER = "  - {wait: answer, on: survey, where: event.score >= 9, at_most: 10 days, otherwise: [{end: silent}]}"


def survey(score: int, **when: str) -> dict[str, object]:
    return {**when, "event": "survey", "data": {"score": score}}


def starts(result) -> list[tuple[str, str | None]]:
    return [(one.event, one.fields.get("reason")) for one in result.trace if one.path == "start"]


def test_each_event_that_fits_is_a_rise_and_can_be_read_from_there_on():
    then = [survey(2, after="1 day"), survey(9, after="2 days"), survey(5, after="3 days")]

    result = told(HOW_BAD, start=ON_SURVEY, then=then)

    assert [path for _, path in lines(result, "ended")] == ["how/case/1/bad", "how/otherwise/fair"]


def test_the_trace_says_which_event_it_was_and_what_it_said():
    result = told(PAUSE, start=ON_SURVEY, then=[survey(2, after="1 day")])

    why = result.trace[0].fields["why"]
    assert why["text"] == "on survey where event.score <= 6"
    assert why["parts"][0]["parts"][0]["value"] == 2


def test_stage_and_tiers_count_as_they_are_when_the_event_comes():
    then = [survey(2, after="1 day"), {"after": "2 days", "account": {"stage": "renewal"}}, survey(2, after="3 days")]

    result = told(PAUSE, start=ON_SURVEY, stage="renewal", then=then)

    assert lines(result, "started") == [("2026-03-05T14:00:00Z", "start")]


def test_an_event_that_a_bar_keeps_out_is_used_up():
    result = told(PAUSE, start=ON_SURVEY, then=[survey(2, after="1 day"), survey(3, after="2 days")])

    assert starts(result) == [("started", None), ("not_started", "live")]


def test_of_several_events_at_one_instant_each_is_judged():
    result = told(
        PAUSE, start=ON_SURVEY, then=[survey(8, after="1 day"), survey(3, after="1 day"), survey(2, after="1 day")]
    )

    assert starts(result) == [("started", None), ("not_started", "live")]


def test_of_several_that_fit_at_one_instant_the_first_starts_the_run_and_the_others_are_used_up():
    then = [survey(3, after="1 day"), survey(5, after="1 day")]

    result = told("  - {wait: pause, for: 1 hour}\n" + HOW_BAD, start=ON_SURVEY, then=then)

    assert starts(result) == [("started", None), ("not_started", "live")]
    assert result.outcome == "bad"


def test_an_event_that_is_told_more_than_a_day_late_starts_nothing():
    late = survey(2, after="5 days", dated="2026-03-06T13:59:59Z")
    in_time = survey(2, after="5 days", dated="2026-03-06T14:00:00Z")

    assert starts(told(PAUSE, start=ON_SURVEY, then=[late])) == [("not_started", "late")]
    assert starts(told(PAUSE, start=ON_SURVEY, then=[in_time])) == [("started", None)]


def test_an_event_without_a_condition_starts_each_time():
    result = told(
        "  - {end: done}", start="start: {on: login, again: always}\n", then=[{"after": "1 day", "event": "login"}]
    )

    assert starts(result) == [("started", None)]


def test_an_event_whose_field_is_not_known_does_not_fit():
    result = told(PAUSE, start=ON_SURVEY, then=[{"after": "1 day", "event": "survey"}])

    assert starts(result) == []


def test_a_goal_that_the_event_itself_fulfils_bars_the_start():
    head = "goal: {when: event.score >= 5, outcome: happy}\n"

    assert starts(told(PAUSE, head=head, start=ON_SURVEY, then=[survey(6, after="1 day")])) == [("not_started", "goal")]


def test_a_mail_goes_to_the_contact_of_the_event_and_may_quote_it():
    mail = "  - {email: sorry, to: event.contact, subject: 'Your {{ event.score }}', text: 'Why?', missing: skip}"
    then = [{"after": "1 day", "event": "survey", "data": {"score": 2, "contact": "c2"}}]
    lee = {"id": "c2", "name": "Lee", "role": "end_user", "email": "lee@acme.test"}

    result = told(mail, start=ON_SURVEY, then=then, contacts=[{**lee, "id": "c1", "name": "Kim"}, lee])

    assert [one.fields["contact"] for one in result.trace if one.event == "sent"] == ["c2"]


def test_a_wait_for_an_event_goes_on_with_the_first_that_fits():
    steps = f"{ANSWER}\n  - {{branch: how, cases: [{{when: event.score >= 10, then: [{{end: top}}]}}], otherwise: []}}"

    result = told(steps, start="start: by hand\n", then=[survey(4, after="1 day"), survey(10, after="2 days")])

    assert lines(result, "waited", "ended") == [
        ("2026-03-04T14:00:00Z", "answer"),
        ("2026-03-04T14:00:00Z", "how/case/1/top"),
    ]


def test_a_wait_for_an_event_that_never_comes_is_given_up():
    assert told(ANSWER, start="start: by hand\n", then=[survey(4, after="1 day")]).outcome == "silent"


def test_an_event_from_before_the_wait_began_does_not_end_it_however_late_it_is_told():
    then = [
        survey(10, after="3 days", dated="2026-03-02T13:00:00Z"),
        survey(10, after="4 days", dated="2026-03-03T00:00:00Z"),
    ]

    result = told(ANSWER, start="start: by hand\n", then=then)

    assert lines(result, "waited") == [("2026-03-06T14:00:00Z", "answer")]


def test_a_run_that_comes_late_to_its_wait_hears_what_was_told_meanwhile():
    plan = compiled(source(f"  - {{wait: pause, for: 1 day}}\n{ANSWER}", start="start: by hand\n"))
    told_meanwhile = story(then=[survey(10, after="3 days")])

    result = Late(plan, told_meanwhile, after(START, 60), []).tell()

    assert lines(result, "waited")[1:] == [("2026-03-05T14:00:00Z", "answer")]


def test_an_event_starts_a_new_account_too():
    plan = compiled(source(PAUSE, start=ON_SURVEY))
    desk = Desk(setting(), Rules.of([plan]), Account("a1"), {plan.hash: plan}.__getitem__, lambda *_: "r1")
    raw = {"id": "f1", "account": "a1", "at": START, "event": "survey", "data": {"score": 1}}
    fact = read_fact(raw, setting().vocabulary, START)

    desk.take(fact, now=START)

    assert desk.changes.started == ["r1"]
    assert list(desk.runs["r1"].event or ()) == ["score"]


def said(text: str) -> str:
    return str(problems(text))


def test_what_an_event_does_not_go_with_is_said():
    found = said(source(PAUSE, start="start: {on: survey, when: metrics.nps.value < 5, mode: is, for: 2 days}\n"))

    assert found.count("does not go with 'on'") == 3


def test_an_event_that_is_not_in_the_vocabulary_is_told_with_the_one_meant():
    assert "Did you mean 'survey'" in said(source(PAUSE, start="start: {on: survy}\n"))
    assert "Did you mean 'survey'" in said(source("  - {wait: a, on: survy, at_most: 1 day, otherwise: []}"))


def test_a_field_that_only_one_of_two_events_has_is_read_only_where_that_one_is_at_hand():
    wait = "  - {wait: more, on: meeting, at_most: 2 days, then: [THEN], otherwise: []}\n"
    held = '{branch: h, cases: [{when: event.outcome == "held", then: []}], otherwise: []}'
    score = "{branch: s, cases: [{when: event.score >= 1, then: []}], otherwise: []}"

    assert said(source(wait.replace("THEN", held), start=ON_SURVEY)) == ""
    assert "is 'meeting', which has no score" in said(source(wait.replace("THEN", score), start=ON_SURVEY))
    behind = source(wait.replace("THEN", "{end: x}") + f"  - {held}", start=ON_SURVEY)
    assert "'survey' or 'meeting', whichever came last, and 'survey' has no outcome: read it" in said(behind)


def test_without_an_event_at_hand_none_can_be_read():
    assert "on: <event>" in said(source(HOW_BAD, start="start: by hand\n"))
