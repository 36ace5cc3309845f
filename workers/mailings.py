"""The mails that a playbook holds: at which step each stands, for which tiers or stages, and which an account gets."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from engine.logic import Condition, Scope
from engine.plan import MEANWHILE, Plan, Step, way_of
from engine.steps.branch import BranchSpec
from engine.steps.email import EmailSpec
from engine.steps.sequence import SequenceSpec


@dataclass(frozen=True, slots=True)
class Source:
    """What a mail is made of: a template, or a subject and a text. `sender` is the role that it comes from. Of a
    `playbook`, `step` is the path, `number` counts the mails of a sequence from 1, and `ways` are the tiers or stages
    that have it; none where all have.
    """

    template: str | None = None
    subject: str = ""
    text: str = ""
    topic: str | None = None
    sender: str | None = None
    playbook: str | None = None
    step: str | None = None
    number: int | None = None
    ways: tuple[str, ...] = ()


def sources_of(plan: Plan, step: str, reader: Scope | None = None) -> list[Source]:
    """The mails of that step (its id, or its path), or of the whole plan where it is empty; for a `reader` those alone
    that an account gets that is in these tiers and stages.
    """
    mine = [one for one in plan.steps.values() if not step or step in {one.id, one.path}]
    return [
        source
        for one in mine
        if reader is None or _comes_to(plan, one, reader)
        for source in _each(plan.playbook, one, reader)
    ]


def _each(playbook: str, step: Step, reader: Scope | None) -> Iterator[Source]:
    """Each mail once, with all the ways that have it; no ways where it is the same for all."""
    found: dict[Source, tuple[str, ...]] = {}
    for way, spec in (step.ways or {"": step.spec}).items():
        for source in _sources(spec, playbook, step.path):
            found[source] = (*found.get(source, ()), way)
    mine = _way(step, reader) if reader else None
    for source, those in found.items():
        if mine is None or mine in those:
            yield source if len(those) == len(step.specs) else replace(source, ways=those)


def _way(step: Step, reader: Scope) -> str | None:
    """Of an account of which the step says nothing as it stands, nobody knows which it will be."""
    way = way_of(str(reader.values.get(f"account.{by}")) for by in step.by or ())
    return way if step.ways and way in step.ways else None


def _sources(spec: object, playbook: str, path: str) -> Iterator[Source]:
    mails: Sequence[Any] = ()
    match spec:
        case EmailSpec():
            mails = [spec]
        case SequenceSpec():
            mails = spec.mails
    for number, one in enumerate(mails, 1):
        counted = number if isinstance(spec, SequenceSpec) else None
        yield Source(one.template, one.subject or "", one.text or "", one.topic, one.sender, playbook, path, counted)


def _comes_to(plan: Plan, step: Step, reader: Scope) -> bool:
    """Whether the playbook is for the account's tier, and no branch on the way asks for an account that is another."""
    tier = reader.values.get("account.tier")
    if plan.tiers is not None and isinstance(tier, str) and tier not in plan.tiers:
        return False
    block = step.block
    while block not in {"", MEANWHILE}:
        owner = plan.steps[plan.owner_of(block)]
        if isinstance(owner.spec, BranchSpec) and not _is_open(owner.spec, block[len(owner.path) + 1 :], reader):
            return False
        block = owner.block
    return True


def _is_open(branch: BranchSpec, way: str, reader: Scope) -> bool:
    """What hangs on more than what the account is, or on what is not known of it, may come to be."""
    said = [_of_account(one, reader) for one in branch.cases]
    if way == "otherwise":
        return True not in said
    chosen = int(way.rpartition("/")[2]) - 1
    return True not in said[:chosen] and said[chosen] is not False


def _of_account(condition: Condition, reader: Scope) -> bool | None:
    mine = all(path.startswith("account.") for path in condition.reads)
    return condition.truth(reader) if mine else None
