"""Names, scopes and conditions for tests of the condition language, without a vocabulary's files."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from engine.calendar import Calendar
from engine.logic import Condition, Expression, Fault, Scope, compile_condition, compile_expression
from engine.types import Type
from engine.values import Value

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)  # a Monday
NEW_YORK = Calendar(zone="America/New_York", country="US")

TIERS = Type("choice", ("enterprise", "growth", "starter"))
ZONES = Type("choice", ("green", "yellow", "red"))
CONTACT: Mapping[str, Type] = {
    "id": Type("text"),
    "name": Type("text"),
    "role": Type("choice", ("champion", "economic_buyer", "end_user", "other")),
    "relationship": Type("integer"),
    "joined": Type("date"),
    "now": Type("text"),
}
TEAM: Mapping[str, Type] = {
    "id": Type("text"), "name": Type("text"), "seats": Type("integer"), "lead": Type("text"),
}  # fmt: skip
PATHS: Mapping[str, Type] = {
    "account.id": Type("text"),
    "account.name": Type("text"),
    "account.tier": TIERS,
    "account.status": Type("choice", ("active", "paused", "churned")),
    "account.arr": Type("number", unit="USD"),
    "account.seats": Type("integer"),
    "account.vip": Type("boolean"),
    "account.country": Type("country"),
    "account.class": Type("text"),
    "account.start_date": Type("date"),
    "account.renewal_date": Type("date"),
    "account.signed_at": Type("instant"),
    "account.ends_at": Type("instant"),
    "metrics.health.value": Type("points", bounds=(0, 100)),
    "metrics.health.zone": ZONES,
    "metrics.health.attainment": Type("percent"),
    "metrics.nps.value": Type("number"),
    "metrics.nps.previous": Type("number"),
    "metrics.logins.value": Type("integer"),
    "metrics.logins.change": Type("percent"),
    "outcome.review": Type("choice", ("saved", "at_risk", "lost")),
    "team.csm": Type("text"),
    "runs.renewal-risk.running": Type("boolean"),
    "runs.renewal-risk.last_outcome": Type("choice", ("saved", "lost")),
    "runs.renewal-risk.last_ended": Type("instant"),
}


class Known:
    """Everything above may be read; `metrics.nps.zone` exists and can never be known."""

    def type_of(self, path: str) -> Type | None:
        return PATHS.get(path)

    def item_types(self, path: str) -> Mapping[str, Type] | None:
        return {"contacts": CONTACT, "records.teams": TEAM}.get(path)

    def paths(self) -> Iterable[str]:
        return PATHS

    def why_not(self, path: str) -> str | None:
        return "metrics.nps has no target, so it has no zone" if path == "metrics.nps.zone" else None


def condition(source: object) -> Condition:
    found = compile_condition(source, Known())
    assert isinstance(found, Condition), [str(fault) for fault in found]
    return found


def expression(source: object, want: Type | None = None) -> Expression:
    found = compile_expression(source, Known(), want)
    assert isinstance(found, Expression), [str(fault) for fault in found]
    return found


def faults(source: object) -> list[Fault]:
    found = compile_condition(source, Known())
    assert isinstance(found, list), f"{source!r} was accepted as {found.logic}"
    return found


def scope(
    values: Mapping[str, Value] | None = None, *, now: datetime = NOW, calendar: Calendar = NEW_YORK, **more: Value
) -> Scope:
    """`account__arr=5` is account.arr."""
    named = {name.replace("__", "."): value for name, value in more.items()}
    return Scope({**(values or {}), **named}, now, calendar)


def contact(name: str, **fields: Value) -> Mapping[str, Value]:
    return {"id": name.lower(), "name": name, **fields}
