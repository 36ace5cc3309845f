"""Stories that go the same way though they come a little late, drawn and told apart.

On a scaled clock what is told comes late. A story that comes late is another story, so those are lived that are steady:
told sooner or later by as much as MARGIN, all of it or every other thing of it, they go the same way.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from engine.moments import Moment
from engine.story import Story
from engine.values import read_instant
from tests.support.hosts import NOW
from tests.support.lives import NPS, Step, plan_of, playbooks, told_of
from tests.support.playbooks import story
from tests.support.retold import Chronicle, Life, bound, simulated

MARGIN = timedelta(hours=4)
DAYS = 7
Said = dict[str, Any]
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


@st.composite
def quiet_lives(draw: st.DrawFn) -> tuple[str, list[Step], int]:
    """A playbook, what is told of it at most once a day, and where the account begins; None of those drawn wrong."""
    text = draw(playbooks(flows=draw(st.booleans())))
    plan = plan_of(text)
    told = draw(st.lists(st.tuples(st.integers(1, 3), told_of(plan)), max_size=6)) if plan else []
    days = [sum(gap for gap, _ in told[: number + 1]) for number in range(len(told))]
    then = [{"after": f"{24 * day} hours", **what} for day, (_, what) in zip(days, told, strict=True)]
    return text, [one for one, day in zip(then, days, strict=True) if day < DAYS], draw(NPS)


def drawn(count: int, number: int, *, care: bool) -> list[Life]:
    """As many steady lives, the same ones each time for the same number."""
    found: list[Life] = []

    @seed(number)
    @settings(
        max_examples=count * 8,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(quiet_lives())
    def collect(life: tuple[str, list[Step], int]) -> None:
        if len(found) < count and (made := life_of(len(found), *life)) is not None and is_lively(made, care):
            found.append(made)

    collect()
    return found


def life_of(number: int, text: str, then: list[Step], nps: int) -> Life | None:
    account = f"a{number}"
    text = bound(text, account)
    plan = plan_of(text)
    told = {"start": beginning(number), "then": then, "metrics": {"nps": nps}, "account": {"id": account}}
    return Life(plan, story(**told), text) if plan else None


def beginning(number: int) -> str:
    """One after the other: what begins at once is late at once."""
    return (NOW + timedelta(minutes=100 * number)).isoformat()


def until(life: Life) -> datetime:
    return life.story.start + timedelta(days=DAYS)


def is_lively(life: Life, care: bool) -> bool:
    """Whether something happens in it, and the same when it comes late."""
    told = simulated(life, until(life), care)
    return sum(map(len, told.values())) > 5 and is_steady(life, care, told)


def is_steady(life: Life, care: bool, told: Chronicle) -> bool:
    shifted = (simulated(replace(life, story=one), until(life), care) for one in _shifted(life.story))
    return all(same(told, one, 2 * MARGIN) for one in shifted)


def _shifted(story: Story) -> Iterator[Story]:
    """All of it, or every other thing of it, too late or too soon; the first facts come in time."""
    for by in (MARGIN, -MARGIN):
        for odd, even in ((1, 1), (1, 0), (0, 1)):
            told = [one.at + by * (odd if number % 2 else even) for number, one in enumerate(story.moments)]
            yield told_at(story, [story.start, *told[1:]])


def told_at(story: Story, instants: Sequence[datetime]) -> Story:
    """The same story, its moments told at these instants; facts that come late still say when they were true."""
    moments = tuple(_moved(one, at) for one, at in zip(story.moments, instants, strict=True))
    return replace(story, start=instants[0], moments=moments)


def _moved(moment: Moment, at: datetime) -> Moment:
    facts = tuple(raw | {"at": min(moment.at, at).isoformat()} for raw in moment.facts)
    return replace(moment, at=at, facts=facts)


# --- what is the same


def same(mine: Chronicle, theirs: Chronicle, within: timedelta) -> bool:
    return mine.keys() == theirs.keys() and all(not differs(mine[key], theirs[key], within) for key in mine)


def differs(mine: Sequence[Said], theirs: Sequence[Said], within: timedelta) -> str:
    """The first difference in words. What different strands do at one instant may be told in any order."""
    begin = 0
    while begin < len(mine):
        end = begin + 1
        while end < len(mine) and mine[end]["at"] == mine[begin]["at"]:
            end += 1
        parts = (sorted(part[begin:end], key=_strand) for part in (mine, theirs))
        for one, other in zip_longest(*parts):
            if not near(one, other, within):
                return f"{one}\nis not\n{other}"
        begin = end
    return f"also: {theirs[len(mine)]}" if len(theirs) > len(mine) else ""


def _strand(entry: Said) -> str:
    return f"{entry['path']} {entry.get('contact', '')}"


def near(one: object, other: object, within: timedelta) -> bool:
    """Equal, but for instants, which may lie apart by so much."""
    match one, other:
        case dict(), dict():
            return one.keys() == other.keys() and all(near(one[key], other[key], within) for key in one)
        case list(), list():
            return len(one) == len(other) and all(near(a, b, within) for a, b in zip(one, other, strict=True))
        case str(), str() if _INSTANT.fullmatch(one) and _INSTANT.fullmatch(other):
            return abs(read_instant(one) - read_instant(other)) <= within
    return one == other
