"""What an operator's word is about, where it does not say."""

import pytest

from activities.store.runs import RunRow
from engine.simulate import simulate
from tests.support.playbooks import compiled, setting, source, story
from workers.acting import NotPossible, skipped

RING = """meanwhile:
  - {watch: up, when: account.status == "paused", do: [{update: resume, set: {status: active}}]}
  - {watch: down, when: account.status == "active", do: [{update: hold, set: {status: paused}}]}
"""


def row(steps: str, head: str = "", until: str = "1 hour") -> RunRow:
    """A run of it as it is stored, on its first day."""
    (run,) = simulate(compiled(source(steps, head)), story(until=until), setting()).runs.values()
    of = {"id": run.id, "account": run.account, "subject": "", "playbook": run.playbook, "plan": run.plan}
    how = {"outcome": None, "ended": None, "over": False, "paused": False, "look_at": run.look_at, "details": ""}
    return RunRow(
        **of, **how, state=run.model_dump_json(), epoch=1, rev=1, started=run.started, parked="", failures=0, fault=None
    )


def test_what_waits_for_a_person_is_skipped_first_also_beside_the_steps():
    assert skipped(row("  - {wait: long, for: 60 days}", RING), None).path == "meanwhile/down"


def test_a_watch_that_waits_for_nobody_is_skipped_by_its_name_alone():
    calm = row("  - {wait: long, for: 60 days}", RING.replace("status: paused", "status: churned"))

    assert skipped(calm, None).path == "long"
    assert skipped(calm, "down").path == "meanwhile/down"


def test_of_several_steps_one_must_be_named():
    tracks = "  - parallel: both\n    tracks: {a: [{wait: one, for: 9 days}], b: [{wait: two, for: 9 days}]}"

    with pytest.raises(NotPossible, match="one"):
        skipped(row(tracks), None)
