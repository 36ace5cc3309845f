"""A Home in Slack's blocks, within Slack's limits for any number of tasks and any names. Its buttons are those of the
cards; what is filtered travels with the view.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from activities.slack.card_blocks import Block, button, instant, linked, shown
from engine.render.home import GROUPS, Choice, Filters, Group, Home, Row

CONTROL: Final = "home."  # what the ids of the controls begin with
TITLE: Final = 150
NAME: Final = 60
LABEL: Final = 40
NOTICE: Final = 600
ALL: Final = "*"
HEADS: Final[Mapping[Group, str]] = {
    "overdue": "Overdue",
    "today": "Due today",
    "coming": "Coming",
    "snoozed": "Put off",
}
_FILTERS: Final[TypeAdapter[Filters]] = TypeAdapter(Filters)

View = dict[str, Any]


def view(home: Home, notice: str = "") -> View:
    """At most 50 blocks, and under 10,000 characters of text."""
    written = _FILTERS.dump_json(home.filters).decode()
    return {"type": "home", "private_metadata": written, "blocks": list(_blocks(home, notice))}


def stranger(said: str) -> View:
    """For who is no colleague."""
    return {"type": "home", "blocks": [_section(shown(said, NOTICE))]}


def filters_in(metadata: str) -> Filters:
    """Those of a view that was shown; a view of another release's making shows all."""
    try:
        return _FILTERS.validate_json(metadata)
    except ValidationError:
        return Filters()


def _blocks(home: Home, notice: str) -> Iterator[Block]:
    if notice:
        yield _section(f":information_source: {shown(notice, NOTICE)}")
    yield _section(_summary(home))
    if sum(home.counts.values()):
        yield {"type": "actions", "block_id": "filters", "elements": _controls(home)}
    if not home.rows and any(home.counts.values()):
        yield _section("No task of yours fits these filters.")
    for group in GROUPS:
        rows = [one for one in home.rows if one.group == group]
        if rows:
            yield {"type": "header", "text": _plain(f"{HEADS[group]} ({home.fitting[group]})", LABEL)}
        for one in rows:
            yield from _row(one)
    if home.pages > 1:
        yield _context(f"Page {home.page + 1} of {home.pages}")
        yield {"type": "actions", "block_id": "pages", "elements": _pages(home)}


def _summary(home: Home) -> str:
    if not sum(home.counts.values()):
        return "*You have nothing to do.* Tasks that playbooks make for you are listed here, and come as messages."
    counted = [f"{home.counts[group]} {HEADS[group].lower()}" for group in GROUPS if home.counts[group]]
    more = ", and more that are due later than these" if home.cut else ""
    return f"*Your tasks:* {', '.join(counted)}{more}"


def _row(row: Row) -> Iterator[Block]:
    task = row.task
    title = shown(task.title, TITLE).replace("*", "")
    yield _section(f"*{title}*\n{linked(row.account, row.link, NAME)} · {shown(row.playbook, NAME)}\n{_when(row)}")
    if row.verbs:
        buttons: Sequence[Any] = [button(task.id, task.kind, task.title, one) for one in row.verbs]
        yield {"type": "actions", "block_id": f"verbs {task.id}", "elements": list(buttons)}


def _when(row: Row) -> str:
    task = row.task
    if row.group == "snoozed" and task.snoozed is not None:
        late = f", which is after it is due ({instant(task.due)})" if task.sleeps_too_long and task.due else ""
        return f"Put off until {instant(task.snoozed)}{late}"
    if task.due is None:
        return "Not due at any time"
    return f"{'Goes up' if task.kind == 'escalation' else 'Due'} {instant(task.due)}"


def _controls(home: Home) -> list[Any]:
    chosen = home.filters
    only = "Show all" if chosen.overdue else "Only overdue"
    return [
        _select("account", "All accounts", home.accounts, chosen.account),
        _select("playbook", "All playbooks", home.playbooks, chosen.playbook),
        _button("overdue", only, "" if chosen.overdue else "overdue"),
    ]


def _select(name: str, all_: str, choices: Sequence[Choice], chosen: str) -> View:
    options = [_option(all_, ALL), *(_option(one.label, one.key) for one in choices)]
    initial = next((one for one in options if one["value"] == chosen), options[0])
    return {"type": "static_select", "action_id": f"{CONTROL}{name}", "options": options, "initial_option": initial}


def _pages(home: Home) -> list[Any]:
    back = [_button("back", "Back", str(home.page - 1))] if home.page else []
    return [*back, *([_button("on", "More", str(home.page + 1))] if home.page + 1 < home.pages else [])]


def _button(name: str, label: str, value: str) -> View:
    return {
        "type": "button",
        "action_id": f"{CONTROL}{name}",
        "text": _plain(label, LABEL),
        **({"value": value} if value else {}),
    }


def _option(label: str, value: str) -> View:
    return {"text": _plain(label, LABEL), "value": value}


def _section(said: str) -> Block:
    return {"type": "section", "text": {"type": "mrkdwn", "text": said}}


def _context(said: str) -> Block:
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": said}]}


def _plain(said: str, limit: int) -> Any:
    words = " ".join(said.split()) or "(no name)"
    return {"type": "plain_text", "text": words if len(words) <= limit else f"{words[: limit - 1]}…"}
