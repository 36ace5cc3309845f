"""What is applied, as this process holds it: read once, and again after the next apply."""

import json
import tempfile
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from activities.store import versions
from engine.account import Account
from engine.outcomes import endings_of
from engine.plan import Plan
from engine.problems import InvalidWorkspace, Problem
from engine.setting import Setting
from engine.trigger import Rules
from engine.view import View
from engine.workspace import PEOPLE, POLICY, TEMPLATES, VOCABULARY, Workspace, load, load_applied

_NONE: frozenset[str] = frozenset()
Reader = Callable[[Mapping[str, str], tuple[str, ...]], Setting]


@dataclass(frozen=True, slots=True)
class Current:
    """`number` is the apply's; `since` tells of each playbook from which apply on its start has been as it is."""

    number: int
    setting: Setting
    rules: Rules
    since: Mapping[str, int]

    def unjudged(self, filled: int) -> frozenset[str]:
        """The starts that an account was not judged by, which was last judged by all at the apply `filled`."""
        if filled >= self.number:
            return _NONE
        return frozenset(name for name, since in self.since.items() if since > filled)


class NothingApplied(Exception):
    """No playbooks have been applied to this database yet."""


class Applied:
    """`read` makes the setting of the stored texts (by kind) and the ids of the playbooks. Safe between threads."""

    def __init__(self, read: Reader | None = None) -> None:
        self._read = read or read_setting
        self._lock = threading.Lock()
        self._current: Current | None = None
        self._plans: dict[str, Plan] = {}

    def current(self, connection: Connection) -> Current:
        number = versions.current(connection)
        if number == 0:
            raise NothingApplied
        with self._lock:
            if self._current is None or self._current.number != number:
                self._current = self._load(connection, number)
            return self._current

    def as_of(self, connection: Connection, then: datetime) -> Current | None:
        """What was applied at that instant, and before it had been taken away; None before the first."""
        number = versions.number_then(connection, then)
        if not number:
            return None
        plans = [self.plan(connection, one) for one in versions.plans_of(connection, number)]
        setting = self._setting(connection, number, plans)
        return Current(number, setting, Rules.of(plans), {})

    def plan(self, connection: Connection, plan_hash: str) -> Plan:
        """A plan is kept for good: what runs is pinned to it."""
        found = self._plans.get(plan_hash)
        if found is None:
            found = self._plans[plan_hash] = versions.plan(connection, plan_hash)
        return found

    def _setting(self, connection: Connection, number: int, plans: list[Plan]) -> Setting:
        """With how runs end by their plans: what is compiled now is read as it was when it was checked."""
        read = self._read(versions.texts(connection, number), tuple(sorted(plan.playbook for plan in plans)))
        return replace(read, endings={plan.playbook: endings_of(plan) for plan in plans})

    def _load(self, connection: Connection, number: int) -> Current:
        plans = [self.plan(connection, one) for one in versions.active_plans(connection)]
        setting = self._setting(connection, number, plans)
        nothing_known = View(Account(""), setting.vocabulary, setting.policy, 0)
        rules = Rules.of(plans).looked_at(nothing_known.scope)
        by_rule = {plan.playbook for plan in rules.standing}
        since = {name: one for name, one in versions.judged_since(connection).items() if name in by_rule}
        return Current(number, setting, rules, since)


# --- the workspace's files as texts, and back ------------------------------------------------------------

_FILES = {"vocabulary": VOCABULARY, "policy": POLICY, "people": PEOPLE}


def texts_of(folder: Path) -> dict[str, str]:
    """What `versions.apply` stores of a workspace beside its plans."""
    texts = {kind: _text(folder / name) for kind, name in _FILES.items()}
    below = sorted(path for path in (folder / TEMPLATES).rglob("*") if path.is_file())
    templates = {path.relative_to(folder).as_posix(): _text(path) for path in below}
    return texts | {"templates": json.dumps(templates, ensure_ascii=False)}


def read_setting(texts: Mapping[str, str], playbooks: tuple[str, ...]) -> Setting:
    """The setting that the stored texts declare. They were sound when they were applied; of what a newer release finds
    wrong all goes on that can be understood. Raises InvalidWorkspace where that is too little.
    """
    with tempfile.TemporaryDirectory() as folder:
        files = {name: texts[kind] for kind, name in _FILES.items()} | json.loads(texts["templates"])
        for name, text in files.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        found = load(Path(folder))
        wrong = tuple(replace(one, file=str(Path(one.file).relative_to(folder))) for one in found.problems.errors)
        if wrong:
            found = _understood(Path(folder), wrong)
    return Setting(found.vocabulary, found.policy, found.people, found.templates, playbooks, problems=wrong)


def _understood(folder: Path, wrong: tuple[Problem, ...]) -> Workspace:
    try:
        return load_applied(folder)
    except InvalidWorkspace:
        raise InvalidWorkspace(wrong) from None


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8-sig") if path.is_file() else ""
