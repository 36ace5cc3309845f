"""`playbook account`: one account, with all that is known of it and all that goes on with it."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import cast

import click
from pydantic import JsonValue

from engine.render import saw
from workers.cli.output import instant_column, own_zone, print_json, say, table
from workers.cli.program import with_example
from workers.cli.store import json_option, opened
from workers.views import View

LATEST = 20  # of the timeline


@click.command("account", epilog=with_example("playbook account acme", "playbook account acme --json"))
@click.argument("account")
@json_option
def command(*, account: str, as_json: bool) -> None:
    """Shows ACCOUNT as it stands: fields, metrics with zones, team, contacts, runs, open tasks, what came last."""
    from workers.looking import account_told

    with opened() as host:
        told = host.database.read(lambda connection: account_told(connection, host, account))
    if as_json:
        print_json(told)
    else:
        _show(told)


def _show(told: View) -> None:
    say(f"{told['id']}, {instant_column(told['at'])} (times in {own_zone()})", "")
    table(("field", "is"), [(name, _plain(value)) for name, value in _view(told["fields"]).items()], "no fields")
    _part(("metric", "value", "change", "of target", "zone", "since"), _metrics(_view(told["metrics"])))
    _part(("role", "who has it"), [(role, _plain(person)) for role, person in _view(told["team"]).items()])
    _part(("contact", "name", "role", "address"), _people(told["contacts"]))
    for kind, several in _view(told["records"]).items():
        ones = [_view(one) for one in _several(several)]
        _part((kind, ""), [(one.get("id"), _fields(one)) for one in ones])
    runs = [(one["id"], one["playbook"], one["outcome"] or one["state"], _when(one)) for one in _views(told["runs"])]
    _part(("run", "playbook", "stands", "since"), runs)
    due = [(one["id"], one["title"], one["person"], instant_column(one["due"])) for one in _views(told["tasks"])]
    _part(("open task", "title", "person", "due"), due)
    _part(("last", "playbook", "where", "what"), list(_latest(_views(told["timeline"]))))


def _part(columns: tuple[str, ...], rows: Sequence[Sequence[object]]) -> None:
    if rows:
        say("")
        table(columns, rows, "")


def _metrics(metrics: View) -> list[tuple[object, ...]]:
    """Those of which something is known."""
    found = [(name, _view(one)) for name, one in metrics.items()]
    return [
        (
            name,
            _rounded(one["value"]),
            _percent(one.get("change")),
            _percent(one.get("attainment")),
            one.get("zone"),
            instant_column(one.get("zone_since")),
        )
        for name, one in found
        if one.get("value") is not None
    ]


def _people(contacts: JsonValue) -> list[tuple[object, ...]]:
    people = _views(contacts or [])
    return [(one["id"], one.get("name"), one.get("role"), one.get("email")) for one in people]


def _fields(one: View) -> str:
    return ", ".join(f"{name} {_plain(value)}" for name, value in one.items() if name != "id")


def _when(run: View) -> str:
    return instant_column(run["ended"] or run["started"])


def _latest(timeline: Sequence[View]) -> Iterator[tuple[object, ...]]:
    for one in timeline[-LATEST:]:
        reason = next((f": {_plain(one[name])}" for name in ("outcome", "reason") if one.get(name) is not None), "")
        until = f" until {instant_column(one['until'])}" if one.get("until") else ""
        what = f"{str(one['event']).replace('_', ' ')}{until}{reason}"
        yield instant_column(one["at"]), one["playbook"], one["path"], what


def _plain(value: JsonValue) -> str:
    """Text without the quotes that it has in a condition."""
    return value if isinstance(value, str) else saw(value)


def _rounded(value: JsonValue) -> str:
    return f"{value:.4g}" if isinstance(value, float) else _plain(value)


def _percent(ratio: JsonValue) -> str:
    return f"{Decimal(repr(ratio)):.0%}" if isinstance(ratio, int | float) else ""


def _view(value: JsonValue) -> View:
    return dict(value) if isinstance(value, Mapping) else {}


def _several(value: JsonValue) -> Sequence[JsonValue]:
    return value if isinstance(value, list) else []


def _views(value: JsonValue) -> Sequence[View]:
    return cast("Sequence[View]", _several(value))
