"""What was for a colleague in Slack and goes to them by mail instead: Slack takes nothing for longer than policy waits,
or does not know them.

The effect stays what it is in the ledger and changes its channel, so that it goes by one of the two alone. What may
have arrived in Slack already is not changed, and what is for a channel of Slack's waits.
"""

from dataclasses import replace
from datetime import datetime
from typing import Final

from activities import threads
from activities.approvals import drafts
from activities.desks import Bench, bench
from activities.host import Host
from activities.mail import notice as mailnotice
from activities.message import NOTICE, in_words
from activities.slack import cards
from activities.store import accounts, breakers, effects, mails, runs, tasks, traces, wakes
from activities.store.accounts import AccountRow
from activities.store.effects import EffectRow
from activities.store.traces import Traced
from activities.transport import Message
from engine.people import Person
from engine.pings import calendar_of
from engine.policy import Policy
from engine.render.cards import card
from engine.render.reasons import day
from engine.trace import deferred

DOWN: Final = "by mail: Slack takes nothing"
LOST: Final = "by mail: Slack does not know them"
NOBODY: Final = frozenset({"users_not_found", "user_not_found", "user_disabled", "user_not_visible", "no_member_id"})
AT_ONCE: Final = 50
AUTOMATIC: Final = (("Auto-Submitted", "auto-generated"),)


def is_time(at: Bench, channel: str) -> bool:
    """Whether Slack has been found to take nothing, just now and for as long as policy waits."""
    if channel != cards.CHANNEL or not at.host.falls_back:
        return False
    found = breakers.find(at.connection, channel)
    if found is None or found.since is None or found.until <= at.real:
        return False
    return at.real - found.since >= at.current.setting.policy.mail_fallback.clock


def instead(at: Bench, account: AccountRow, row: EffectRow, why: str) -> bool:
    """Changes it, where it is for a person with an address and was certainly not delivered; whether it did."""
    if row.channel != cards.CHANNEL or row.looks > 0 or not at.host.falls_back or _address(at, row) is None:
        return False
    free = {"held": None, "until": None, "lease_until": None, "go_at": None, "tried_at": None, "checked_at": at.real}
    effects.change(at.connection, row.id, channel=NOTICE, state="wanted", reason=why, **free)
    runs.touch(at.connection, [row.run])
    entry = deferred(row.effect, at.now(account), why, None)
    traces.add(at.connection, [Traced(row.run, row.account, row.playbook, entry)])
    return True


def is_lost(at: Bench, account: AccountRow, row: EffectRow, code: str) -> bool:
    """Whether Slack refused it for whom it is for, and they are written to instead."""
    return row.state == "claimed" and code in NOBODY and instead(at, account, row, LOST)


def fall_back(host: Host, most: int = AT_ONCE) -> int:
    """What has waited for Slack for too long, by priority; how many are changed."""
    if not host.falls_back or host.database.read(lambda connection: breakers.find(connection, cards.CHANNEL)) is None:
        return 0
    found = host.database.read(lambda connection: _waiting(bench(host, connection), most))
    if not found:
        return 0
    changed = host.database.write(lambda connection: _changed(bench(host, connection), found))
    host.stir()
    return changed


def _waiting(at: Bench, most: int) -> list[tuple[str, str]]:
    """Effects with their accounts."""
    if not is_time(at, cards.CHANNEL):
        return []
    reached = [one.id for one in at.current.setting.people.everyone if one.email]
    return mails.put_off_to(at.connection, cards.CHANNEL, reached, most)


def _changed(at: Bench, found: list[tuple[str, str]]) -> int:
    held = accounts.lock(at.connection, sorted({account for _, account in found}))
    rows = effects.states(at.connection, [effect for effect, _ in found])
    mine = [rows[effect] for effect, account in found if effect in rows and rows[effect].account == account]
    changed = [
        one.run
        for one in mine
        if one.held == "provider" and one.account in held and instead(at, held[one.account], one, DOWN)
    ]
    wakes.write(at.connection, changed, at.real)
    return len(changed)


# --- the mail ---------------------------------------------------------------------------------------------


def message(at: Bench, row: EffectRow) -> Message:
    """The mail. Raises BeingPosted while one of the same task that came before, or what it follows, is on its way."""
    threads.wait_for_former(at, row)
    plain, person, named = in_words(row.effect), at.current.setting.people.get(row.recipient), cards.about(row.effect)
    if named and any(_comes_before(one, row, named) for one in effects.unsettled(at.connection, [row.run])[row.run]):
        raise cards.BeingPosted
    task = tasks.find(at.connection, named) if named else None
    address = person.email if person else None
    mail = replace(plain, channel="email", to=address or "", to_name=person.name if person else "", headers=AUTOMATIC)
    if person is None or task is None:
        return replace(mail, subject=mailnotice.headline(plain.body), body=mailnotice.words(plain.body))
    shown = card(task, person, cards.around(at, task))
    if mails := drafts(at.connection, task):
        whole = "\n".join(f"{one.head}\n{one.body}" for one in mails)
        shown = replace(shown, instructions=f"Would be sent:\n{whole}")
    clock = on_their_clock(person, at.current.setting.policy)
    why = mailnotice.LOST if row.reason == LOST else mailnotice.DOWN
    told = mailnotice.notice(shown, task.outcomes, plain.body, person.id, clock, why)
    return replace(mail, subject=told.subject, body=told.body)


def _comes_before(one: EffectRow, row: EffectRow, task: str) -> bool:
    """In the order of the story; one that is uncertain holds up nobody."""
    mine = one.channel == NOTICE and one.recipient == row.recipient and cards.about(one.effect) == task
    return mine and one.state != "uncertain" and (one.at, one.id) < (row.at, row.id)


def on_their_clock(person: Person, policy: Policy) -> mailnotice.Clock:
    calendar = calendar_of(person, policy)

    def shown(instant: datetime) -> str:
        local = calendar.local(instant)
        return f"{day(local.date())}, {local:%H:%M} ({calendar.zone})"

    return shown


def _address(at: Bench, row: EffectRow) -> str | None:
    person = at.current.setting.people.get(row.recipient)
    return person.email if person else None
