"""Starts by a person's word: stage, tiers, `again` and the one-live-run rule apply, the condition does not."""

from dataclasses import dataclass

from activities.desks import Bench, bench, lay_out
from activities.host import Host
from activities.store import accounts
from activities.writing_back import put_away
from engine.problems import suggest_or_list


class NoSuchAccount(Exception):
    """No account has this id."""


class NoSuchPlaybook(Exception):
    """No playbook of this id is applied; the text says which one may be meant."""


@dataclass(frozen=True, slots=True)
class Started:
    run: str


@dataclass(frozen=True, slots=True)
class Barred:
    """`reason` is a word of the trace (live, again, goal, …), or says that the playbook is not started by hand."""

    reason: str


def start(host: Host, playbook: str, account: str, by: str | None = None) -> Started | Barred:
    """Raises NoSuchAccount and NoSuchPlaybook."""
    answer = host.database.write(lambda connection: _started(bench(host, connection), playbook, account, by))
    host.stir()
    return answer


def _started(at: Bench, playbook: str, account: str, by: str | None) -> Started | Barred:
    plan = at.current.rules.plans.get(playbook)
    if plan is None:
        raise NoSuchPlaybook(suggest_or_list(playbook, at.current.rules.plans))
    row = accounts.lock(at.connection, [account]).get(account)
    if row is None or row.state is None:
        raise NoSuchAccount(account)
    if not plan.start.by_hand:
        return Barred("not by hand")
    desk, now = lay_out(at, {account: row})[account], at.now(row)
    run = desk.start(playbook, now, by)
    barred = [entry.fields.get("reason") for _, name, entry in desk.changes.trace if name == playbook]
    put_away(at, desk, row, now)
    return Started(run) if run is not None else Barred(str(barred[-1]))
