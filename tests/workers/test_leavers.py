"""People who leave while they have work: it goes to cover, to the role's next holder, or into attention."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from activities import runs, tasks
from activities.host import Host
from activities.store import inputs, traces
from activities.store import runs as stored_runs
from activities.store.tasks import history, listed
from tests.support.hosts import acme, host_on, tell
from tests.support.workspaces import FOLDER, good_but
from workers.applying import apply
from workers.checking import check
from workers.looking import attention

FORTY = 40
CALL = """
playbook: call
owner: csm
start: {when: metrics.nps.value < 5}
steps:
  - task: ring
    due: 3 business days
"""
PEOPLE = (FOLDER / "people.yaml").read_text()
POLICY = (FOLDER / "policy.yaml").read_text()


@dataclass
class Office:
    """A host whose workspace is a folder, which is edited and applied."""

    host: Host
    folder: Path

    def apply(self, **files: str) -> None:
        good_but(self.folder, {"call.yaml": CALL} | {f"{name}.yaml": text for name, text in files.items()})
        apply(self.host, check(self.folder), by="test")
        self.settle()

    def settle(self) -> None:
        rows = self.host.database.read(lambda c: stored_runs.listed(c, limit=1000))
        waiting = [row.id for row in rows if self.host.database.read(lambda c, row=row: inputs.waiting(c, row.id))]
        for run in waiting:
            runs.advance(self.host, run)

    def persons(self) -> list[str | None]:
        return [one.person for one in self.host.database.read(lambda c: listed(c, state="open", limit=1000))]


@pytest.fixture
def office(database, tmp_path):
    made = Office(host_on(database), tmp_path)
    made.apply()
    return made


def busy(office, count=FORTY):
    for number in range(count):
        acme(office.host, f"a{number:02}")
        tell(office.host, f"a{number:02}", metric="nps", value=3)
    assert office.persons() == ["ana"] * count


def test_forty_tasks_of_whoever_leaves_go_to_whoever_covers(office):
    busy(office)

    office.apply(people=PEOPLE.replace("backup: ben,", "backup: ben, active: false,", 1))

    assert office.persons() == ["ben"] * FORTY
    for row in office.host.database.read(lambda c: stored_runs.listed(c, limit=1000)):
        entries = office.host.database.read(lambda c, row=row: traces.of_run(c, row.id))
        moved = [one for one in entries if one.event == "reassigned"]
        assert [(one.path, one.fields) for one in moved] == [("ring", {"person": "ben", "covers": "ana"})]


def test_the_tasks_of_whoever_is_gone_from_the_file_go_to_the_next_who_has_the_role(office):
    busy(office, 2)
    lines = PEOPLE.splitlines(keepends=True)
    without = "".join(lines[:3] + [line.replace("backup: ana,", "") for line in lines[5:]])

    office.apply(people=without)

    assert office.persons() == ["ben", "ben"]


def test_a_task_that_was_taken_by_hand_goes_back_to_the_role_when_its_taker_leaves(office):
    busy(office, 1)
    (task,) = office.host.database.read(listed)
    tasks.claim(office.host, task.id, by="noor")
    office.settle()
    without = "".join(line for line in PEOPLE.splitlines(keepends=True) if "noor" not in line)

    office.apply(people=without, policy=POLICY.replace("ae, ", ""))

    assert office.persons() == ["ana"]


def test_what_nobody_can_take_is_in_attention(office):
    busy(office, 3)
    everybody_else = (
        "people:\n  - {id: zoe, name: Zoe, email: zoe@vendor.test, role: [vp_cs, cs_manager], active: false}\n"
    )
    nobody = everybody_else + "  - {id: ana, name: Ana, email: ana@vendor.test, role: csm, active: false}\n"

    office.apply(people=nobody)

    assert office.persons() == [None] * 3
    found = office.host.database.read(lambda c: attention(c, office.host))
    assert [(one["kind"], one["reason"]) for one in found] == [("nobody", "nobody has this task: Ring")] * 3


def test_whoever_comes_gets_what_nobody_had(office):
    test_what_nobody_can_take_is_in_attention(office)

    office.apply(people=PEOPLE)

    assert office.persons() == ["ana"] * 3


def test_a_paused_run_keeps_the_task_and_attention_says_that_its_holder_has_left(office):
    busy(office, 1)
    (row,) = office.host.database.read(stored_runs.listed)
    runs.operate(office.host, row.id, "pause", by="ops")
    office.settle()

    office.apply(people=PEOPLE.replace("backup: ben,", "backup: ben, active: false,", 1))

    found = office.host.database.read(lambda c: attention(c, office.host))
    assert [one["reason"] for one in found] == ["ana, who has left, has this task: Ring"]
    runs.operate(office.host, row.id, "resume", by="ops")
    office.settle()
    assert office.persons() == ["ben"]


def test_an_apply_that_changes_nobody_wakes_nobody(office):
    busy(office, 2)

    good_but(office.folder, {"call.yaml": CALL.replace("3 business", "4 business")})
    apply(office.host, check(office.folder), by="test")

    rows = office.host.database.read(stored_runs.listed)
    assert [office.host.database.read(lambda c, row=row: inputs.waiting(c, row.id)) for row in rows] == [[], []]


def test_a_task_that_is_given_to_somebody_who_has_left_is_with_their_cover_at_once(office):
    busy(office, 1)
    noor = "slack: U0NOOR, role: ae, manager: gwen"
    office.apply(people=PEOPLE.replace(noor, f"{noor}, backup: ben, active: false"))
    (task,) = office.host.database.read(listed)

    tasks.reassign(office.host, task.id, "noor", by="max")

    assert office.persons() == ["ben"]
    office.settle()
    assert office.persons() == ["ben"]
    told = office.host.database.read(lambda c: history(c, task.id))
    assert [(one.verb, one.fields) for one in told] == [
        ("reassign", {"to": "noor"}),
        ("reassigned", {"person": "ben", "covers": "noor"}),
    ]
