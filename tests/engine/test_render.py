import re
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.render import details, mermaid, plan_lines, printable, saw, timeline, why_lines
from engine.render.waits import waits_for
from engine.simulate import Simulation
from engine.trace import Entry
from engine.values import read_instant
from tests.support.playbooks import MONDAY_MORNING, compiled, setting, source, story
from tests.support.wording import condition, contact, scope

AT = datetime(2026, 3, 2, 14, tzinfo=UTC)


def clock(at: datetime) -> str:
    return f"{at:%d %H:%M}"


def entry(event: str, path: str = "review", **fields) -> Entry:
    return Entry(at=AT, path=path, step=path, kind="task", event=event, fields=fields)


def judged(text: str, truth: bool | None, *parts, **more) -> dict:
    return {"text": text, "truth": truth, "parts": list(parts), **more}


def read(text: str, value: object) -> dict:
    return {"text": text, "value": value, "parts": []}


class TestWhy:
    def test_a_comparison_is_one_line_with_what_its_names_were_worth(self):
        tree = judged("account.arr >= 1000", False, read("account.arr", 500))

        assert why_lines(tree) == ["false: account.arr >= 1000   account.arr = 500  <-- decided"]

    def test_of_a_false_and_the_false_part_decided(self):
        tree = judged("a and b", False, judged("a", True, read("x", 1)), judged("b", False, read("y", 2)))

        lines = why_lines(tree)

        assert [line.endswith("decided") for line in lines] == [False, False, True]

    def test_of_a_not_the_part_under_it_decided_though_it_is_otherwise(self):
        tree = judged("not a", True, judged("a", False, read("x", 1)))

        assert why_lines(tree)[1] == "  false: a   x = 1  <-- decided"

    def test_marks_that_were_stored_go_before_what_is_inferred(self):
        tree = judged("a or b", False, judged("a", False), judged("b", False, decided=True))

        assert [line.endswith("decided") for line in why_lines(tree)] == [False, False, True]

    def test_of_two_trees_that_each_have_marks_the_one_decided_that_is_as_the_whole_is(self):
        whole = judged(
            "scope and when", False, judged("scope", True, decided=True), judged("when", False, decided=True)
        )

        assert [line.endswith("decided") for line in why_lines(whole)] == [False, False, True]

    def test_what_was_not_known_is_said_so(self):
        tree = judged("metrics.nps.value < 5", None, read("metrics.nps.value", None))

        assert why_lines(tree)[0].startswith("unknown: metrics.nps.value < 5   metrics.nps.value = unknown")

    def test_a_calculation_is_told_with_its_result_and_then_its_names(self):
        days = {
            "text": "days_until(account.renewal_date)",
            "value": 91,
            "parts": [read("account.renewal_date", "2026-06-01")],
        }

        (line,) = why_lines(judged("days_until(account.renewal_date) <= 120", True, days))

        assert line.endswith('days_until(account.renewal_date) = 91   account.renewal_date = "2026-06-01"  <-- decided')

    @pytest.mark.parametrize(
        ("value", "said"),
        [
            (None, "unknown"),
            (True, "true"),
            (7, "7"),
            (0.1, "0.1"),
            ("red", '"red"'),
            (["a", 1], '["a", 1]'),
            ({"a": None}, "{a: unknown}"),
        ],
    )
    def test_values_are_written_as_conditions_write_them(self, value, said):
        assert saw(value) == said

    @given(st.text())
    def test_nothing_that_comes_from_outside_can_command_a_terminal(self, text):
        assert all(char.isprintable() for char in printable(text))


class TestTimeline:
    def test_columns_stand_below_each_other(self):
        lines = timeline(
            [entry("opened", assigned="csm", person="ana"), entry("completed", "a/longer/path", outcome="saved")], clock
        )

        assert lines == [
            "02 14:00  review         opened     csm (ana)",
            "02 14:00  a/longer/path  completed  saved",
        ]

    def test_reasons_stand_below_the_decision_when_they_are_wanted(self):
        told = [entry("branched", case="otherwise", why=judged("account.arr > 1", False, read("account.arr", 0)))]

        assert len(timeline(told, clock)) == 1
        assert timeline(told, clock, whys=True)[1] == "    false: account.arr > 1   account.arr = 0  <-- decided"

    def test_nothing_is_no_lines(self):
        assert timeline([], clock) == []

    @pytest.mark.parametrize(
        ("fields", "said"),
        [
            ({"due": "2026-03-05T17:00:00Z"}, "due 05 17:00"),
            ({"set": {"stage": "adoption"}}, 'stage = "adoption"'),
            ({"case": 2}, "case 2"),
            ({"case": "otherwise"}, "otherwise"),
            ({"outcome": "saved", "by": "ana"}, "saved by ana"),
            ({"reason": "past", "until": "2026-03-05T17:00:00Z"}, "until 05 17:00 past"),
            ({"newly": 1}, "newly 1"),
            ({"with": ["sponsor", "champion"], "accountable": "otto"}, "with sponsor, champion, accountable otto"),
            ({"reason": None}, ""),
        ],
    )
    def test_each_field_is_said_in_its_own_words(self, fields, said):
        assert details(entry("opened", **fields), clock) == said

    def test_an_answer_is_somebody_s_and_a_meeting_that_is_late_was_not_held(self):
        bounced = entry("answered", contact="c2", reason="bounce")
        late = entry("timed_out").model_copy(update={"kind": "meeting"})

        assert [details(one, clock) for one in (bounced, late)] == ["by c2: bounce", "not held"]

    def test_where_there_is_a_run_for_each_every_line_says_whose_it_is(self):
        mine = entry("opened").model_copy(update={"subject": "c1"})

        assert timeline([mine], clock) == ["02 14:00  c1  review  opened"]

    def test_a_start_that_was_barred_says_what_the_word_means_here(self):
        (line,) = timeline([entry("not_started", reason="again")], clock, bars={"again": "once"})

        assert line.endswith("not_started  again: once")


PLAN = compiled(
    source(
        """
- task: review
  title: Review {{ account.name }}
  assign: csm
  due: 3 business days
  outcomes: [saved, lost]
  overdue:
    - {after: 1 business day, remind: assignee}
- branch: how_bad
  cases:
    - when: outcome.review == "lost"
      then: [{end: lost}]
  otherwise: []
- wait: recovery
  for: metrics.health.zone != "red"
  at_most: 30 days
  otherwise: [{end: unresolved}]
""",
        head='goal: {when: metrics.health.zone == "green", outcome: recovered}\n',
    )
)


WORK = """
  - {task: find, instructions: Look, same_as: champion, raci: {accountable: vp_cs, consulted: [ae, contact.champion]}}
  - {meeting: qbr, title: Review, with: champion, then: [{task: notes}]}
  - {wait: month, until: day 30, late: skip, then: []}
  - end: done
"""


class TestPlan:
    def test_a_plan_is_told_as_an_outline(self):
        lines = plan_lines(PLAN)

        assert 'goal     metrics.health.zone == "green": recovered' in lines
        assert 'task review: "Review {{ account.name }}" for csm, due 3 business days' in lines
        assert "    1 business day overdue: remind assignee" in lines
        assert '  case 1, outcome.review == "lost":' in lines
        assert "    end lost" in lines
        assert "  otherwise: go on" in lines
        assert 'wait recovery until metrics.health.zone != "red"' in lines
        assert "    at most 30 days" in lines

    def test_who_answers_for_work_and_when_a_meeting_counts_are_told(self):
        lines = plan_lines(compiled(source(WORK)))

        assert "    accountable vp_cs" in lines
        assert "    consulted ae, contact.champion" in lines
        assert '    one at a time of "champion"' in lines
        assert '    says "Look"' in lines
        assert "    passed over where the day had gone by before the run came here" in lines
        assert 'meeting qbr: "Review" for csm, due 5 business days, with champion' in lines

    def test_a_meeting_that_is_missed_leads_on_beside_then(self):
        chart = mermaid(compiled(source(WORK)))

        assert "n3 --> n5" in chart

    def test_every_step_is_a_node_and_every_arrow_has_both_ends(self):
        chart = mermaid(PLAN)
        nodes = set(re.findall(r"^  (n\d+)[\[({]", chart, re.MULTILINE))
        arrows = re.findall(r"^  (n\d+) -->(?:\|[^|]*\|)? (n\d+)$", chart, re.MULTILINE)

        assert chart.startswith("flowchart TD\n")
        assert (
            len(nodes) == len(PLAN.steps) + len(PLAN.goals) + len(PLAN.stops) + 2
        )  # the start, and the end of the steps
        assert {end for arrow in arrows for end in arrow} <= nodes

    def test_labels_hold_no_sign_that_mermaid_would_read(self):
        labels = re.findall(r'"(.*?)"[\])}|/]', mermaid(PLAN))

        assert labels
        assert [label for label in labels if set(label) & set('"<>')] == []


def test_mails_in_turn_say_when_each_goes_and_what_stops_them():
    steps = """
  - sequence: win_back
    to: champion
    stop_on: [click, {event: ticket, where: event.severity == 2}, {when: account.arr > 90000}]
    mails:
      - {subject: One, text: Hello}
      - {after: 2 days, subject: Two, text: Hi, send: {window: "09:00-12:00", on: [friday]}, expires: 1 week, cc: csm}
  - {email: offer, from: csm, topic: general, to: champion, subject: Offer, text: Hello, approval: cs_manager}
"""
    words = [line.strip() for line in plan_lines(compiled(source(steps)))]
    by_tier = steps.replace("approval: cs_manager", "approval: {enterprise: csm, growth: nobody, starter: nobody}")

    assert "for growth: approval nobody" in [line.strip() for line in plan_lines(compiled(source(by_tier)))]
    assert words[words.index("sequence win_back to champion: 2 mails") :] == [
        "sequence win_back to champion: 2 mails",
        "mail 1, at once: One",
        (
            "mail 2, after 2 days: Two; sent between 09:00 and 12:00 on its recipient's clock; sent on friday;"
            " not sent any more after 1 week; copy to csm"
        ),
        "stops on click, ticket where event.severity == 2, account.arr > 90000",
        "when there is nobody: task",
        "email offer to champion: Offer",
        "from csm",
        "about general",
        "sent when cs_manager approves",
        "when there is nobody: task",
    ]


def test_a_task_that_nobody_can_have_says_so():
    assert details(entry("reassigned", person=None), str) == "to nobody"
    assert details(entry("reassigned", person="ben"), str) == "(ben)"


def test_a_count_is_shown_item_by_item_as_any_is():
    found = condition('count(c.role == "champion" and c.relationship >= 3 for c in contacts) >= 1')
    people = (contact(name="Ina", role="champion", relationship=4), contact(name="Uwe", role="other"))

    assert why_lines(found.why(scope(contacts=people)).deciding().to_json()) == [
        'true: count(c.role == "champion" and c.relationship >= 3 for c in contacts) >= 1  <-- decided',
        '  1: count(c.role == "champion" and c.relationship >= 3 for c in contacts)',
        '    true: c = Ina: c.role == "champion" and c.relationship >= 3',
        '      true: c.role == "champion"   c.role = "champion"',
        "      true: c.relationship >= 3   c.relationship = 4",
        '    false: c = Uwe: c.role == "champion" and c.relationship >= 3',
        '      false: c.role == "champion"   c.role = "other"',
        "      unknown: c.relationship >= 3   c.relationship = unknown",
    ]


@pytest.mark.parametrize(
    ("text", "value", "shown"),
    [
        ("metrics.logins.change <= -30%", Decimal(-1) / 3, "-33.33%"),
        ("metrics.logins.change <= -30%", Decimal("-0.299999"), "-29.9999%"),
        ("metrics.logins.change < 0", Decimal("-0.3"), "-30%"),
        ("account.arr < 70", Decimal("0.5"), "0.5"),
    ],
)
def test_a_ratio_is_shown_as_the_percentage_that_its_author_writes(text, value, shown):
    found = condition(text)
    path = next(iter(found.reads))

    (line,) = why_lines(found.why(scope(**{path.replace(".", "__"): value})).deciding().to_json())

    assert f"{path} = {shown}" in line


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ("{wait: a, for: metrics.nps.value > 5, at_most: 9 days, otherwise: []}", ["metrics.nps.value > 5"]),
        ("{wait: a, on: ticket, where: event.severity < 2, at_most: 9 days, otherwise: []}",
         ["the event ticket where event.severity < 2"]),
        ("{wait: a, until: account.renewal_date, otherwise: []}", []),
        ("{task: a, auto_close: account.arr > 50000}", ["closed when account.arr > 50000"]),
        ("{play: a, playbook: other, wait: true}", ["the end of other"]),
        ("{email: a, to: champion, subject: Hi, text: Hello, missing: wait}", ["somebody to write to"]),
    ],
)  # fmt: skip
def test_what_a_step_waits_for_is_told_in_words(step, expected):
    plan = compiled(source(f"  - {step}", start="start: by hand\n"))
    told = Simulation(plan, story(contacts=[], metrics={"nps": 3}), setting(), read_instant(MONDAY_MORNING))
    told.tell()

    (run,) = told.desk.runs.values()
    (open_,) = run.open.values()

    assert waits_for(open_, plan.steps[open_.step].spec) == expected


def test_an_escalation_says_its_channel_and_a_mail_to_the_item_is_said_in_words():
    steps = """
  - {escalate: fire, reason: Fire, ladder: [{to: csm, within: 1 day}], channel: "#cs"}
  - {email: sorry, to: item, subject: Sorry, text: Hello}
"""
    words = [line.strip() for line in plan_lines(compiled(source(steps, head="each: contacts\n")))]

    assert "told in #cs when it opens" in words
    assert "email sorry to the contact that the run is for: Sorry" in words
