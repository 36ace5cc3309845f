"""What is known of runs, tasks, messages and accounts, asked of the database for people and programs."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Literal

from pydantic import JsonValue
from sqlalchemy import Connection

from activities.approvals import drafts
from activities.desks import bench, lay_out
from activities.host import Host
from activities.ledger import message_for
from activities.mail import notices
from activities.store import (
    accounts,
    decisions,
    digests,
    effects,
    mails,
    removals,
    runs,
    tasks,
    traces,
    versions,
)
from activities.store.effects import EffectRow
from activities.store.emptied import is_empty
from activities.store.runs import RunRow
from activities.transport import Message
from engine.desk import Desk
from engine.logic import Scope
from engine.run import Task
from engine.stored import to_json
from workers.holding import held_attention
from workers.letters import Reader, known_of
from workers.makeups import makeups
from workers.providers import card_views, message_views, provider_views
from workers.views import (
    View,
    attention_view,
    event_view,
    instant,
    open_views,
    run_view,
    task_view,
    trace_view,
)

Noun = Literal["run", "task", "message", "account", "playbook", "person", "instant", "subject"]

UNCERTAIN: tuple[effects.State, ...] = ("uncertain",)
EVERY = 20_000  # rows of a listing that is put into an order of its own before it is cut
ASLEEP = timedelta(days=30)  # beyond its due, after which what is put off is told of
MANY = 1_000  # what one account or run may have of a thing before the rest is left to the listings
_STANDING = ("id", "channel", "to", "state", "reason", "next_try", "receipt", "events")  # of a message
MEND = "what could be understood goes on; mend it (playbook check) and playbook apply"
_KNOWN_TO_SLACK = "mend their address in people.yaml, or state their member id there (slack: U…), and playbook apply"


class NotFound(LookupError):
    """Nothing has this name; the message says what was looked for, `noun` what sort of thing it is."""

    def __init__(self, message: str, noun: Noun) -> None:
        super().__init__(message)
        self.noun: Noun = noun


def run_views(connection: Connection, rows: list[RunRow]) -> list[View]:
    """Also what a run has put off makes it look."""
    numbers = {row.plan: versions.number_of(connection, row.plan) for row in rows}
    looks = effects.next_looks(connection, [row.id for row in rows if row.outcome is None and not row.paused])
    return [run_view(row, numbers[row.plan], looks.get(row.id)) for row in rows]


def find_run(connection: Connection, name: str) -> RunRow:
    """By id, or by as much of its beginning as no other run has. Raises NotFound."""
    found = runs.find(connection, name)
    if found is not None:
        return found
    alike = [row for row in runs.listed(connection, after=name, limit=2) if row.id.startswith(name)]
    if name and len(alike) == 1:
        return alike[0]
    raise NotFound(f"several runs begin with '{name}'" if alike else f"there is no run '{name}'", "run")


def find_task(connection: Connection, name: str) -> Task:
    """As `find_run`."""
    found = tasks.find(connection, name)
    if found is not None:
        return found
    alike = [task for task in tasks.listed(connection, after=name, limit=2) if task.id.startswith(name)]
    if name and len(alike) == 1:
        return alike[0]
    raise NotFound(f"several tasks begin with '{name}'" if alike else f"there is no task '{name}'", "task")


def find_effect(connection: Connection, name: str) -> EffectRow:
    """As `find_run`."""
    found = effects.find(connection, name)
    if found is not None:
        return found
    alike = [row for row in effects.listed(connection, after=name, limit=2) if row.id.startswith(name)]
    if name and len(alike) == 1:
        return alike[0]
    raise NotFound(f"several messages begin with '{name}'" if alike else f"there is no message '{name}'", "message")


def mail_shown(connection: Connection, host: Host, row: EffectRow) -> Message | None:
    """A mail as it goes out, or would go now, with all that is around its text; None for what is none."""
    account = accounts.find(connection, row.account)
    if row.channel != "email" or account is None or is_empty(row.effect):
        return None
    return message_for(bench(host, connection), account, row)


def run_told(connection: Connection, host: Host, row: RunRow) -> View:
    """One run with where it stands, its tasks and its messages."""
    return {
        **run_views(connection, [row])[0],
        "open": [*rests(connection, host, row)],
        "tasks": [task_view(one) for one in tasks.listed(connection, run=row.id, limit=MANY)],
        "messages": [*message_views(connection, host, effects.listed(connection, run=row.id, limit=MANY))],
    }


def rests(connection: Connection, host: Host, row: RunRow) -> list[View]:
    """The steps that it rests at, each with what it waits for, also the mails and messages that have not gone."""
    waiting = [one for one in effects.unsettled(connection, [row.id])[row.id] if one.effect.blocking]
    told = [(one["path"], {key: one[key] for key in _STANDING}) for one in message_views(connection, host, waiting)]
    return [
        {**one, "messages": [message for path, message in told if path == one["path"]]}
        for one in open_views(row.run, versions.plan(connection, row.plan))
    ]


def task_told(connection: Connection, task: Task) -> View:
    """With its history, and the mails that wait for it where it approves some."""
    mails: list[JsonValue] = [to_json(asdict(one)) for one in drafts(connection, task)]
    history: list[JsonValue] = [event_view(one) for one in tasks.history(connection, task.id)]
    return {**task_view(task), "history": history} | ({"mails": mails} if mails else {})


# --- accounts


def account_told(connection: Connection, host: Host, account: str) -> View:
    """The picture of an account as it stands: fields, metrics with zones, contacts, team, runs, open tasks, timeline.

    A score and a formula say what they are made of. Raises NotFound.
    """
    desk, now = _desk(connection, host, account)
    values = desk.scope(now).values
    rooms: dict[str, View] = {"account": {}, "metrics": {}, "team": {}}
    for path, value in sorted(values.items()):
        room, _, rest = path.partition(".")
        if room in rooms:
            _put(rooms[room], rest, to_json(value))
    for name, made in makeups(desk, now).items():
        rooms["metrics"].setdefault(name, {})
        _put(rooms["metrics"], f"{name}.made_of", made)
    timeline = traces.of_account(connection, account, limit=200)
    live = runs.listed(connection, account=account, limit=MANY)
    return {
        "id": account,
        "at": instant(now),
        "fields": rooms["account"],
        "metrics": rooms["metrics"],
        "team": rooms["team"],
        "contacts": to_json(values["contacts"]) if "contacts" in values else None,
        "records": {
            path.partition(".")[2]: to_json(one) for path, one in values.items() if path.startswith("records.")
        },
        "runs": list(run_views(connection, live)),
        "tasks": [task_view(one) for one in tasks.listed(connection, account=account, state="open", limit=MANY)],
        "timeline": [{"run": one.run or None, "playbook": one.playbook, **one.entry.to_json()} for one in timeline],
    }


def reader_of(
    connection: Connection, host: Host, account: str, contact: str | None, language: str | None, role: str
) -> Reader:
    """A contact of the account, the first with an address if none is named, as somebody to write to; who has `role`
    signs. Raises NotFound.
    """
    desk, now = _desk(connection, host, account)
    scope = desk.scope(now)
    known = scope.values.get("contacts")
    people = [one for one in known if isinstance(one, Mapping)] if isinstance(known, tuple) else []
    found = next((one for one in people if one["id"] == contact or (contact is None and one.get("email"))), None)
    if found is None:
        whom = f"contact '{contact}'" if contact else "contact with an address"
        raise NotFound(f"account {account} has no {whom}", "account")
    signs = desk.setting.directory.find(role, desk.account.team, None, now)
    reader = {**found, **({"language": language} if language else {})}
    return known_of(scope, reader, signs.person if signs else None)


def scope_of(connection: Connection, host: Host, account: str) -> Scope:
    """All that can be read of the account now. Raises NotFound."""
    desk, now = _desk(connection, host, account)
    return desk.scope(now)


def _put(room: View, rest: str, value: JsonValue) -> None:
    head, _, tail = rest.partition(".")
    if not tail:
        room[head] = value
        return
    inner = room.setdefault(head, {})
    if isinstance(inner, dict):
        _put(inner, tail, value)


def _desk(connection: Connection, host: Host, account: str) -> tuple[Desk, datetime]:
    row = accounts.find(connection, account)
    if row is None or row.state is None:
        raise NotFound(f"there is no account '{account}'", "account")
    at = bench(host, connection)
    return lay_out(at, {account: row})[account], at.now(row)


# --- attention


def attention(connection: Connection, host: Host, limit: int = MANY) -> list[View]:
    """Everything that goes on only when a person has decided, by kind, and at most `limit` of each."""
    now = host.clock.now()
    return [
        *_stuck_runs(connection, limit),
        *_doubtful(connection, limit),
        *_refused(connection, limit),
        *card_views(connection, limit),
        *provider_views(connection, host),
        *_by_mail(connection, now, limit),
        *_undigested(connection, limit),
        *_undeleted(connection),
        *_unheard(connection, now, limit),
        *_undone(connection, limit),
        *_asleep(connection, now, limit),
        *_undecided(connection, now, limit),
        *_nobodys(connection, host, limit),
        *held_attention(connection, host, limit),
        *_faulty_rules(connection),
        *_refused_anew(connection, host),
    ]


def _stuck_runs(connection: Connection, limit: int) -> Iterator[View]:
    for row in runs.listed(connection, attention=True, limit=limit):
        if row.fault is not None:
            fix = f"playbook resume {row.id}; if it fails again, playbook discard {row.id}"
            yield attention_view("fault", row.id, row.account, row.fault, fix, run=row.id)
        elif row.parked is not None and not row.over:
            stuck = any(one.parked for one in row.run.open.values())
            fix = f"playbook resume {row.id}, when that is mended; or playbook skip {row.id}"
            fix = fix if stuck else f"tell the date, and it is mended by itself; or playbook stop {row.id}"
            yield attention_view("parked", row.id, row.account, row.parked, fix, run=row.id)


def _doubtful(connection: Connection, limit: int) -> Iterator[View]:
    for row in effects.listed(connection, states_in=UNCERTAIN, limit=limit):
        if row.until is None and not row.asking:
            reason = f"the mail may have gone out or not: {row.reason or 'its answer was lost'}"
            fix = f"look at the provider; playbook outbox --send-again {row.id}"
            yield attention_view("uncertain", row.id, row.account, reason, fix, run=row.run, path=row.effect.path)


def _refused(connection: Connection, limit: int) -> Iterator[View]:
    for row in effects.refused(connection, limit):
        reason = f"the message to {row.effect.to} was refused: {row.reason}"
        fix = f"mend that; playbook outbox --send-again {row.id}"
        yield attention_view("refused", row.id, row.account, reason, fix, run=row.run, path=row.effect.path)


def _by_mail(connection: Connection, now: datetime, limit: int) -> Iterator[View]:
    """Whom Slack did not know within the last day."""
    for person, number in mails.instead(connection, notices.LOST, now - timedelta(days=1), limit):
        what = f"{number} message{'' if number == 1 else 's'} of the last day went by mail"
        yield attention_view("lost", person, None, f"Slack does not know {person}: {what}", _KNOWN_TO_SLACK)


def _undigested(connection: Connection, limit: int) -> Iterator[View]:
    for row in digests.troubled(connection, limit):
        if row.reason == notices.LOST:
            reason = f"Slack does not know {row.person}: the digest of their morning went by mail"
            yield attention_view("lost", row.person, None, reason, _KNOWN_TO_SLACK)
        else:
            reason = f"the digest to {row.person} was not sent: {row.reason}"
            yield attention_view("digest", row.person, None, reason, "mend that; the next one comes by itself")


def _undeleted(connection: Connection) -> Iterator[View]:
    for reason, number in removals.troubled(connection):
        told = f"{number} message{'' if number == 1 else 's'} of an erased account not deleted in Slack: {reason}"
        yield attention_view("erased", "slack", None, told, "delete what is left there; it is looked for each day")


def _unheard(connection: Connection, now: datetime, limit: int) -> Iterator[View]:
    for task in tasks.unheard(connection, now, limit):
        fix = f"playbook task acknowledge {task.id}"
        yield attention_view(
            "escalation", task.id, task.account, f"nobody has acknowledged: {task.title}", fix, run=task.run
        )


def _undone(connection: Connection, limit: int) -> Iterator[View]:
    for task in tasks.used_up(connection, limit):
        what = "not decided" if task.kind == "approval" else "not done behind the last rung of its ladder"
        reason = f"{what}: {task.title} ({task.person or 'nobody'})"
        fix = f"playbook task complete {task.id}, or reassign or snooze it"
        yield attention_view("overdue", task.id, task.account, reason, fix, run=task.run)


def _asleep(connection: Connection, now: datetime, limit: int) -> Iterator[View]:
    for task in tasks.asleep(connection, now - ASLEEP, limit):
        reason = f"put off, and due for more than {ASLEEP.days} days: {task.title} ({task.person or 'nobody'})"
        fix = f"playbook task show {task.id} tells why; complete it, or snooze it until a nearer day"
        yield attention_view("asleep", task.id, task.account, reason, fix, run=task.run)


def _undecided(connection: Connection, now: datetime, limit: int) -> Iterator[View]:
    """Mails of the last week that do not go, as nobody said in time whether they may."""
    for task in tasks.expired(connection, now - timedelta(days=7), limit):
        reason = f"nobody decided in time, and the mail does not go: {task.title} ({task.person or 'nobody'})"
        fix = "write it yourself if it is worth it still; it is told here for a week"
        yield attention_view("expired", task.id, task.account, reason, fix, run=task.run)


def _nobodys(connection: Connection, host: Host, limit: int) -> Iterator[View]:
    """Tasks that nobody has, and those of people who have left that nobody could take."""
    if versions.current(connection) == 0:
        return
    everyone = bench(host, connection).current.setting.people.everyone
    for task in tasks.nobodys(connection, {one.id for one in everyone if one.active}, limit):
        fix = f"playbook task reassign {task.id} --to PERSON"
        why = f"{task.person}, who has left, has this task" if task.person else "nobody has this task"
        yield attention_view("nobody", task.id, task.account, f"{why}: {task.title}", fix, run=task.run)


def _faulty_rules(connection: Connection) -> Iterator[View]:
    for account, one in decisions.faulty(connection):
        reason = f"the start of {one.playbook} could not be judged: {one.fault}"
        yield attention_view("rule", one.playbook, account, reason, "report it; it is tried again by itself")


def _refused_anew(connection: Connection, host: Host) -> Iterator[View]:
    """What was applied by another release, and `check` of this one refuses: one line."""
    if versions.current(connection) == 0:
        return
    if wrong := host.applied.current(connection).setting.problems:
        more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
        yield attention_view("applied", wrong[0].file, None, f"`check` refuses what is applied: {wrong[0]}{more}", MEND)


def trace_told(connection: Connection, run: str) -> list[JsonValue]:
    return trace_view(traces.of_run(connection, run))
