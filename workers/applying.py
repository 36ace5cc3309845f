"""A workspace against what is applied: what would change, for whom, and the act of applying, all or nothing."""

import json
import subprocess
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Literal

from sqlalchemy import Connection

from activities.applied import texts_of
from activities.desks import bench, entries_of
from activities.host import Host
from activities.putting_off import look_again
from activities.store import accounts, runs, versions
from activities.store.versions import Apply
from activities.successors import people_changed
from engine.account import Account
from engine.desk import Desk
from engine.diff import differences
from engine.logic import Scope
from engine.plan import Plan
from engine.policy import Policy
from engine.problems import InvalidWorkspace
from engine.setting import Setting
from engine.trigger import LASTING, Rule, Rules, judged
from workers.checking import Checked

Kind = Literal["new", "changed", "removed", "unchanged"]
PAGE = 500


@dataclass(slots=True)
class Difference:
    """One playbook. `live` counts its runs by the steps that they rest at. Where its start is a condition that is new,
    `mode` is how accounts enter: `inside` are those that fulfil it as things stand, `starting` those of them that
    would enter at once (under `is`), and `barred` counts by reason those that would not.
    """

    playbook: str
    kind: Kind
    lines: tuple[str, ...] = ()
    live: Mapping[str, int] | None = None
    mode: str | None = None
    inside: int = 0
    starting: int = 0
    barred: Mapping[str, int] = field(default_factory=dict)


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
    """Makes the workspace's playbooks the ones that start. What runs stays on its version; a new policy counts for all,
    also for what waits by the old one's hours and caps. Raises InvalidWorkspace.
    """
    _sound(checked)
    folder = checked.workspace.folder
    texts, commit = texts_of(folder), git_commit(folder)
    plans = [checked.plans[name] for name in sorted(checked.plans)]
    applied, other = host.database.write(partial(_applied, host=host, plans=plans, texts=texts, by=by, commit=commit))
    if other:
        look_again(host)
    host.stir()
    return applied


def _applied(
    connection: Connection, *, host: Host, plans: Sequence[Plan], texts: Mapping[str, str], by: str, commit: str | None
) -> tuple[Apply, bool]:
    """Open work follows the people, in the same transaction. And whether the policy is another one than before."""
    number = versions.current(connection)
    former = _policy(connection, host) if number else None
    before = versions.texts(connection, number) if number else texts
    made = versions.apply(connection, plans, texts, at=host.clock.now(), by=by, commit=commit)
    people_changed(bench(host, connection), before, texts)
    return made, number > 0 and former != _policy(connection, host)


def _policy(connection: Connection, host: Host) -> Policy | None:
    """None for one of an older release that nobody can read any more: this apply mends it."""
    try:
        return host.applied.current(connection).setting.policy
    except InvalidWorkspace:
        return None


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
    _count_inside(connection, host, checked, before, touched)
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
        counts.update([one.step for one in row.run.open.values() if not one.released] or ["on its way"])
    return dict(sorted(counts.items()))


def _all_live(connection: Connection, playbook: str) -> Iterator[runs.RunRow]:
    after = ""
    while page := runs.listed(connection, playbook=playbook, live=True, after=after, limit=PAGE):
        yield from page
        after = page[-1].id


@dataclass(slots=True)
class _Counting:
    """One playbook whose start is new, on its way through all accounts."""

    rule: Rule
    told: Difference
    barred: Counter[str] = field(default_factory=Counter)

    def count(self, desk: Desk, now: datetime) -> None:
        """As the first decision after the apply will be, of the account or of each of its items."""
        each = self.rule.plan.start.each
        for subject in [""] if each is None else sorted(desk.items(each, now)):
            self.count_one(desk, desk.scope_for(each, subject, now), subject)

    def count_one(self, desk: Desk, scope: Scope, subject: str) -> None:
        start = self.rule.plan.start
        decision, rises = judged(self.rule, None, scope, applied=True)
        waits = decision.barred == LASTING
        self.told.inside += waits or decision.truth is (start.mode != "leaves")
        if start.mode == "is" and (rises or waits):
            reason = LASTING if waits else self.kept_out(desk, scope, subject)
            self.told.starting += reason is None
            self.barred.update([reason] if reason else [])

    def kept_out(self, desk: Desk, scope: Scope, subject: str) -> str | None:
        plan = self.rule.plan
        full = plan.limit is not None and self.told.starting >= plan.limit.count
        return desk.bar(plan, subject, scope) or ("limit" if full else None)


def _count_inside(
    connection: Connection, host: Host, checked: Checked, before: Mapping[str, Plan], touched: Sequence[Difference]
) -> None:
    """Looks at every account with the rules that are new; an unchanged start keeps what was decided by it."""
    new = [(checked.plans[one.playbook], one) for one in touched]
    counting = [_Counting(Rule.of(plan), told) for plan, told in new if _is_new(plan, before)]
    for one in counting:
        one.told.mode = one.rule.plan.start.mode
    for desk in _all_desks(connection, checked.setting) if counting else ():
        for one in counting:
            one.count(desk, host.clock.now())
    for one in counting:
        one.told.barred = dict(sorted(one.barred.items()))


def _is_new(plan: Plan, before: Mapping[str, Plan]) -> bool:
    former = before.get(plan.playbook)
    return plan.start.standing and (former is None or former.start_hash != plan.start_hash)


def _all_desks(connection: Connection, setting: Setting) -> Iterator[Desk]:
    after = ""
    while page := accounts.listed(connection, after=after, limit=PAGE):
        entered: dict[str, list[runs.Entered]] = {account: [] for account, _ in page}
        for one in runs.entries(connection, entered):
            entered[one.account].append(one)
        yield from (_desk(setting, Account.from_json(json.loads(state)), entered[account]) for account, state in page)
        after = page[-1][0]


def _desk(setting: Setting, account: Account, entered: Sequence[runs.Entered]) -> Desk:
    none: dict[str, Plan] = {}
    return Desk(
        setting=setting,
        rules=Rules.of([]),
        account=account,
        plans=none.__getitem__,
        new_run=lambda *_: account.id,
        entries=entries_of(entered),
    )
