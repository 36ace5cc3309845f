"""What `/playbook` tells of an account: how it stands, its runs and why they began, and why a playbook is none."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from sqlalchemy import Connection

from activities.slack.card_blocks import CIRCLES, instant, linked, shown
from activities.store import runs, tasks, traces
from activities.store.runs import RunRow
from engine.people import Person
from engine.render import why_lines
from engine.render.cards import figures, why_begun
from engine.values import Value, read_instant
from engine.vocabulary import Vocabulary
from engine.zones import ZONES
from workers.looking import NotFound, scope_of
from workers.reasons import Why, why_told
from workers.slack.finding import account_meant, apart, plans_of, playbook_meant
from workers.slack.office import Kindly, Office, Reply
from workers.views import state_of

RUNS = 10
METRICS = 12
TREE = 30  # lines of a why-tree
WIDE = 200


def account(office: Office, _person: Person, words: str) -> Reply:
    """The picture of an account: who and what it is, its metrics with zones, its team, its live runs and why."""
    id_, _ = account_meant(office, words)
    lines = office.host.database.read(lambda connection: list(_picture(connection, office, id_)))
    return Reply(whisper="\n".join(lines))


def all_runs(office: Office, _person: Person, words: str) -> Reply:
    id_, name = account_meant(office, words)
    told = office.host.database.read(lambda connection: list(_runs(connection, office, id_, live=None)))
    head = f"*Runs of {shown(name or id_, 100)}*"
    return Reply(whisper="\n".join([head, *(told or ["There is none."])]))


def why(office: Office, _person: Person, words: str) -> Reply:
    playbook, rest = apart(office, words, playbook_last=True)
    plan, (id_, name) = playbook_meant(office, playbook), account_meant(office, rest)
    try:
        found = office.host.database.read(lambda c: why_told(c, office.host, id_, plan.playbook))
    except NotFound as wrong:
        raise Kindly(shown(f"{str(wrong)[:1].upper()}{str(wrong)[1:]}.", 600)) from None
    head = f"*{shown(plan.title, 100)}* for *{shown(name or id_, 100)}*"
    return Reply(whisper="\n".join([head, *_why(found)]))


def _picture(connection: Connection, office: Office, id_: str) -> Iterator[str]:
    values = scope_of(connection, office.host, id_).values
    vocabulary = office.setting().vocabulary
    told = [f"{label}: {shown(value, 100)}" for label, value in figures(values, vocabulary)]
    name = str(values.get("account.name") or id_)
    yield f"*{linked(name, office.setting().policy.link_to(id_), 100)}* (`{shown(id_, 100)}`)"
    yield " · ".join(told[1:]) or "Nothing is known of it yet."
    if zones := list(_zones(values, vocabulary)):
        yield f"*Zones:* {'; '.join(zones)}"
    people = office.setting().people
    team = [
        f"{path.partition('.')[2].replace('_', ' ')} {one.name if (one := people.get(str(who))) and one.name else who}"
        for path, who in sorted(values.items())
        if path.startswith("team.")
    ]
    if team:
        yield f"*Team:* {', '.join(shown(one, 120) for one in team)}"
    waiting = tasks.listed(connection, account=id_, state="open", limit=1_000)
    yield f"*Open tasks:* {len(waiting)}"
    yield "*Runs:*"
    yield from list(_runs(connection, office, id_, live=True)) or ["None is live."]


def _zones(values: Mapping[str, Value], vocabulary: Vocabulary) -> Iterator[str]:
    """What is worst comes first."""
    found = [(values.get(f"metrics.{name}.zone"), metric.title) for name, metric in vocabulary.metrics.items()]
    for zone in reversed(ZONES):
        titles = [shown(title, 60) for its, title in found if its == zone]
        if titles:
            yield f"{CIRCLES[zone]}{zone} {', '.join(titles[:METRICS])}{' …' if len(titles) > METRICS else ''}"


def _runs(connection: Connection, office: Office, id_: str, *, live: bool | None) -> Iterator[str]:
    """The newest first."""
    found = runs.listed(connection, account=id_, live=live, limit=1_000)
    found.sort(key=lambda one: (one.outcome is not None, -one.started.timestamp()))
    titles = {name: plan.title for name, plan in plans_of(office).items()}
    people = office.setting().directory
    for one in found[:RUNS]:
        begun = why_begun(traces.decisions_of(connection, one.id), office.setting().vocabulary, people)
        yield f"• *{shown(titles.get(one.playbook) or one.playbook, 100)}*{_stands(one)}"
        if begun:
            yield f"      {shown(begun, 300)}"
    if len(found) > RUNS:
        yield f"… and {len(found) - RUNS} more."


def _stands(row: RunRow) -> str:
    of = f" ({shown(row.subject, 60)})" if row.subject else ""
    if row.outcome is not None and row.ended is not None:
        return f"{of} ended {instant(row.ended)}: {shown(row.outcome.replace('_', ' '), 100)}"
    state = "" if (said := state_of(row)) == "running" else f", {said}"
    at = max((one.path for one in row.run.open.values() if not one.released), key=len, default=None)
    step = at.rpartition("/")[2].replace("_", " ") if at else ""
    where = f", at “{shown(step, 100)}”" if step else ""
    return f"{of} since {instant(row.started)}{state}{where}"


def _why(found: Why) -> Iterator[str]:
    yield f"It runs: {shown(found.live, 200)}" if found.live else "It does not run."
    if found.tree is not None:
        lines = [*why_lines(found.tree)]
        cut = [*lines[:TREE], "…"] if len(lines) > TREE else lines
        yield "```\n" + "\n".join(_code(line) for line in cut) + "\n```"
    elif found.on is None:
        yield "It is started by hand."
    else:
        yield f"Each {shown(found.on, 200)} starts it."
    yield from (
        f"Not known: {shown(str(one['path']), 200)}; it needs {shown(str(one['missing']), 300)}"
        for one in found.unknown
    )
    yield from _turning(found)
    if found.bar:
        yield f"It does not start: {shown(found.bar, 600)}"


def _turning(found: Why) -> Iterator[str]:
    if isinstance(found.turned, dict):
        yield f"It last turned {'true' if found.turned['to'] else 'false'} {instant(_at(found.turned['at']))}."
    if found.next_at:
        yield f"Time alone could change it {instant(found.next_at)}."


def _at(written: object) -> datetime:
    return read_instant(str(written))


def _code(line: str) -> str:
    """Its spaces stay."""
    harmless = line[:WIDE].replace("`", "'").replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f"{harmless}…" if len(line) > WIDE else harmless
