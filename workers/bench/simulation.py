"""How many days of an account a simulation tells in a second, and how a run's state grows with its rounds."""

import json
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from engine.compile import compile_playbook
from engine.document import Document
from engine.plan import Plan
from engine.problems import Problems
from engine.setting import Setting
from engine.simulate import Simulation, simulate
from engine.source import read
from engine.story import Story, read_story
from engine.workspace import load
from workers.bench.figure import Figure, Goal
from workers.bench.playbooks import DAILY, WEEKLY, write_workspace

LEAST = 5_000  # account-days a second
MOST = 2.0  # times the state
START = "2026-03-02T09:00:00Z"


@dataclass(frozen=True, slots=True)
class Span:
    """The best of some rounds of `stories`, told one after the other."""

    rounds: int = 6
    stories: int = 5
    few: int = 20
    many: int = 2_000


def simulation(folder: Path, span: Span = Span()) -> list[Figure]:
    setting = _setting(write_workspace(folder))
    return [_speed(setting, span), _state(setting, span)]


def _speed(setting: Setting, span: Span) -> Figure:
    """Of a year in which somebody does each week's task, and a reading comes each week; by the processor's time."""
    plan, story = _plan(WEEKLY, setting), _story(setting, _year())
    speed = max(_days_a_second(plan, story, setting, span.stories) for _ in range(span.rounds))
    return Figure("account-days of a weekly cadence, simulated", speed, "/s", Goal("value", "at least", LEAST))


def _days_a_second(plan: Plan, story: Story, setting: Setting, stories: int) -> float:
    days = 0
    began = time.process_time()
    for _ in range(stories):
        told = simulate(plan, story, setting)
        days += (told.trace[-1].at - story.start).days
    return days / (time.process_time() - began)


def _state(setting: Setting, span: Span) -> Figure:
    plan, story = _plan(DAILY, setting), _story(setting, [])
    few, many = (_size(plan, story, setting, rounds) for rounds in (span.few, span.many))
    name = f"a run's state after {span.many:,} rounds, beside {span.few}"
    return Figure(name, many, "bytes", Goal("ratio", "at most", MOST), few)


def _size(plan: Plan, story: Story, setting: Setting, rounds: int) -> int:
    """Looked at in the middle of a round."""
    world = Simulation(plan, story, setting, until=story.start + timedelta(days=rounds, hours=1))
    world.tell()
    (run,) = world.desk.runs.values()
    return len(run.model_dump_json())


def _year() -> list[dict[str, object]]:
    done: list[dict[str, object]] = [
        {"after": f"{7 * week + 2} days", "complete": "sync", "outcome": "done"} for week in range(51)
    ]
    return done + [{"after": f"{7 * week} days", "metrics": {"level": 2 + week % 6}} for week in range(1, 51)]


def _setting(folder: Path) -> Setting:
    found = load(folder)
    return Setting(found.vocabulary, found.policy, found.people, found.templates)


def _plan(text: str, setting: Setting) -> Plan:
    plan = compile_playbook(_document(text), setting)
    if isinstance(plan, Problems):
        raise TypeError(f"the benchmark's own playbook was refused: {plan}")
    return plan


def _story(setting: Setting, then: list[dict[str, object]]) -> Story:
    said = {"start": START, "account": {"name": "Acme"}, "metrics": {"level": 5}} | ({"then": then} if then else {})
    story = read_story(_document(json.dumps(said)), setting)
    if isinstance(story, Problems):
        raise TypeError(f"the benchmark's own story was refused: {story}")
    return story


def _document(text: str) -> Document:
    found = read(text, "bench.yaml")
    if isinstance(found, Problems):
        raise TypeError(str(found))
    return found
