"""A workspace against what is applied: what would change, for whom, and the act of applying, all or nothing."""

import json
import subprocess
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from sqlalchemy import Connection

from activities.applied import texts_of
from activities.host import Host
from activities.store import accounts, runs, versions
from activities.store.versions import Apply
from engine.account import Account
from engine.desk import Desk
from engine.diff import differences
from engine.plan import Plan
from engine.problems import InvalidWorkspace
from engine.setting import Setting
from engine.trigger import Rule, Rules, judged
from workers.checking import Checked

Kind = Literal["new", "changed", "removed", "unchanged"]
PAGE = 500


@dataclass(slots=True)
class Difference:
    """One playbook. `live` counts its runs by the steps that they rest at; `inside` are accounts that fulfil its start
    as things stand, `starting` those of them that would enter at once (under `mode: is`).
    """

    playbook: str
    kind: Kind
    lines: tuple[str, ...] = ()
    live: Mapping[str, int] | None = None
    inside: int = 0
    starting: int = 0


@dataclass(frozen=True, slots=True)
class Preview:
    """`shared` names the parts of the workspace beside its playbooks that differ."""

    playbooks: tuple[Difference, ...]
    shared: tuple[str, ...]

    @property
    def nothing(self) -> bool:
        return not self.shared and all(one.kind == "unchanged" for one in self.playbooks)


def preview(host: Host, checked: Checked) -> Preview:
    """Raises InvalidWorkspace."""
    _sound(checked)
    return host.database.read(partial(_preview, checked=checked, host=host))


def apply(host: Host, checked: Checked, by: str) -> Apply:
    """Makes the workspace's playbooks the ones that start. What runs stays on its version. Raises InvalidWorkspace."""
    _sound(checked)
    folder = checked.workspace.folder
    texts, commit = texts_of(folder), git_commit(folder)
    plans = [checked.plans[name] for name in sorted(checked.plans)]
    applied = host.database.write(
        lambda connection: versions.apply(connection, plans, texts, at=host.clock.now(), by=by, commit=commit)
    )
    host.stir()
    return applied


def live_runs(host: Host, playbooks: Iterable[str]) -> list[runs.RunRow]:
    return host.database.read(lambda connection: [row for name in playbooks for row in _all_live(connection, name)])


def git_commit(folder: Path) -> str | None:
    """The commit that the folder stands at, marked when files in it were changed since; None outside of git."""
    try:
        commit = _git(folder, "rev-parse", "HEAD")
        changed = _git(folder, "status", "--porcelain", "--", ".")
    except (OSError, subprocess.SubprocessError):
        return None
    return f"{commit}-changed" if changed else commit


def _git(folder: Path, *words: str) -> str:
    told = subprocess.run(["git", "-C", folder, *words], capture_output=True, text=True, check=True, timeout=10)  # noqa: S607
    return told.stdout.strip()


def _sound(checked: Checked) -> None:
    if errors := checked.problems.errors:
        raise InvalidWorkspace(errors)


# --- what would change


def _preview(connection: Connection, checked: Checked, host: Host) -> Preview:
    before = {plan.playbook: plan for plan in _active(connection)}
    found = [
        _difference(connection, before.get(name), checked.plans.get(name)) for name in _names(before, checked.plans)
    ]
    touched = [one for one in found if one.kind in {"new", "changed"}]
    _count_inside(connection, host, checked, touched)
    return Preview(tuple(found), tuple(_shared(connection, checked.workspace.folder)))


def _active(connection: Connection) -> Iterator[Plan]:
    return (versions.plan(connection, one) for one in versions.active_plans(connection))


def _names(*several: Iterable[str]) -> list[str]:
    return sorted({name for names in several for name in names})


def _shared(connection: Connection, folder: Path) -> Iterator[str]:
    number = versions.current(connection)
    before = versions.texts(connection, number) if number else {}
    yield from (kind for kind, text in texts_of(folder).items() if before.get(kind) != text)


def _difference(connection: Connection, before: Plan | None, after: Plan | None) -> Difference:
    plan = before or after
    if plan is None:
        raise ValueError("a playbook is there before or after")
    live = _live(connection, plan.playbook)
    if before is None:
        return Difference(plan.playbook, "new", live=live)
    if after is None:
        return Difference(plan.playbook, "removed", live=live)
    if before.hash == after.hash:
        return Difference(plan.playbook, "unchanged", live=live)
    lines = tuple(differences(before, after)) or ("the file's lines moved; it does the same",)
    return Difference(plan.playbook, "changed", lines, live)


def _live(connection: Connection, playbook: str) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for row in _all_live(connection, playbook):
        counts.update([one.path for one in row.run.open.values() if not one.released] or ["on its way"])
    return dict(sorted(counts.items()))


def _all_live(connection: Connection, playbook: str) -> Iterator[runs.RunRow]:
    after = ""
    while page := runs.listed(connection, playbook=playbook, live=True, after=after, limit=PAGE):
        yield from page
        after = page[-1].id


def _count_inside(connection: Connection, host: Host, checked: Checked, touched: Sequence[Difference]) -> None:
    """Looks at every account with the new rules, as the first decisions after the apply will."""
    plans = [checked.plans[one.playbook] for one in touched]
    rules = [(one, Rule.of(plan)) for one, plan in zip(touched, plans, strict=True) if plan.start.by_rule]
    if not rules:
        return
    for account in _all_accounts(connection):
        scope = _desk(checked.setting, account).scope(host.clock.now())
        for one, rule in rules:
            decision, rise = judged(rule, None, scope)
            one.inside += decision.truth is True
            one.starting += rise and rule.plan.start.mode == "is"


def _all_accounts(connection: Connection) -> Iterator[Account]:
    after = ""
    while page := accounts.listed(connection, after=after, limit=PAGE):
        yield from (Account.from_json(json.loads(state)) for _, state in page)
        after = page[-1][0]


def _desk(setting: Setting, account: Account) -> Desk:
    none: dict[str, Plan] = {}
    return Desk(
        setting=setting, rules=Rules.of([]), account=account, plans=none.__getitem__, new_run=lambda *_: account.id
    )
