"""A preview as lines, for `preview` and `apply` alike."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from workers.cli.output import several
from workers.wording import why_barred

if TYPE_CHECKING:
    from workers.applying import Difference, Preview

_MARKS = {"new": "+", "changed": "~", "removed": "-"}


def change_lines(found: "Preview") -> Iterator[str]:
    for one in found.playbooks:
        if one.kind != "unchanged":
            yield f"{_MARKS[one.kind]} {one.playbook} ({one.kind})"
            yield from (f"    {line}" for line in one.lines)
            yield from (f"    {line}" for line in _accounts(one))
    if found.shared:
        yield f"~ {', '.join(found.shared)}"
    same = sum(one.kind == "unchanged" for one in found.playbooks)
    if same:
        yield f"  {several(same, 'playbook')} unchanged"


def changes_json(found: "Preview") -> dict[str, Any]:
    return {"playbooks": [asdict(one) for one in found.playbooks], "shared": list(found.shared)}


def _accounts(one: "Difference") -> Iterator[str]:
    number = sum((one.live or {}).values())
    if one.live:
        where = ", ".join(f"{count} at {path}" for path, count in one.live.items())
        yield f"{number} in flight, which stay on their version: {where}"
    if one.inside:
        yield f"mode {one.mode}: would start today: {one.starting}, already inside: {one.inside}"
        yield from (f"{number} would not: {why_barred(reason)}" for reason, number in one.barred.items())
