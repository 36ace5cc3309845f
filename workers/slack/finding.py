"""Which account and which playbook somebody means. Several that may be meant are listed to choose from."""

from collections.abc import Mapping, Sequence

from activities.slack.card_blocks import shown
from activities.store import accounts
from engine.plan import Plan
from engine.problems import suggest_or_list
from workers.slack.office import Kindly, Office

CHOICES = 10
Called = tuple[str, str]  # an account's id and name


def account_meant(office: Office, words: str) -> Called:
    """By id, by name, or by a part of either that no other account has. Raises Kindly."""
    if not words:
        raise Kindly("Say which account: its name, a part of it, or its id.")
    if named := account_of(office, words):
        return named
    found = office.host.database.read(lambda connection: accounts.called(connection, words, CHOICES + 1))
    alike = [one for one in found if words.casefold() == one[1].casefold()]
    if len(chosen := alike or found) == 1:
        return chosen[0]
    raise Kindly(_which(words, chosen))


def account_of(office: Office, id_: str) -> Called | None:
    row = office.host.database.read(lambda connection: accounts.find(connection, id_))
    return (row.id, row.known.name) if row and row.state is not None else None


def playbook_meant(office: Office, words: str) -> Plan:
    """By id, or by its title. Raises Kindly."""
    plans = plans_of(office)
    found = plans.get(words) or next((one for one in plans.values() if one.title.casefold() == words.casefold()), None)
    if found is None:
        raise Kindly(f"There is no playbook `{shown(words, 60)}`. {shown(suggest_or_list(words, plans), 600)}")
    return found


def plans_of(office: Office) -> Mapping[str, Plan]:
    return office.host.database.read(lambda c: office.host.applied.current(c).rules.plans)


def apart(office: Office, words: str, *, playbook_last: bool = False) -> tuple[str, str]:
    """A playbook's id and the words beside it: `renewal-risk Acme Corp`, or, where that is the only way in which they
    make sense, the other way round. Raises Kindly.
    """
    parts = words.split()
    if len(parts) < 2:
        raise Kindly("Say which playbook, by its id, and which account.")
    plans = plans_of(office)
    first, last = (parts[0], " ".join(parts[1:])), (parts[-1], " ".join(parts[:-1]))
    ways = (last, first) if playbook_last else (first, last)
    return next((one for one in ways if one[0] in plans), ways[0])


def _which(words: str, found: Sequence[Called]) -> str:
    if not found:
        return f"There is no account whose name or id has “{shown(words, 100)}” in it."
    listed = "\n".join(f"• {shown(name or id_, 100)} (`{shown(id_, 100)}`)" for id_, name in found[:CHOICES])
    more = "\n… and more. Say more of the name." if len(found) > CHOICES else "\nSay the id that you mean."
    return f"Several accounts may be meant:\n{listed}{more}"
