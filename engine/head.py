"""The head of a playbook: whom it is for, when an account enters, what ends a run at once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

from pydantic import BaseModel

from engine.document import Path
from engine.limits import Again, Limit, parse_limit
from engine.logic import Condition, compile_condition, exclude
from engine.model import ExitModel, StartModel
from engine.partial import as_far_as_it_goes
from engine.plan import Exit, Start
from engine.problems import ADD_HOLDER, nearest, suggest_or_list
from engine.quantities import Duration, Refused, parse_duration
from engine.subjects import CONTACTS
from engine.validation import shown

if TYPE_CHECKING:
    from engine.compile import Compiler

_PLAYBOOK_ID: Final = re.compile(r"[a-z][a-z0-9-]*")
_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")
_AGAIN: Final = re.compile(r"after (?P<after>.+?)(?:\s*,\s*at most (?P<times>[1-9]\d{0,5}) times?)?")
_DATES: Final = frozenset({"date", "instant"})
ModelT = TypeVar("ModelT", bound=BaseModel)


# --- whom it is for


def check_identity(compiler: Compiler) -> None:
    head, vocabulary = compiler.head, compiler.setting.vocabulary
    if not _PLAYBOOK_ID.fullmatch(head.playbook):
        message = f"'{head.playbook}' is not an id for a playbook"
        compiler.fault(("playbook",), message, "Use small letters, digits and hyphens, a letter first.", "invalid-id")
    _known_words(compiler, "stage", head.stage, vocabulary.stages)
    _known_words(compiler, "tiers", head.tiers, vocabulary.tiers)


def owner(compiler: Compiler) -> str | None:
    """The role that is asked when a step names none."""
    said = compiler.head.owner
    if said is None or said in compiler.roles:
        return said
    fix = suggest_or_list(said, compiler.roles) or ADD_HOLDER
    compiler.fault(("owner",), f"nobody has the role '{said}'", fix, "unknown-role")
    # Steps that name nobody would only say the same again.
    return compiler.roles[0] if compiler.roles else said


def anchor(compiler: Compiler) -> str | None:
    said, names = compiler.head.anchor, compiler.names(in_run=False)
    if said is None or ((type_ := names.type_of(said)) and type_.kind in _DATES):
        return said
    dates = [path for path in names.paths() if (one := names.type_of(path)) and one.kind in _DATES]
    message = f"{said} is not a date of the vocabulary"
    compiler.fault(("anchor",), message, suggest_or_list(said, dates), "not-a-date")
    return None


def each(compiler: Compiler) -> str | None:
    """The path of what has a run of its own: the contacts, or the records of a kind."""
    said, kinds = compiler.head.each, compiler.setting.vocabulary.records
    if said is None:
        if compiler.head.only is not None:
            fix = "Write 'each: contacts' before it, or take it away."
            compiler.fault(("only",), "'only' says which items are meant, and no 'each' is there", fix, "no-each")
        return None
    if said == CONTACTS or said in kinds:
        return said if said == CONTACTS else f"records.{said}"
    fix = suggest_or_list(said, (CONTACTS, *kinds))
    compiler.fault(("each",), f"'{said}' is neither contacts nor a kind of record", fix, "unknown-each")
    return None


def only(compiler: Compiler) -> Condition | None:
    """Which of the items are meant."""
    if compiler.head.only is None or compiler.each is None:
        return None
    return compiler.condition(compiler.head.only, ("only",), "only", compiler.names(in_run=False))


def words(said: str | list[str]) -> tuple[str, ...] | None:
    """None stands for any."""
    found = (said,) if isinstance(said, str) else tuple(said)
    return None if "any" in found else found


def _known_words(compiler: Compiler, key: str, said: str | list[str], known: tuple[str, ...]) -> None:
    if isinstance(said, list):
        _check_list(compiler, key, said)
    for index, word in enumerate([said] if isinstance(said, str) else said):
        if word not in known and word != "any":
            path: Path = (key,) if isinstance(said, str) else (key, index)
            noun = key.rstrip("s")
            declare = f"Write 'any', or add `{noun}: {{type: choice, of: [{word}]}}` to the fields of vocabulary.yaml."
            fix = suggest_or_list(word, (*known, "any")) if known else declare
            compiler.fault(path, f"'{word}' is not a {noun} of the vocabulary", fix, f"unknown-{key}")


def _check_list(compiler: Compiler, key: str, said: list[str]) -> None:
    noun = key.rstrip("s")
    if not said:
        message, fix = f"the list names no {noun}, so no account could enter", f"Name a {noun}, or write 'any'."
        compiler.fault((key,), message, fix, "names-nothing")
    for index, word in enumerate(said):
        if word in said[:index]:
            compiler.fault((key, index), f"'{word}' stands twice", "Take it away.", "stands-twice")
        elif word == "any" and len(set(said)) > 1:
            message = f"'any' stands for every {noun}, and others stand beside it"
            compiler.fault((key, index), message, "Write 'any' alone, or take it away.", "any-and-others")


# --- when an account enters


def start(compiler: Compiler) -> Start | None:
    match compiler.head.start:
        case "by hand":
            return Start(by_rule=False, by_hand=True, scope=_scope(compiler))
        case None:
            said: StartModel | None = StartModel()
        case dict() as data:
            said = _part(compiler, StartModel, data, ("start",), "start")
        case other:
            _no_start(compiler, other)
            return None
    return _by_rule(compiler, said) if said else None


def _no_start(compiler: Compiler, said: object) -> None:
    meant = isinstance(said, str) and nearest(said, ["by hand"])
    fix = "Did you mean 'by hand'?" if meant else "Write 'start: {when: CONDITION}', or 'start: by hand'."
    compiler.fault(("start",), f"{shown(said)} does not say when an account enters", fix, "no-start")


def _by_rule(compiler: Compiler, said: StartModel) -> Start | None:
    again = _entering_again(compiler, said.again, said.mode)
    if said.by_hand not in (True, False, "only"):
        fix = "Write 'true' to allow both, or 'only'."
        compiler.fault(("start", "by_hand"), f"{shown(said.by_hand)} is neither a flag nor 'only'", fix, "wrong-type")
        return None
    if said.by_hand == "only":
        return _by_hand(compiler, said, again)
    if said.on is not None or said.where is not None:
        return _by_event(compiler, said, again)
    names = compiler.names(in_run=False)
    when = compiler.condition(said.when, ("start", "when"), "start > when", names) if said.when is not None else None
    if said.mode == "leaves" and said.when is None:
        message = "'leaves' needs a 'when' that can be left"
        compiler.fault(("start", "mode"), message, "Write 'when: CONDITION'.", "leaves-what")
    held = lasting(compiler, said.for_, ("start",), "start")
    if again is None or (said.when is not None and when is None):
        return None
    scope = _scope(compiler)
    if when and scope and exclude(when, scope, names):
        message = "no account of this playbook's stage and tiers can ever meet it"
        fix = "Change it, or 'stage' and 'tiers' at the top."
        compiler.fault(("start", "when"), message, fix, "never-starts", "start > when")
    start = Start(by_rule=True, by_hand=bool(said.by_hand), mode=said.mode, when=when, scope=scope)
    return start.model_copy(update={"again": again, "lasting": held})


def _by_hand(compiler: Compiler, said: StartModel, again: Again | None) -> Start | None:
    """By nothing but a person's word, or another playbook's."""
    for key in sorted({"when", "on", "where", "mode", "for_"} & said.model_fields_set):
        name = key.rstrip("_")
        fix = "Take it away, or write 'by_hand: true' to allow both."
        compiler.fault(("start", name), f"'{name}' says nothing beside 'by_hand: only'", fix, "says-nothing")
    return Start(by_rule=False, by_hand=True, scope=_scope(compiler), again=again) if again else None


def _by_event(compiler: Compiler, said: StartModel, again: Again | None) -> Start | None:
    """Each event that fits is a rise."""
    if said.on is None:
        fix = "Write 'on: EVENT' before it, or 'when' in its place."
        compiler.fault(("start", "where"), "'where' says which events are meant, and no 'on' is there", fix, "no-event")
        return None
    for key in ("when", "mode", "for_"):
        if key in said.model_fields_set:
            name = key.rstrip("_")
            message = f"'{name}' does not go with 'on': an event happens in an instant"
            compiler.fault(("start", name), message, "Take one of them away.", "event-or-condition")
    event = compiler.event(said.on, ("start", "on"), "start > on")
    if event is None:
        return None
    compiler.events = (event,)
    where = None
    if said.where is not None:
        names = compiler.with_events(compiler.names(in_run=False), (event,))
        where = compiler.condition(said.where, ("start", "where"), "start > where", names)
    if again is None or (said.where is not None and where is None):
        return None
    start = Start(by_rule=True, by_hand=bool(said.by_hand), scope=_scope(compiler), again=again)
    return start.model_copy(update={"on": event, "where": where})


def lasting(compiler: Compiler, said: str | None, path: Path, where: str) -> Duration | None:
    """How long a condition must be true without a break."""
    if said is None:
        return None
    found = parse_duration(said)
    if isinstance(found, Duration) and found.amount:
        return found
    message = found.message if isinstance(found, Refused) else f"'{found}' is no time at all"
    fix = found.fix if isinstance(found, Refused) else "Take it away, or write a longer time."
    compiler.fault((*path, "for"), message, fix, "invalid-time", f"{where} > for")
    return None


def limit(compiler: Compiler) -> Limit | None:
    said = compiler.head.limit
    if said is None:
        return None
    found = parse_limit(said)
    if isinstance(found, Limit):
        return found
    compiler.fault(("limit",), found.message, found.fix, "limit")
    return None


def _scope(compiler: Compiler) -> Condition | None:
    """Stage and tiers as a condition; they hold for the start alone."""
    parts: list[object] = []
    for field, said in (("stage", compiler.head.stage), ("tier", compiler.head.tiers)):
        if (found := words(said)) is not None:
            parts.append({"in": [{"var": f"account.{field}"}, list(found)]})
    if not parts:
        return None
    made = compile_condition(parts[0] if len(parts) == 1 else {"and": parts}, compiler.names(in_run=False))
    return made if isinstance(made, Condition) else None


def _entering_again(compiler: Compiler, said: str, mode: Literal["becomes", "is", "leaves"]) -> Again | None:
    path = ("start", "again")
    if said == "always" and mode == "is":
        message = "'is' with 'again: always' would start for ever while it is true"
        compiler.fault(path, message, "Write 'again: after 30 days', or 'mode: becomes'.", "is-always")
    return again(compiler, said, path)


def again(
    compiler: Compiler, said: str, path: Path, where: str | None = None, what: str = "an account may enter"
) -> Again | None:
    """How often, after which time, and at most how many times in all."""
    if said in {"never", "always"}:
        return Again(mode="always" if said == "always" else "never")
    match = _AGAIN.fullmatch(said)
    after = parse_duration(match["after"]) if match else None
    if isinstance(after, Duration) and match:
        if after.amount == 0:
            compiler.fault(path, f"'{after}' is no time at all", "Write 'always', or a longer time.", "again", where)
        return Again(mode="after", after=after, at_most=int(match["times"]) if match["times"] else None)
    message, fix = _no_again(said, after, what)
    compiler.fault(path, message, fix, "again", where)
    return None


def _no_again(said: str, after: Refused | Duration | None, what: str) -> tuple[str, str]:
    if isinstance(after, Refused) and "at most" not in said:
        return after.message, after.fix
    fix = "Write 'never', 'always', or 'after 30 days' (', at most 3 times')."
    return f"'{said}' does not say how often {what}", fix


# --- what ends a run at once


def exits(compiler: Compiler, name: Literal["goal", "stop"], said: object) -> tuple[Exit, ...]:
    """One entry or a list of them."""
    several = isinstance(said, list)
    found = []
    for index, one in enumerate(said if isinstance(said, list) else [said] if said is not None else []):
        path: Path = (name, index) if several else (name,)
        where = f"{name} {index + 1}" if several else name
        if exit_ := _exit(compiler, one, path, where):
            found.append(exit_)
    return tuple(found)


def _exit(compiler: Compiler, said: object, path: Path, where: str) -> Exit | None:
    if not isinstance(said, dict):
        fix = "Write '{when: CONDITION, outcome: NAME}'."
        compiler.fault(path, f"a mapping of when and outcome is due here, not {shown(said)}", fix, "wrong-type", where)
        return None
    model = _part(compiler, ExitModel, said, path, where)
    if model is None:
        return None
    if not _NAME.fullmatch(model.outcome):
        message = f"'{model.outcome}' is not a name for an outcome"
        fix = "Use small letters, digits and _, a letter first."
        compiler.fault((*path, "outcome"), message, fix, "invalid-name", f"{where} > outcome")
    when = compiler.condition(model.when, (*path, "when"), f"{where} > when", compiler.names())
    held = lasting(compiler, model.for_, path, where)
    return Exit(when=when, outcome=model.outcome, lasting=held) if when else None


def policy_stops(compiler: Compiler) -> tuple[Exit, ...]:
    """They hold for every playbook besides: mail to a churned customer must not hang on one forgotten line."""
    stops = compiler.setting.policy.stop
    return tuple(Exit(when=one.when, outcome=one.outcome, lasting=one.lasting) for one in stops)


def _part(compiler: Compiler, model: type[ModelT], data: dict[str, Any], path: Path, where: str) -> ModelT | None:
    found, problems, made_up = as_far_as_it_goes(compiler.document, model, path, where, data)
    if not compiler.is_made_up(path):
        compiler.problems.extend(problems)
    compiler.made_up |= made_up
    return found
