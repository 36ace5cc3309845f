"""Where a step stands while it is compiled: what it may name, and how it reports what is wrong at the author's own line
and column.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pydantic import JsonValue

from engine.document import Path
from engine.logic import Condition, Expression, Fault, Names, compile_condition, compile_expression
from engine.policy import Policy
from engine.problems import Position, suggest_or_list
from engine.quantities import Around, DayOf, Duration, Moment, Refused, parse_duration, parse_moment
from engine.quantities import Field as DateField
from engine.recipients import Recipients
from engine.steps.task import Rung, RungModel
from engine.types import Type
from engine.values import from_json

if TYPE_CHECKING:
    from engine.compile import Compiler

_ID = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Wider:
    """Names with a few more: `contact.*` of a mail's recipients, `awaited` of a wait for a date."""

    names: Names
    more: Mapping[str, Type]

    def type_of(self, path: str) -> Type | None:
        return self.more.get(path) or self.names.type_of(path)

    def item_types(self, path: str) -> Mapping[str, Type] | None:
        return self.names.item_types(path)

    def paths(self) -> Iterable[str]:
        return (*self.more, *self.names.paths())

    def why_not(self, path: str) -> str | None:
        return None if path in self.more else self.names.why_not(path)


@dataclass(frozen=True, slots=True)
class Place:
    """One step in its file. `at` is the way to it in the document; keys given to the methods go on from there."""

    compiler: Compiler
    id: str
    path: str
    at: Path

    # --- saying what is wrong

    def fault(
        self,
        *keys: str | int,
        message: str,
        fix: str,
        code: str,
        offset: int | None = None,
        words: str | None = None,
        severity: Literal["error", "warning"] = "error",
    ) -> None:
        document = self.compiler.document
        at = (*self.at, *keys)
        position: Position = document.text_offset(at, offset) if offset is not None else document.at(at)
        where = f"{self.where} > {words or _words(keys)}" if keys else self.where
        self.compiler.problems.add(document.file, position, where, message, fix, code=code, severity=severity)

    @property
    def where(self) -> str:
        return f"step '{self.id}'"

    def faults(self, found: Iterable[Fault], *keys: str | int, words: str | None = None) -> None:
        for one in found:
            self.fault(
                *keys,
                *one.pointer,
                message=one.message,
                fix=one.fix,
                code="condition",
                offset=one.offset,
                words=words or _words(keys),
            )

    # --- conditions

    @property
    def policy(self) -> Policy:
        return self.compiler.setting.policy

    @property
    def names(self) -> Names:
        return self.compiler.names()

    def condition(
        self, source: Any, *keys: str | int, words: str | None = None, names: Names | None = None
    ) -> Condition | None:
        found = compile_condition(source, names or self.names)
        if isinstance(found, Condition):
            return found
        self.faults(found, *keys, words=words)
        return None

    def field_value(self, field: str, source: Any, *keys: str | int) -> Expression | JsonValue:
        """What a field is to be set to: an expression where the author's words are one, else the text itself."""
        known = self.compiler.setting.vocabulary.fields
        if field not in known or field == "id":
            message = "an account's id cannot be set" if field == "id" else f"'{field}' is not a field of an account"
            self.fault(*keys, message=message, fix=suggest_or_list(field, known), code="unknown-field")
            return None
        return self._typed(known[field].type, source, *keys)

    def _typed(self, want: Type, source: Any, *keys: str | int) -> Expression | JsonValue:
        text = source if isinstance(source, str) else _literal(source)
        found = compile_expression(text, self.names, want)
        if isinstance(found, Expression):
            return found
        if isinstance(source, str) and _fits(source, want):
            return source
        if source is None:
            return None
        self.faults(found, *keys)
        return None

    # --- time

    def duration(self, source: Any, *keys: str | int) -> Duration | None:
        found = parse_duration(str(source))
        if isinstance(found, Duration):
            return found
        self._refused(found, *keys)
        return None

    def duration_or_none(self, source: Any) -> Duration | None:
        """The duration that the words are, if they are one."""
        found = parse_duration(source) if isinstance(source, str) else None
        return found if isinstance(found, Duration) else None

    def moment(self, source: Any, *keys: str | int) -> Moment | None:
        found = parse_moment(str(source))
        if isinstance(found, Refused):
            self._refused(found, *keys)
            return None
        reads = self.date_read(found)
        if reads is None or self._is_date(reads, *keys):
            return found
        return None

    def _is_date(self, path: str, *keys: str | int) -> bool:
        type_ = self.names.type_of(path)
        if type_ is not None and type_.kind in {"date", "instant"}:
            return True
        message = f"{path} is {type_.name}, not a date" if type_ else f"{path} is not in the vocabulary"
        dates = [
            one
            for one in self.names.paths()
            if (known := self.names.type_of(one)) and known.kind in {"date", "instant"}
        ]
        self.fault(*keys, message=message, fix=suggest_or_list(path, dates), code="not-a-date")
        return False

    def _refused(self, found: Refused, *keys: str | int) -> None:
        self.fault(*keys, message=found.message, fix=found.fix, code="invalid-time")

    def date_read(self, moment: Moment) -> str | None:
        """The path that the instant hangs on, if it hangs on one."""
        match moment:
            case DateField(path=path) | Around(path=path):
                return path
            case DayOf():
                return self.compiler.anchor
            case _:
                return None

    def date_conditions(self, reads: str | None) -> dict[str, Condition]:
        """How a wait learns that the date which it awaits has moved or vanished."""
        type_ = self.names.type_of(reads) if reads else None
        if reads is None or type_ is None:
            return {}
        names = Wider(self.names, {"awaited": type_})
        made = {"moved": {"!=": [{"var": reads}, {"var": "awaited"}]}, "vanished": {"!": [{"known": [{"var": reads}]}]}}
        conditions = {name: compile_condition(logic, names) for name, logic in made.items()}
        return {name: one for name, one in conditions.items() if isinstance(one, Condition)}

    def at_most(self, model: Any) -> Duration | None:
        """The limit of a step that waits; it needs to say what then."""
        if model.at_most is None:
            if model.otherwise is not None and not hasattr(model, "until"):
                self.fault(
                    "otherwise",
                    message="'otherwise' is for when 'at_most' has passed, which is missing",
                    fix="Add 'at_most: 10 days', or take 'otherwise' away.",
                    code="otherwise-without-limit",
                )
            return None
        if model.otherwise is None:
            self.fault(
                "at_most",
                message="'at_most' needs 'otherwise': what to do when the time is over",
                fix="Add 'otherwise: [steps]' ('otherwise: []' to go on).",
                code="limit-without-otherwise",
            )
        return self.duration(model.at_most, "at_most")

    def always_known(self, path: str) -> bool:
        return path == self.compiler.anchor or self.compiler.setting.vocabulary.always_known(path)

    def always_one_of(self, path: str) -> Iterable[str]:
        """The words of a choice that every account has; the outcomes of a step that is over."""
        type_ = self.names.type_of(path)
        if type_ is None or type_.kind != "choice" or not (self.always_known(path) or path.startswith("outcome.")):
            return ("(a word that no case can name)",)
        return type_.choices

    # --- people and texts

    def role(self, name: str, *keys: str | int) -> str | None:
        known = self.compiler.roles
        if name in known:
            return name
        self.fault(
            *keys, message=f"nobody has the role '{name}'", fix=suggest_or_list(name, known), code="unknown-role"
        )
        return None

    def assignee(self, name: str | None) -> str | None:
        if name is not None:
            return self.role(name, "assign")
        if self.compiler.owner is None:
            self.fault(
                message="the task says nobody to assign it to, and the playbook has no owner",
                fix="Write 'assign: ROLE', or 'owner: ROLE' at the top of the playbook.",
                code="no-assignee",
            )
        return self.compiler.owner

    def addressee(self, to: str, *keys: str | int) -> None:
        """A role, a person's id, a `#channel`, or a text field of the account."""
        if to.startswith("#") and len(to) > 1:
            return
        if to.startswith("account."):
            type_ = self.names.type_of(to)
            if type_ is None or type_.kind != "text":
                self.fault(
                    *keys,
                    message=f"{to} is not a text field of the account",
                    fix=suggest_or_list(to, self.names.paths()),
                    code="unknown-field",
                )
            return
        if to not in self.compiler.roles and to not in self.compiler.people:
            known = (*self.compiler.roles, *self.compiler.people)
            self.fault(
                *keys,
                message=f"'{to}' is neither a role, a person nor a #channel",
                fix=suggest_or_list(to, known),
                code="unknown-role",
            )

    def recipients(self, source: Any, *keys: str | int) -> Recipients | None:
        match source:
            case str():
                return self._contact_role(source, *keys)
            case {"each": condition} if len(source) == 1:
                found = self._of_contact(condition, *keys, "each")
                return Recipients(each=found) if found else None
            case {"first": condition} if len(source) == 1:
                found = self._of_contact(condition, *keys, "first")
                return Recipients(first=found) if found else None
        self.fault(
            *keys,
            message="this does not say who gets the mail",
            fix="Write a contact's role, or '{each: CONDITION}', or '{first: CONDITION}'.",
            code="unknown-recipient",
        )
        return None

    def _contact_role(self, role: str, *keys: str | int) -> Recipients | None:
        field = self.compiler.setting.vocabulary.contact_fields.get("role")
        known = field.type.choices if field else ()
        if role in known:
            return Recipients(role=role)
        self.fault(
            *keys,
            message=f"'{role}' is not a role of a contact",
            fix=suggest_or_list(role, known),
            code="unknown-recipient",
        )
        return None

    def _of_contact(self, source: Any, *keys: str | int) -> Condition | None:
        fields = self.compiler.setting.vocabulary.contact_fields
        return self.condition(
            source, *keys, names=Wider(self.names, {f"contact.{name}": one.type for name, one in fields.items()})
        )

    def somebody(self, to: Recipients) -> Condition:
        """That there is a contact who can be written to."""
        test = to.each or to.first
        role = f'c.role == "{to.role}"' if to.role else re.sub(r"\bcontact\.", "c.", test.text if test else "true")
        found = compile_condition(f"any(known(c.email) and ({role}) for c in contacts)", self.names)
        if not isinstance(found, Condition):
            raise TypeError(f"a checked condition does not compile again: {found}")
        return found

    def text(self, source: str, *keys: str | int, contact: bool = False) -> None:
        """A title, reason or message: every name in it must be known to the vocabulary."""
        for fault in self.compiler.text_faults(source, contact=contact):
            self.fault(*keys, message=fault.message, fix=fault.fix, code="template", offset=fault.offset)

    def one_text(
        self, text: str | None, template: str | None, subject: str | None = None, *, mail: bool = False
    ) -> None:
        """A message says its text in one way: in place, or by a template."""
        if (text is None) == (template is None):
            fix = "Write 'template: NAME'" + (", or 'subject' and 'text'." if mail else ", or 'text'.")
            self.fault(message="a message needs either 'text' or 'template'", fix=fix, code="one-text")
        if mail and text is not None and subject is None:
            self.fault(
                "text", message="a mail with 'text' needs a 'subject'", fix="Add 'subject: …'.", code="no-subject"
            )
        for key, source in (("text", text), ("subject", subject)):
            if source is not None:
                self.text(source, key, contact=mail)
        if template is not None:
            self.compiler.use_template(template, self, "template", contact=mail)

    def outcome_names(self, names: list[str]) -> None:
        for index, name in enumerate(names):
            if not _ID.fullmatch(name):
                self.fault(
                    "outcomes",
                    index,
                    message=f"'{name}' is not a name for an outcome",
                    fix="Use small letters, digits and _.",
                    code="invalid-name",
                )
        if not names:
            self.fault(
                "outcomes",
                message="a task needs at least one outcome",
                fix="Leave 'outcomes' away for done and skipped.",
                code="no-outcomes",
            )

    def rung(self, rung: RungModel, index: int) -> Rung | None:
        """One rung of an overdue ladder: when, and whom."""
        at = ("overdue", index)
        if (rung.after is None) == (rung.before is None):
            self.fault(
                *at,
                message="a rung says either 'after' or 'before' the due instant",
                fix="Write 'after: 1 business day'.",
                code="rung-when",
            )
            return None
        if (rung.remind is None) == (rung.escalate is None):
            self.fault(
                *at,
                message="a rung says either 'remind' or 'escalate'",
                fix="Write 'remind: assignee' or 'escalate: ROLE'.",
                code="rung-whom",
            )
            return None
        key = "after" if rung.after is not None else "before"
        distance = self.duration(rung.after or rung.before, *at, key)
        verb = "remind" if rung.remind is not None else "escalate"
        to = rung.remind or rung.escalate or ""
        known = to == "assignee" or self.role(to, *at, verb) is not None
        if distance is None or not known:
            return None
        return Rung(
            event="reminded" if verb == "remind" else "escalated", to=to, distance=distance, before=key == "before"
        )

    # --- nested steps

    def block(self, name: str, steps: list[Any], *keys: str | int) -> None:
        self.compiler.block(f"{self.path}/{name}", (*self.at, *keys), steps)

    @contextmanager
    def alternatives(self) -> Iterator[Callable[[], AbstractContextManager[None]]]:
        """Ways of which only one is taken: what happens in one of them cannot have happened in another."""
        before = dict(self.compiler.seen)
        merged = dict(before)

        @contextmanager
        def way() -> Iterator[None]:
            self.compiler.seen = dict(before)
            yield
            merged.update(self.compiler.seen)

        yield way
        self.compiler.seen = merged


def _words(keys: tuple[str | int, ...]) -> str:
    """`overdue 2 > after` for ("overdue", 1, "after")."""
    words: list[str] = []
    for key in keys:
        if isinstance(key, int) and words:
            words[-1] += f" {key + 1}"
        else:
            words.append(str(key))
    return " > ".join(words)


def _literal(source: Any) -> str:
    match source:
        case bool():
            return "true" if source else "false"
        case None:
            return "null"
        case _:
            return str(source)


def _fits(text: str, want: Type) -> bool:
    """Whether the words themselves are a value of the field's type."""

    try:
        from_json(text, want)
    except ValueError:
        return False
    return want.family == "text" or want.kind in {"date", "instant"}
