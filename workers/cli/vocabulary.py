"""`playbook vocabulary`: every word that an author may use."""

from collections.abc import Iterator, Mapping
from typing import Any

import click

from engine.measures import DaysSince, Formula, Latest, Measure, Metric, Occurrence, Reported, Score, Tally
from engine.problems import InvalidWorkspace, suggest_or_list
from engine.steps import KINDS
from engine.types import Type
from engine.vocabulary import Vocabulary
from engine.workspace import VOCABULARY, load
from workers.cli.faults import CommandFault
from workers.cli.output import print_json, say, table
from workers.cli.places import workspace_folder
from workers.cli.program import with_example
from workers.cli.schemas import playbook_schema, step_schema

FUNCTIONS: Mapping[str, tuple[str, str]] = {
    "known": ("known(x)", "whether x is known: true or false, never unknown"),
    "days_since": ("days_since(d)", "whole calendar days from a date or instant until today"),
    "days_until": ("days_until(d)", "whole calendar days from today to a date or instant"),
    "business_days_since": ("business_days_since(d)", "likewise in the account's working days"),
    "business_days_until": ("business_days_until(d)", "likewise in the account's working days"),
    "hours_since": ("hours_since(t)", "hours since an instant, with fractions"),
    "hours_until": ("hours_until(t)", "hours to an instant, with fractions"),
    "any": ("any(… for c in contacts)", "whether it holds for one of the items"),
    "all": ("all(… for c in contacts)", "whether it holds for every item"),
    "count": ("count(… for c in contacts)", "for how many items it holds"),
    "at_start": ("at_start(x)", "inside a run: what x was when the run started"),
    "since": ("since(x)", "the instant at which a field last changed"),
    "running": ('running("id")', "whether that playbook runs for this account"),
    "last_outcome": ('last_outcome("id")', "how its last run for this account ended"),
    "last_ended": ('last_ended("id")', "when its last run for this account ended"),
    "min": ("min(a, b, …)", "the least"),
    "max": ("max(a, b, …)", "the greatest"),
    "round": ("round(x, places)", "rounded, to whole numbers without places"),
    "lower": ("lower(text)", "in small letters"),
    "contains": ("contains(text, part)", "whether the part is in the text"),
    "starts_with": ("starts_with(text, beginning)", "whether the text begins so"),
}


@click.command(
    "vocabulary",
    epilog=with_example("playbook vocabulary", "playbook vocabulary task", "playbook vocabulary --json-schema"),
)
@click.argument("name", required=False)
@click.option("--json-schema", "as_schema", is_flag=True, help="JSON Schema of a playbook's file, for editors.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def command(*, name: str | None, as_schema: bool, as_json: bool) -> None:
    """Lists what may be written: step kinds, functions, fields, events, metrics. NAME shows one of them.

    With --json-schema, NAME may be a step kind, or `account` for what may be posted of an account.
    """
    vocabulary = _vocabulary()
    if as_schema:
        print_json(_schema(name, vocabulary))
        return
    words = {section: dict(entries) for section, entries in _sections(vocabulary)}
    if name is not None:
        words = {section: found for section, entries in words.items() if (found := _named(name, entries))}
        if not words:
            raise CommandFault(f"'{name}' is no word of the vocabulary. {_near(name, vocabulary)}".strip())
    if as_json:
        print_json(words)
        return
    for section, entries in words.items():
        say(click.style(section, bold=True))
        table(("", ""), list(entries.items()), "  none")
        say("")


def _vocabulary() -> Vocabulary:
    workspace = load(workspace_folder())
    if workspace.is_unsound(VOCABULARY):
        file = str(workspace.folder / VOCABULARY)
        raise InvalidWorkspace(one for one in workspace.problems.errors if one.file == file)
    return workspace.vocabulary


def _schema(name: str | None, vocabulary: Vocabulary) -> dict[str, Any]:
    match name:
        case None:
            return playbook_schema(vocabulary)
        case "account":
            return vocabulary.json_schema()
        case str() if name in KINDS:
            return step_schema(name)
    raise CommandFault(f"there is no schema of '{name}'. {suggest_or_list(name, [*KINDS, 'account'])}")


def _sections(vocabulary: Vocabulary) -> Iterator[tuple[str, Iterator[tuple[str, str]]]]:
    yield "Step kinds", ((kind, ", ".join(_keys(kind))) for kind in KINDS)
    yield "Functions", ((shape, says) for shape, says in FUNCTIONS.values())
    yield "Fields of an account", _types("account", {name: one.type for name, one in vocabulary.fields.items()})
    contact = {name: one.type for name, one in vocabulary.contact_fields.items()}
    yield "Fields of a contact", _types("contact", contact)
    for kind, fields in vocabulary.records.items():
        yield f"Records: {kind}", _types(kind, {name: one.type for name, one in fields.items()})
    yield "Events", ((name, ", ".join(fields)) for name, fields in vocabulary.events.items())
    yield "Metrics", ((f"metrics.{name}", _metric(one)) for name, one in vocabulary.metrics.items())


def _keys(kind: str) -> list[str]:
    fields = KINDS[kind].Model.model_fields
    keys = [field.alias or name for name, field in fields.items()]
    return [key for key in keys if key != kind]


def _types(room: str, types: Mapping[str, Type]) -> Iterator[tuple[str, str]]:
    return ((f"{room}.{name}", type_.name) for name, type_ in types.items())


def _metric(metric: Metric) -> str:
    target = "with a target" if metric.target is not None else "without target"
    return f"{metric.title}: {metric.type.name}, {_how(metric.measure)}, {target}"


def _how(measure: Measure) -> str:
    match measure:
        case Reported():
            return "reported"
        case Latest(event=event, field=field):
            return f"latest {event}.{field}"
        case Tally(how=how, event=event, over=over):
            return f"{how} of {event} over {over or 'ever'}"
        case DaysSince(event=event):
            return f"days since {event}"
        case Occurrence(which=which, event=event):
            return f"{which} {event}"
        case Formula(expression=expression):
            return expression.text
        case Score(weights=weights):
            return f"score of {', '.join(weights)}"


def _named(name: str, entries: Mapping[str, str]) -> dict[str, str]:
    return {key: says for key, says in entries.items() if name in {key, key.partition("(")[0], key.rpartition(".")[2]}}


def _near(name: str, vocabulary: Vocabulary) -> str:
    keys = [key for _, entries in _sections(vocabulary) for key, _ in entries]
    return suggest_or_list(name, [key.partition("(")[0].rpartition(".")[2] for key in keys])
