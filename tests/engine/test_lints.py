"""What may be written and is probably not meant is told, and what is meant is not."""

from dataclasses import replace

import pytest

from engine.check import check
from engine.lints import lints
from engine.problems import Problems
from engine.source import read
from tests.support.playbooks import compiled, problems, setting, source
from tests.support.workspaces import good_but

ANCHOR = "anchor: account.renewal_date\n"
ONE, TWO = (f"  - {{email: {name}, to: champion, subject: A, text: B}}\n" for name in ("one", "two"))
DAY = "  - {wait: near, until: day -30}\n"


def codes(text: str, file: str = "example.yaml") -> list[tuple[str, int]]:
    document = read(text, file)
    assert not isinstance(document, Problems)
    return [(one.code, one.line) for one in lints(compiled(text), document, setting().vocabulary)]


@pytest.mark.parametrize(
    ("file", "stage", "found"),
    [
        ("adoption/x.yaml", "onboarding", [("other-folder", 2)]),
        ("adoption/x.yaml", "[onboarding, adoption]", []),
        ("adoption/x.yaml", "any", []),
        ("alerts/x.yaml", "onboarding", []),
    ],
)
def test_a_playbook_in_the_folder_of_another_stage_is_told(file, stage, found):
    assert codes(source("  - {task: look}", stage=stage), file) == found


@pytest.mark.parametrize(
    "between",
    [DAY, DAY + "  - {update: note, set: {status: paused}}\n"],
)
def test_two_mails_with_only_a_day_between_them_are_told(between):
    assert codes(source(ONE + between + TWO, ANCHOR)) == [("late-mails", 7)]


@pytest.mark.parametrize(
    "between",
    [
        "",
        DAY + "  - {task: look, auto_close: account.arr > 9}\n",
        "  - {wait: near, for: 3 days}\n",
        "  - {wait: near, until: day -30, late: skip}\n",
    ],
)
def test_mails_between_which_there_is_time_or_no_day_are_not(between):
    assert codes(source(ONE + between + TWO, ANCHOR)) == []


AFTER = "  - {task: after}\n"
BRANCH = "  - branch: how\n    cases: [{when: account.arr > 5, then: [{task: look}]}]\n    otherwise: []\n"
SIDE = (
    "  - parallel: both\n    at_most: 9 days\n    otherwise: []\n"
    "    tracks: {a: [{task: look}, {task: more}], b: [{task: third}]}\n"
)


@pytest.mark.parametrize(
    ("steps", "head", "found"),
    [
        ("  - {task: look}\n" + AFTER, "", [("waits-for-ever", 5)]),
        (BRANCH + AFTER, "", [("waits-for-ever", 6)]),
        ("  - {task: look}\n", "", []),
        (BRANCH, "", []),
        ("  - {task: look, then: continue}\n" + AFTER, "", []),
        ("  - {task: look, at_most: 9 days, otherwise: []}\n" + AFTER, "", []),
        ("  - {task: look, overdue: [{after: 1 day, remind: assignee}]}\n" + AFTER, "", []),
        ("  - {task: look, auto_close: account.arr > 9}\n" + AFTER, "", []),
        (SIDE, "", []),
        ("  - {task: look}\n" + AFTER, "goal: {when: account.arr > 9, outcome: grown}\n", []),
    ],
)
def test_a_task_that_holds_up_what_follows_though_it_may_be_forgotten_is_told(steps, head, found):
    assert codes(source(steps, head)) == found


def test_a_mail_in_what_follows_a_day_is_told_unless_it_is_skipped_when_late():
    mail = "      - {{email: two, to: champion, subject: A, text: B}}\n"
    inside = "  - wait: near\n    until: day -30\n{}    then:\n" + mail

    assert codes(source(ONE + inside.format(""), ANCHOR)) == [("late-mails", 7)]
    assert codes(source(ONE + inside.format("    late: skip\n"), ANCHOR)) == []


def test_a_day_that_counts_from_the_start_is_never_past():
    assert codes(source(ONE + "  - {wait: near, until: day 30}\n" + TWO)) == []


def test_a_start_that_asks_whether_an_item_is_inactive_never_comes_and_is_refused(tmp_path):
    text = "playbook: left\nowner: csm\neach: contacts\nstart: {when: not item.active}\nsteps:\n  - task: ring\n"

    found = check(good_but(tmp_path, {"left.yaml": text}))

    assert [(one.severity, one.code, one.where) for one in found.problems] == [
        ("error", "always-active", "start > when")
    ]
    assert found.plans == {}


RENEWED = "goal: {{when: '{}', outcome: renewed}}\n"
PUT_OFF = "  - {update: note, set: {renewal_date: account.renewal_date + 1 year}}\n  - {task: look}"


@pytest.mark.parametrize(
    ("goal", "told"),
    [
        ("account.renewal_date > at_start(account.renewal_date)", True),
        ("days_until(account.renewal_date) > 200", True),
        ("days_until(account.renewal_date) > 400", False),
        ("account.renewal_date > at_start(account.renewal_date) and metrics.nps.value > 8", False),
    ],
)
def test_an_update_that_calculates_what_ends_its_own_run_is_told(goal, told):
    assert codes(source(PUT_OFF, RENEWED.format(goal))) == [("own-end", 6)] * told


PAUSED = 'stop: {when: account.status != "active", outcome: gone}\n'
REACHED = 'goal: {when: account.tier == "growth" or account.arr > 5, outcome: grown}\n'
SET = "  - {update: note, set: {status: paused, tier: growth}}\n"


@pytest.mark.parametrize(
    ("steps", "head"),
    [
        (SET + "  - end: graduated", PAUSED),
        (SET, PAUSED),
        (SET + "  - {task: look}", REACHED),
        (SET.replace("paused", "'\"paused\"'"), PAUSED),
    ],
)
def test_an_update_that_ends_its_own_run_is_told(steps, head):
    assert codes(source(steps, head)) == [("own-end", 6)]


@pytest.mark.parametrize(
    ("steps", "head"),
    [
        (SET + "  - end: gone", PAUSED),
        (SET, REACHED),
        (BRANCH.replace("{task: look}", "{update: note, set: {tier: growth}}"), REACHED),
        (SET.replace("paused", "active") + "  - {task: look}", PAUSED),
        (SET + "  - {task: look}", PAUSED.replace("!=", "==")),
        (SET + "  - {task: look}", PAUSED.replace("when: ", "when: not known(account.arr) and ")),
        (SET + "  - {task: look}", PAUSED.replace("outcome", "for: 2 days, outcome")),
    ],
)
def test_an_update_that_leaves_the_run_alone_or_ends_it_as_it_says_is_not(steps, head):
    assert codes(source(steps, head)) == []


WAIT = "  - wait: better\n    for: metrics.nps.value > 8\n    at_most: 9 days\n    otherwise: "
GOAL = "goal: {when: metrics.nps.value > 8, outcome: good}\n"


@pytest.mark.parametrize(
    ("steps", "found"),
    [
        (WAIT + "[{end: bad}]\n  - end: reached", ["own-end"]),
        (WAIT + "[]\n    then: [{end: reached}]", ["own-end"]),
        (WAIT + "[{end: bad}]", []),
        (WAIT + "[]\n  - {task: look}", []),
        (WAIT.replace("8", "7") + "[{end: bad}]\n  - end: reached", []),
    ],
)
def test_what_follows_a_wait_for_the_goal_itself_is_told(steps, found):
    assert [code for code, _ in codes(source(steps, GOAL))] == found


TICKET = "start: {on: ticket, where: event.severity <= 2}\n"
ASK = "  - {{task: look, title: 'Look at {}'}}\n"


@pytest.mark.parametrize(
    ("shown", "start", "found"),
    [
        ("{{ event.status }}", TICKET, [("unsaid", 6)]),
        ("{{ event.severity }}", TICKET.replace("}", ", by_hand: true}"), [("unsaid", 6)]),
        ("{{ event.severity }}", TICKET, []),
        ('{{ event.status | or("it") }}', TICKET, []),
        ("{% if event.status is defined %}{{ event.status }}{% endif %}", TICKET, []),
    ],
)
def test_a_text_that_hangs_on_what_an_event_may_leave_out_is_told(shown, start, found):
    assert codes(source(ASK.format(shown), start=start)) == found


@pytest.mark.parametrize(("block", "found"), [("then", []), ("otherwise", ["unsaid"])])
def test_a_day_of_the_event_that_is_waited_for_is_known_only_where_it_has_come(block, found):
    blocks = {"then": "[]", "otherwise": "[]"} | {block: "[{slack: note, to: csm, text: '{{ event.day | date }}'}]"}
    steps = f"  - {{wait: until_then, until: event.day, then: {blocks['then']}, otherwise: {blocks['otherwise']}}}\n"

    known = setting().vocabulary
    orders = replace(known, events={**known.events, "order": {"day": known.fields["renewal_date"]}})
    text = source(steps, start="start: {on: order}\n")
    document, plan = read(text, "example.yaml"), compiled(text, replace(setting(), vocabulary=orders))
    assert not isinstance(document, Problems)

    assert [one.code for one in lints(plan, document, orders)] == found


def test_mails_of_a_sequence_that_go_at_once_are_told():
    mails = "[{subject: A, text: A}, {subject: B, text: B}, {after: 2 days, subject: C, text: C}]"

    found = problems(source(f"  - {{sequence: news, to: champion, mails: {mails}}}\n"))

    assert [(one.code, one.severity, one.where) for one in found] == [
        ("mails-at-once", "warning", "step 'news' > mails 2")
    ]


GROWN = "goal: {when: account.arr > 90000, outcome: grown}\n"
PAUSED, ACTIVE = 'account.status == "paused"', 'account.status == "active"'


def sets(**fields: str) -> str:
    return "update: u{}, set: {" + ", ".join(f"{name}: {value}" for name, value in fields.items()) + "}"


def watches(*said: tuple[str, str], more: str = "") -> str:
    """Each a condition and its only step."""
    found = [f"  - {{watch: w{n}, when: '{when}'{more}, do: [{{{do.replace('{}', str(n), 1)}}}]}}\n"
             for n, (when, do) in enumerate(said, 1)]  # fmt: skip
    return source(AFTER, "meanwhile:\n" + "".join(found) + GROWN)


@pytest.mark.parametrize(
    "said",
    [
        [(PAUSED, sets(status="active")), (ACTIVE, sets(status="paused"))],
        [(f"{PAUSED} and account.arr > 5", sets(status="active")), (ACTIVE, sets(status="paused"))],
        [("account.seats % 2 == 0", sets(seats="account.seats + 1")),
         ("account.seats % 2 == 1", sets(seats="account.seats + 1"))],
        [(PAUSED, sets(seats="1")), ("account.seats == 1", sets(status="active, seats: 0")),
         (ACTIVE, sets(status="paused"))],
    ],
)  # fmt: skip
def test_watches_that_make_one_another_true_are_told(said):
    assert codes(watches(*said)) == [("watches-in-a-circle", 5)]


@pytest.mark.parametrize(
    ("said", "more"),
    [
        ([(PAUSED, sets(status="active"))], ""),
        ([(PAUSED, sets(status="active")), (ACTIVE, sets(seats="1"))], ""),
        ([(PAUSED, sets(seats="1")), ("account.seats == 1", sets(status="paused"))], ""),
        ([(PAUSED, sets(status="active")), (ACTIVE, sets(status="paused"))], ", for: 1 day"),
        ([(PAUSED, sets(status="active")), (ACTIVE, sets(status="paused"))], ", again: after 1 day"),
        ([(f"{PAUSED} and metrics.nps.value > 8", sets(status="active")),
          (f"{ACTIVE} and metrics.nps.value < 3", sets(status="paused"))], ""),
        ([("hours_since(account.asked) > 24", sets(asked="now, seats: 1")),
          ("account.seats == 1", sets(seats="0"))], ""),
    ],
)  # fmt: skip
def test_watches_that_come_to_rest_are_not(said, more):
    assert codes(watches(*said, more=more)) == []


def test_watches_that_wait_for_somebody_in_between_go_round_no_ring():
    text = watches((PAUSED, sets(status="active")), (ACTIVE, sets(status="paused")))

    assert codes(text.replace("do: [{update: u2", "do: [{task: t, at_most: 2 days, otherwise: []}, {update: u2")) == []
