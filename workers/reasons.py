"""Why an account is in a playbook or is not: as things stand, and as they stood at any past instant."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast

from pydantic import JsonValue
from sqlalchemy import Connection

from activities.desks import bench, lay_out
from activities.host import Host
from activities.past import desk_then
from activities.store import accounts, holds, traces
from engine.desk import Desk
from engine.held import Held
from engine.logic import Scope
from engine.measures import DaysSince, Formula, Latest, Metric, Occurrence, Reported, Score, Tally
from engine.plan import Plan
from engine.problems import suggest_or_list
from engine.subjects import slot
from engine.trigger import Decision, Rule, judged, why
from engine.values import Value
from engine.vocabulary import Vocabulary
from workers.bars import bar_told, held_told
from workers.looking import NotFound
from workers.makeups import readings_of
from workers.views import View, instant


@dataclass(frozen=True, slots=True)
class Why:
    """`truth` is what counts (the last that was known), `tree` how the start stands part by part; None for one that is
    started by hand. `on` is the event that starts it, with what is asked of it. `unknown` says of each path that is not
    known which fact is missing; `readings` what scores and formulas were made of. `barred` is what keeps the account
    out though the start holds, `bar` says it whole. `turned` is when the truth last changed and what was seen then, as
    far as it is kept; `next_at` when time alone could change something. `past` are the rises that were decided.
    """

    account: str
    playbook: str
    subject: str
    at: datetime
    truth: bool | None
    live: str | None
    on: str | None
    tree: View | None
    unknown: list[View]
    readings: list[View]
    barred: str | None
    bar: str | None
    turned: View | None
    next_at: datetime | None
    past: list[View]

    def to_json(self) -> View:
        return {
            "account": self.account,
            "playbook": self.playbook,
            "subject": self.subject,
            "at": instant(self.at),
            "now": instant(self.at),
            "truth": self.truth,
            "live": self.live,
            "on": self.on,
            "tree": self.tree,
            "unknown": cast("JsonValue", self.unknown),
            "readings": cast("JsonValue", self.readings),
            "barred": self.barred,
            "bar": self.bar,
            "turned": self.turned,
            "next_at": instant(self.next_at) if self.next_at else None,
            "past": cast("JsonValue", self.past),
        }


def why_told(
    connection: Connection, host: Host, account: str, playbook: str, then: datetime | None = None, subject: str = ""
) -> Why:
    """As it stands, or as it stood; of one subject, where the playbook has a run for each. Raises NotFound."""
    desk, now = _now(connection, host, account) if then is None else _then(connection, host, account, then)
    plan = desk.rules.plans.get(playbook)
    if plan is None:
        was = "is applied" if then is None else "was applied then"
        meant = suggest_or_list(playbook, desk.rules.plans)
        raise NotFound(f"there is no playbook '{playbook}' among what {was}. {meant}".strip(), "playbook")
    _check_subject(desk, plan, subject, now)
    past = _decided(connection, account, playbook, subject, now)
    scope = desk.scope_for(plan.start.each, subject, now)
    decision = _decision(desk, plan, subject, scope, kept=then is None)
    entries = desk.entries.get(slot(playbook, subject))
    held = _held(connection, account, playbook, subject) if then is None else None
    barred, bar = held_told(held, account) if held else bar_told(desk, plan, decision, now)
    return Why(
        account=account,
        playbook=playbook,
        subject=subject,
        at=now,
        truth=decision.truth if plan.start.standing else None,
        live=entries.live if entries else None,
        on=_event(plan),
        tree=why(plan, scope) if plan.start.by_rule else None,
        unknown=list(_unknown(desk, plan, scope)),
        readings=readings_of(desk, Rule.of(plan).reads, now),
        barred=barred,
        bar=bar,
        turned=_turned(decision, past) if plan.start.on is None else None,
        next_at=decision.next_at,
        past=past,
    )


def _check_subject(desk: Desk, plan: Plan, subject: str, now: datetime) -> None:
    each = plan.start.each
    if each is None and subject:
        raise NotFound(f"{plan.playbook} has one run for the account, and none for '{subject}'", "subject")
    if each is not None and not subject:
        known = sorted(desk.items(each, now))
        some = f" of {', '.join(known[:12])}{' and more' if len(known) > 12 else ''}" if known else ""
        raise NotFound(
            f"{plan.playbook} has a run for each of the account's {each}: say which subject{some} is meant", "subject"
        )


def _now(connection: Connection, host: Host, account: str) -> tuple[Desk, datetime]:
    row = accounts.find(connection, account)
    if row is None or row.state is None:
        raise NotFound(f"there is no account '{account}'", "account")
    at = bench(host, connection)
    return lay_out(at, {account: row})[account], at.now(row)


def _then(connection: Connection, host: Host, account: str, then: datetime) -> tuple[Desk, datetime]:
    if then > host.clock.now():
        raise NotFound(f"nothing is known of {instant(then)}: it lies ahead", "instant")
    row = accounts.find(connection, account)
    desk = desk_then(bench(host, connection), account, then) if row else None
    if desk is None:
        raise NotFound(
            f"nothing was known of an account '{account}' at {instant(then)}, or nothing was applied", "account"
        )
    return desk, then


def _decided(connection: Connection, account: str, playbook: str, subject: str, until: datetime) -> list[View]:
    told = [one for one in traces.of_account(connection, account, playbook) if one.entry.subject in {"", subject}]
    rises = [one for one in told if one.entry.event in {"started", "not_started"} and one.entry.at <= until]
    return [{"run": one.run or None, **one.entry.to_json()} for one in rises]


# --- how the start stands


def _decision(desk: Desk, plan: Plan, subject: str, scope: Scope, *, kept: bool) -> Decision:
    """What is stored of it; where nothing is (it never came true), or for a past instant, what it comes to."""
    stored = desk.decided.get(plan.playbook, subject) if kept else None
    if stored is not None or not plan.start.standing:
        return stored or Decision(plan.playbook, plan.start_hash, subject=subject)
    found, _ = judged(Rule.of(plan), None, scope, subject=subject)
    return replace(found, since=None, why=None)


def _turned(decision: Decision, past: list[View]) -> View | None:
    """Of a past instant only the rises are kept, and of those no more than the last."""
    if decision.since is not None and decision.why is not None:
        return {"at": instant(decision.since), "to": bool(decision.truth), "why": dict(decision.why)}
    rises = [one for one in past if one.get("why") is not None]
    if decision.truth is False or not rises:
        return None
    return {"at": rises[-1]["at"], "to": True, "why": rises[-1]["why"]}


def _event(plan: Plan) -> str | None:
    """ "survey where event.score <= 6" """
    start = plan.start
    return f"{start.on}{f' where {start.where.text}' if start.where else ''}" if start.on else None


def _held(connection: Connection, account: str, playbook: str, subject: str) -> Held | None:
    held = [one.held for one in holds.of_playbook(connection, playbook, [account])]
    return next((one for one in held if one.subject == subject), None)


def _unknown(desk: Desk, plan: Plan, scope: Scope) -> Iterator[View]:
    values, vocabulary = scope.values, desk.setting.vocabulary
    rule = Rule.of(plan)
    for path in sorted({path for one in (*rule.watched, *rule.bars) for path in one.reads}):
        if path not in values:
            yield {"path": path, "missing": missing(path, vocabulary, values)}


def missing(path: str, vocabulary: Vocabulary, values: Mapping[str, Value]) -> str:
    """The fact that would make it known, in words that go behind "it needs"."""
    room, _, rest = path.partition(".")
    name, _, part = rest.partition(".")
    match room:
        case "account" | "since":
            return f"a fact with the field {rest.removeprefix('account.')}"
        case "contacts":
            return "a first contact"
        case "item":
            return f"a fact with {rest} of the item"
        case "records":
            return f"a first record of the kind {rest}"
        case "team":
            return f"a team fact that says who is {rest}"
        case "runs":
            return f"a run of {name} that has ended"
        case "metrics" if metric := vocabulary.metrics.get(name):
            return _metric_missing(metric, part, values)
    return "a fact"


def _metric_missing(metric: Metric, part: str, values: Mapping[str, Value]) -> str:
    if part == "change" and values.get(f"metrics.{metric.name}.previous") == 0:
        return "a value before that is not 0, of which there is no percentage"
    if part in {"previous", "change"} and f"metrics.{metric.name}.value" in values:
        windows = isinstance(metric.measure, Tally) and metric.measure.over is not None
        return "a window before that lies wholly after the first data" if windows else "a reading before the last one"
    match metric.measure:
        case Reported():
            return f"a {'fresh ' if metric.fresh else ''}reading of {metric.name}"
        case Tally():
            return f"data of the account that reaches back as far as the window of {metric.name}"
        case DaysSince() | Occurrence() | Latest():
            return f"a first {metric.event}"
        case Formula():
            return f"what {metric.name} is reckoned from, or a divisor that is not 0"
        case Score(coverage=coverage):
            return f"parts of {metric.name} that make up {coverage:.0%} of its weight"
