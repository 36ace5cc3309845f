"""What was applied: the workspace's texts, the plans of its playbooks, and which version of each is active."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import Connection, delete, func, insert, select

from activities.store.tables import KINDS, active, applies, contents, plans, versions
from activities.store.writing import insert_new
from engine.plan import Plan

_CURRENT = select(func.max(applies.c.number))


@dataclass(frozen=True, slots=True)
class Apply:
    """One act of applying: all or nothing. `commit` is git's, where there is one."""

    number: int
    at: datetime
    by: str
    commit: str | None


@dataclass(frozen=True, slots=True)
class Version:
    playbook: str
    number: int
    plan: str
    apply: int


def apply(
    connection: Connection,
    new: Sequence[Plan],
    texts: Mapping[str, str],
    *,
    at: datetime,
    by: str,
    commit: str | None = None,
) -> Apply:
    """Makes these plans the active ones, and these texts (one for each of KINDS) the workspace's. What runs stays."""
    number = current(connection) + 1
    digests = {kind: sha256(f"{kind}\0{texts[kind]}".encode()).hexdigest() for kind in KINDS}
    insert_new(connection, contents, [{"digest": digests[k], "kind": k, "body": texts[k]} for k in KINDS])
    connection.execute(insert(applies).values(number=number, at=at, by=by, commit=commit, **digests))
    keep(connection, new)
    _activate(connection, new, number, same_ground=_same_ground(connection, number))
    return Apply(number, at, by, commit)


def keep(connection: Connection, new: Sequence[Plan]) -> None:
    """Plans stay for good: what runs is pinned to them."""
    rows = [{"hash": one.hash, "playbook": one.playbook, "body": one.model_dump_json()} for one in new]
    insert_new(connection, plans, rows)


def _same_ground(connection: Connection, number: int) -> bool:
    """Whether conditions mean what they meant under the apply before: by its vocabulary and policy."""
    ground = select(applies.c.vocabulary, applies.c.policy)
    before, now = (
        connection.execute(ground.where(applies.c.number == one)).one_or_none() for one in (number - 1, number)
    )
    return before == now


def _activate(connection: Connection, new: Sequence[Plan], apply_number: int, *, same_ground: bool) -> None:
    before = {one.playbook: one for one in active_versions(connection)}
    since = judged_since(connection)
    query = select(versions.c.playbook, func.max(versions.c.number)).group_by(versions.c.playbook)
    latest: dict[str, int] = {row[0]: row[1] for row in connection.execute(query)}
    connection.execute(delete(active))
    for plan in new:
        former = before.get(plan.playbook)
        number = former.number if former and former.plan == plan.hash else latest.get(plan.playbook, 0) + 1
        if number > latest.get(plan.playbook, 0):
            row = {"playbook": plan.playbook, "number": number, "plan": plan.hash, "apply": apply_number}
            connection.execute(insert(versions).values(row))
        same = same_ground and former is not None and _same_start(connection, former, plan)
        row = {"plan": plan.hash, "number": number, "since": since[plan.playbook] if same else apply_number}
        connection.execute(insert(active).values(playbook=plan.playbook, **row))


def _same_start(connection: Connection, former: Version, new: Plan) -> bool:
    return former.plan == new.hash or plan(connection, former.plan).start_hash == new.start_hash


def judged_since(connection: Connection) -> dict[str, int]:
    """The apply from which on the start of each active playbook has meant what it means."""
    return {row.playbook: row.since for row in connection.execute(select(active.c.playbook, active.c.since))}


def current(connection: Connection) -> int:
    """The number of the last apply; 0 before the first."""
    return connection.scalar(_CURRENT) or 0


def last_apply(connection: Connection) -> Apply | None:
    query = select(applies.c.number, applies.c.at, applies.c.by, applies.c.commit).order_by(applies.c.number.desc())
    row = connection.execute(query.limit(1)).one_or_none()
    return Apply(*row) if row else None


def texts(connection: Connection, number: int) -> dict[str, str]:
    """The workspace's texts as that apply left them, by kind."""
    row = connection.execute(select(*(applies.c[kind] for kind in KINDS)).where(applies.c.number == number)).one()
    query = select(contents.c.digest, contents.c.body).where(contents.c.digest.in_(list(row)))
    bodies: dict[str, str] = {found.digest: found.body for found in connection.execute(query)}
    return {kind: bodies[digest] for kind, digest in zip(KINDS, row, strict=True)}


def active_versions(connection: Connection) -> list[Version]:
    joined = select(active.c.playbook, active.c.number, active.c.plan, versions.c.apply).join(
        versions, (versions.c.playbook == active.c.playbook) & (versions.c.number == active.c.number)
    )
    return [Version(*row) for row in connection.execute(joined.order_by(active.c.playbook))]


def active_plans(connection: Connection) -> list[str]:
    """The hashes of what starts now."""
    return list(connection.scalars(select(active.c.plan).order_by(active.c.playbook)))


def number_then(connection: Connection, then: datetime) -> int:
    """The number of the last apply by that instant; 0 before the first."""
    return connection.scalar(select(func.max(applies.c.number)).where(applies.c.at <= then)) or 0


def plans_of(connection: Connection, number: int) -> list[str]:
    """The hashes of the newest version of each playbook that was ever applied up to that apply."""
    latest = select(versions.c.playbook, func.max(versions.c.number).label("number"))
    newest = latest.where(versions.c.apply <= number).group_by(versions.c.playbook).subquery()
    query = select(versions.c.plan).join(
        newest, (newest.c.playbook == versions.c.playbook) & (newest.c.number == versions.c.number)
    )
    return list(connection.scalars(query.order_by(versions.c.playbook)))


def plan(connection: Connection, plan_hash: str) -> Plan:
    body = connection.scalar(select(plans.c.body).where(plans.c.hash == plan_hash))
    if body is None:
        raise LookupError(f"the plan {plan_hash} is not stored")
    return Plan.model_validate_json(body)


def number_of(connection: Connection, plan_hash: str) -> int | None:
    """Which version of its playbook a plan is, or is made of."""
    number: int | None = connection.scalar(select(func.max(versions.c.number)).where(versions.c.plan == plan_hash))
    if number is None and (body := connection.scalar(select(plans.c.body).where(plans.c.hash == plan_hash))):
        of = Plan.model_validate_json(body).of
        return None if of is None else number_of(connection, of)
    return number
