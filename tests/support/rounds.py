"""A run that has gone round and round."""

from collections.abc import Iterator
from datetime import datetime

from engine.advance import advance, begin
from engine.moments import facts_of
from engine.plan import Plan
from engine.run import Run, TaskActed
from tests.support.playbooks import setting, story
from tests.support.unkind_hosts import Watched


def after_rounds(plan: Plan, *counts: int) -> Iterator[Run]:
    """The run at its loop's rest after so many rounds; whatever task is open is done."""
    told = story()
    desk = Watched(plan, told).desk
    desk.take(*facts_of(told.moments[0], setting().vocabulary), now=told.start)
    run = begin(plan, "r1", desk.world(told.start), told.start).run
    for number in range(1, max(counts) + 1):
        at = run.look_at
        assert isinstance(at, datetime)
        run = advance(plan, run, [], desk.world(at), at).run
        done = [
            TaskActed(at=at, path=one.path, visit=one.visit, verb="complete", outcome="done")
            for one in run.open.values()
            if "task" in one.memo
        ]
        run = advance(plan, run, done, desk.world(at), at).run
        if number in counts:
            yield run
