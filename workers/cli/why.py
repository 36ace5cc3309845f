"""`playbook why`: why an account is in a playbook, or is not, now and before."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, cast

import click
from pydantic import JsonValue

from engine.render import why_lines
from engine.render.whys import saw
from engine.subjects import slot
from workers.cli.moments import instant
from workers.cli.output import instant_column, own_zone, print_json, say
from workers.cli.program import with_example
from workers.cli.store import json_option, opened
from workers.views import View
from workers.wording import why_barred

if TYPE_CHECKING:
    from workers.reasons import Why


@click.command(
    "why",
    epilog=with_example(
        "playbook why acme renewal-risk",
        "playbook why acme detractor --subject c1",
        "playbook why acme renewal-risk --at 2026-03-02T09:00:00Z",
        "playbook why acme renewal-risk --json",
    ),
)
@click.argument("account")
@click.argument("playbook")
@click.option("--at", "then", metavar="TIME", help="As it stood then: an instant, or a day. Default: now.")
@click.option("--subject", metavar="ID", default="", help="The contact or record, where each has a run of its own.")
@json_option
def command(*, account: str, playbook: str, then: str | None, subject: str, as_json: bool) -> None:
    """Says how the start of PLAYBOOK stands for ACCOUNT, part by part with the values seen: what is unknown and which
    fact is missing, when it last turned, when time alone could change it, and what was decided before.
    """
    from workers.reasons import why_told

    at = instant(then) if then else None
    with opened() as host:
        found = host.database.read(lambda connection: why_told(connection, host, account, playbook, at, subject))
    if as_json:
        print_json(found.to_json())
    else:
        say(*_lines(found, past=at is not None))


def _lines(found: "Why", *, past: bool) -> Iterator[str]:
    told = found.to_json()
    yield f"{found.playbook} for {slot(found.account, found.subject)} (times in {own_zone()})"
    yield f"live: run {found.live}" if found.live else "live: no run"
    yield f"{'then' if past else 'now'}, {instant_column(told['at'])}:"
    if found.on is not None:
        yield f"  each {found.on} starts it, where stage and tier hold:"
    if found.tree is None:
        yield "  it is started by hand" if found.on is None else "  any stage, any tier"
    else:
        yield from (f"  {line}" for line in why_lines(found.tree))
    yield from _standing(told, past=past)
    yield from _past(found.past)


def _standing(told: Mapping[str, object], *, past: bool) -> Iterator[str]:
    for one in _views(told["unknown"]):
        yield f"not known: {one['path']}; it needs {one['missing']}"
    for one in _views(told["readings"]):
        yield from _made_of(one)
    if isinstance(turned := told["turned"], dict):
        yield f"it last turned {saw(turned['to'])} on {instant_column(turned['at'])}, because:"
        if isinstance(tree := turned.get("why"), dict):
            yield from (f"  {line}" for line in why_lines(tree))
    elif told["tree"] is not None and told["on"] is None and told["truth"] is not True and not past:
        yield "it has not come true since it was applied"
    if told["bar"]:
        yield f"does not start: {told['bar']}"
    if told["next_at"]:
        yield f"time alone could change it on {instant_column(told['next_at'])}"
    elif told["tree"] is not None and told["on"] is None:
        yield "time alone will not change it: a fact must"


def _made_of(one: View) -> Iterator[str]:
    coverage = f"{_share(one['coverage'])} known, {_share(one['needed'])} needed"
    yield f"{one['metric']} = {_rounded(one['value'])}, made of ({coverage}):"
    weights = [part for part in _views(one["parts"]) if "weight" in part and part["value"] is not None]
    known = sum(_number(part["weight"]) for part in weights)
    for part in _views(one["parts"]):
        yield f"  {part['path']} = {_rounded(part['value'])}{_worth(part, known)}"


def _worth(part: View, known: float) -> str:
    """What is not known is weighed out, so that the known weight brings all the points."""
    if "weight" not in part:
        return ""
    if part["value"] is None:
        return f"   its weight of {saw(part['weight'])} is left out"
    points = f": {_rounded(part['points'])} points" if "points" in part else ""
    return f"   weight {saw(part['weight'])} of the {known:g} known{points}"


def _rounded(value: JsonValue) -> str:
    return f"{value:.4g}" if isinstance(value, float) else saw(value)


def _number(value: object) -> float:
    return float(cast("float", value))


def _share(number: object) -> str:
    return f"{_number(number):.0%}"


def _views(listed: object) -> Sequence[View]:
    return cast("Sequence[View]", listed)


def _past(past: Sequence[View]) -> Iterator[str]:
    yield "decided before:" if past else "nothing was decided before"
    for one in past:
        reason = f": {why_barred(str(one['reason']))}" if one.get("reason") else ""
        reason += f" by {one['by']}" if one.get("by") else ""
        run = f" ({one['run']})" if one.get("run") else ""
        yield f"  {instant_column(one['at'])}  {str(one['event']).replace('_', ' ')}{reason}{run}"
        if isinstance(tree := one.get("why"), dict):
            yield from (f"      {line}" for line in why_lines(tree))
