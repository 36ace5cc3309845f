"""What may be written and is probably not meant is told, and what is meant is not."""

import pytest

from engine.check import check
from engine.lints import lints
from engine.problems import Problems
from engine.source import read
from tests.support.playbooks import compiled, setting, source
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
        DAY + "  - {task: look}\n",
        "  - {wait: near, for: 3 days}\n",
        "  - {wait: near, until: day -30, late: skip}\n",
    ],
)
def test_mails_between_which_there_is_time_or_no_day_are_not(between):
    assert codes(source(ONE + between + TWO, ANCHOR)) == []


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
