"""Filters that name what is not there: an empty answer would reassure, so it is said, with what is near.

Asked where a listing is empty; what is listed is there.
"""

from sqlalchemy import Connection

from activities.host import Host
from activities.store import accounts, runs, tasks, versions
from engine.problems import suggest, suggest_or_list
from workers.looking import NotFound

NEAR = 5  # accounts in a message
ALIKE = 500  # ids that begin with the same letter, of which the nearest is told


def check(
    connection: Connection,
    host: Host,
    *,
    account: str | None = None,
    playbook: str | None = None,
    person: str | None = None,
) -> None:
    """Raises NotFound for the first that is not there."""
    if account is not None:
        _check_account(connection, account)
    if playbook is not None:
        _check_playbook(connection, host, playbook)
    if person is not None:
        _check_person(connection, host, person)


def _check_account(connection: Connection, account: str) -> None:
    if accounts.find(connection, account) is not None:
        return
    named = [id_ for id_, _ in accounts.called(connection, account, NEAR)] if account else []
    if named:
        fix = f"Did you mean {', '.join(repr(one) for one in named)}?"
    else:
        fix = suggest(account, accounts.beginning(connection, account[:1], ALIKE))
    raise NotFound(f"there is no account '{account}'. {fix}".strip(), "account")


def _check_playbook(connection: Connection, host: Host, playbook: str) -> None:
    known = host.applied.current(connection).rules.plans if versions.current(connection) else {}
    if playbook not in known and not runs.listed(connection, playbook=playbook, limit=1):
        fix = suggest_or_list(playbook, known)
        raise NotFound(f"no playbook '{playbook}' is applied, and none has run. {fix}".strip(), "playbook")


def _check_person(connection: Connection, host: Host, person: str) -> None:
    known = host.applied.current(connection).setting.people.ids if versions.current(connection) else ()
    if person not in known and not tasks.listed(connection, person=person, limit=1):
        raise NotFound(f"'{person}' is nobody in people.yaml. {suggest_or_list(person, known)}".strip(), "person")
