"""One playbook and one story about Acme, told: what tests of the engine begin with."""

from functools import cache
from typing import Any

from engine.compile import compile_with_notes
from engine.plan import Plan
from engine.problems import Problems
from engine.setting import Setting
from engine.simulate import Told, simulate
from engine.source import read
from engine.story import Story, read_story
from engine.values import read_instant
from tests.support.workspaces import workspace

ACME = {
    "name": "Acme", "stage": "adoption", "tier": "growth", "status": "active", "arr": 40000, "country": "US",
    "time_zone": "America/New_York", "start_date": "2025-06-01", "renewal_date": "2026-06-01",
}  # fmt: skip
KIM = {"id": "c1", "name": "Kim", "role": "champion", "relationship": 4, "email": "kim@acme.test"}
TEAM = {"csm": "ana"}
MONDAY_MORNING = "2026-03-02T14:00:00Z"


@cache
def setting() -> Setting:
    found = workspace()
    return Setting(found.vocabulary, found.policy, found.people, found.templates, ("example", "other"))


def source(steps: str, head: str = "", start: str = "", stage: str = "any") -> str:
    return f"playbook: example\nstage: {stage}\nowner: csm\n{start}{head}steps:\n{steps}\n"


def problems(text: str) -> Problems:
    """All that is wrong with a playbook."""
    document = read(text, "example.yaml")
    return document if isinstance(document, Problems) else compile_with_notes(document, setting())[1]


def compiled(text: str, own: Setting | None = None) -> Plan:
    document = read(text, "example.yaml")
    assert not isinstance(document, Problems), str(document)
    plan, found = compile_with_notes(document, own or setting())
    assert plan is not None, str(found)
    return plan


def story(**said: Any) -> Story:
    """`account` is laid over Acme's fields; a field that is None is not known."""
    return story_in(setting(), **said)


def story_in(own: Setting, **said: Any) -> Story:
    """The same with another policy, other people or texts."""
    account = {**ACME, **said.pop("account", {})}
    told = {"start": MONDAY_MORNING, "contacts": [KIM], "team": TEAM, **said, "account": account}
    document = read(_yaml({key: value for key, value in told.items() if value != []}), "story.yaml")
    assert not isinstance(document, Problems), str(document)
    found = read_story(document, own)
    assert isinstance(found, Story), str(found)
    return found


def told(
    steps: str, head: str = "", start: str = "", stage: str = "any", until: str | None = None, **said: Any
) -> Told:
    """What comes of a story about Acme, which nothing has gone wrong with."""
    plan = compiled(source(steps, head, start, stage))
    result = simulate(plan, story(**said), setting(), read_instant(until) if until else None)
    assert result.faults == []
    return result


def lines(result: Told, *events: str) -> list[tuple[str, str]]:
    """Instant and path of the entries with these events."""
    return [(str(one.to_json()["at"]), one.path) for one in result.trace if one.event in events]


def _yaml(value: Any) -> str:
    """YAML in flow style, text quoted where it is text."""
    import json

    return json.dumps(value)
