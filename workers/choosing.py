"""Which accounts are meant: by a condition in the language of the playbooks, by stage and tier."""

from collections.abc import Iterator

from sqlalchemy import Connection

from activities.desks import Bench, bench, lay_out
from activities.host import Host
from activities.store import accounts
from activities.store.accounts import AccountRow
from engine.logic import Condition, Fault, Names, compile_condition
from workers.acting import NotPossible

PAGE = 500


def chosen(host: Host, *, where: str | None = None, stage: str | None = None, tier: str | None = None) -> list[str]:
    """The ids of the accounts for which all that is said is true; what is unknown is not true. Raises NotPossible for a
    condition that cannot be read.
    """
    return host.database.read(lambda connection: _chosen(bench(host, connection), where, stage, tier))


def _chosen(at: Bench, where: str | None, stage: str | None, tier: str | None) -> list[str]:
    setting = at.current.setting
    roles = (*setting.policy.roles, *setting.people.roles)
    names = setting.vocabulary.names(playbooks=setting.playbooks, endings=setting.endings, roles=roles)
    said: list[object] = [where] if where is not None else []
    said += [{"==": [{"var": f"account.{name}"}, word]} for name, word in (("stage", stage), ("tier", tier)) if word]
    conditions = [_condition(one, names) for one in said]
    now = at.host.clock.now()
    return [
        account
        for page in _pages(at.connection, at.current.number)
        for account, desk in lay_out(at, page).items()
        if all(one.truth(desk.scope(now)) for one in conditions)
    ]


def _condition(source: object, names: Names) -> Condition:
    found = compile_condition(source, names)
    if isinstance(found, Condition):
        return found
    raise NotPossible("; ".join(_said(one, source) for one in found))


def _said(fault: Fault, source: object) -> str:
    where = f"column {fault.offset + 1} of '{source}': " if isinstance(source, str) else ""
    return f"{where}{fault.message}. {fault.fix}".strip()


def _pages(connection: Connection, number: int) -> Iterator[dict[str, AccountRow]]:
    after = ""
    while page := accounts.listed(connection, after=after, limit=PAGE):
        yield {account: AccountRow(account, state, None, None, number) for account, state in page}
        after = page[-1][0]
