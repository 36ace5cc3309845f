"""Where a step stands while it is compiled: what it may name, and how it reports what is wrong at the author's own line
and column.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from engine import head
from engine.assignment import holder_logic
from engine.document import Document, Path
from engine.limits import Again
from engine.logic import Condition, Fault, Names, compile_condition
from engine.names_here import Wider
from engine.plan import MEANWHILE
from engine.policy import Policy
from engine.problems import ADD_HOLDER, suggest_or_list
from engine.quantities import SOME_DATE, Around, DayOf, Duration, Moment, Refused, parse_duration, parse_moment
from engine.quantities import Field as DateField
from engine.types import TEXT, Type
from engine.validation import shown
from engine.vocabulary import Vocabulary

if TYPE_CHECKING:
    from engine.compile import Compiler
    from engine.steps.base import WaitingModel


@dataclass(frozen=True, slots=True)
class Place:
    """One step in its file. `at` is the way to it in the document; keys given to the methods go on from there.
    `written` is the word that stands for its kind, `own` its outcome, which its own blocks may read.
    """

    compiler: Compiler
    id: str
    path: str
    at: Path
    kind: str
    written: str
    own: Mapping[str, Type] = field(default_factory=dict)
    part: str = ""

    def inside(self, *keys: str | int) -> Place:
        """A part of the step that is written as a mapping of its own."""
        return replace(self, at=(*self.at, *keys), part=" > ".join((*filter(None, (self.part,)), key_words(keys))))

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
        lacking: Iterable[str] = (),
    ) -> None:
        """`lacking` are the keys that are missed there: if one is there and wrong, that was said already."""
        compiler, at = self.compiler, (*self.at, *keys)
        if compiler.is_made_up(at) or any(compiler.is_made_up((*at, key)) for key in lacking):
            return
        document = compiler.document
        position = document.text_offset(at, offset) if offset is not None else document.at(at)
        where = f"{self.where} > {words or key_words(keys)}" if keys else self.where
        compiler.problems.add(document.file, position, where, message, fix, code=code, severity=severity)

    @property
    def where(self) -> str:
        return f"step '{self.id}' > {self.part}" if self.part else f"step '{self.id}'"

    def faults(
        self,
        found: Iterable[Fault],
        *keys: str | int,
        words: str | None = None,
        code: str,
        severity: Literal["error", "warning"] = "error",
    ) -> None:
        said = words or key_words(keys)
        for one in found:
            place, offset = (*keys, *one.pointer), None if one.pointer else one.offset
            self.fault(
                *place, message=one.message, fix=one.fix, code=code, offset=offset, words=said, severity=severity
            )

    # --- what may be named

    @property
    def policy(self) -> Policy:
        return self.compiler.setting.policy

    @property
    def vocabulary(self) -> Vocabulary:
        return self.compiler.setting.vocabulary

    @property
    def names(self) -> Names:
        return self.compiler.names()

    def condition(
        self, source: Any, *keys: str | int, words: str | None = None, names: Names | None = None
    ) -> Condition | None:
        where = f"{self.where} > {words or key_words(keys)}"
        return self.compiler.condition(source, (*self.at, *keys), where, names or self.names)

    def text(self, source: str, *keys: str | int, contact: bool = False) -> None:
        """A title, reason or message: every name in it must be known to the vocabulary."""
        if self.compiler.rehearsing:  # a text has no outcome
            return
        found = self.compiler.setting.templates.faults(source, self.names, contact=contact)
        self.faults(found, *keys, code="template")

    def role(self, name: str, *keys: str | int) -> str | None:
        compiler = self.compiler
        if name not in compiler.roles:
            message = f"nobody has the role '{name}'"
            fix = suggest_or_list(name, compiler.roles) or ADD_HOLDER
            if person := compiler.setting.people.get(name):
                message = f"'{name}' is a person, and this is for a role, which somebody has when it comes to it"
                fix = f"Write {' or '.join(person.roles)}, or give them a role of their own in people.yaml."
            self.fault(*keys, message=message, fix=fix, code="unknown-role")
            return None
        compiler.check_holder(name, (*self.at, *keys), f"{self.where} > {key_words(keys)}")
        return name

    def assignee(self, name: str | None) -> str | None:
        """The role that a task names, or the playbook's owner."""
        if name is not None:
            return self.role(name, "assign")
        owner = self.compiler.owner
        if owner is None:
            self.fault(
                message="the task says nobody to assign it to, and the playbook has no owner",
                fix="Write 'assign: ROLE', or 'owner: ROLE' at the top of the playbook.",
                code="no-assignee",
            )
        else:
            self.compiler.check_holder(owner, ("owner",), "owner")
        return owner

    # --- time

    def duration(self, source: Any, *keys: str | int) -> Duration | None:
        found = parse_duration(str(source)) if _is_said(source) else _no_time(source)
        if isinstance(found, Duration):
            return found
        self.refused(found, *keys)
        return None

    def moment(self, source: Any, *keys: str | int) -> Moment | None:
        found = parse_moment(str(source)) if _is_said(source) else _no_time(source)
        if isinstance(found, Refused):
            self.refused(found, *keys)
            return None
        if isinstance(found, DayOf) and found.day < 0 and self.compiler.head.anchor is None:
            message = f"day {found.day} lies before the day the run starts, from which it counts here"
            date = self.vocabulary.a_date
            such = f", such as 'anchor: {date}'" if date else ": 'anchor: account.…', a date field of vocabulary.yaml"
            self.fault(*keys, message=message, fix=f"Say in the head which date is meant{such}.", code="no-anchor")
            return None
        reads = self.date_read(found)
        if reads is None or self._is_date(reads, *keys):
            return found
        return None

    def refused(self, found: Refused, *keys: str | int) -> None:
        fix = found.fix.replace(SOME_DATE, self.vocabulary.a_date or SOME_DATE)
        self.fault(*keys, message=found.message, fix=fix, code="invalid-time")

    def date_read(self, moment: Moment) -> str | None:
        """The path that the instant hangs on, if it hangs on one."""
        match moment:
            case DateField(path=path) | Around(path=path):
                return path
            case DayOf():
                return self.compiler.anchor
            case _:
                return None

    def date_conditions(
        self, reads: str | None, names: tuple[str, str] = ("moved", "vanished")
    ) -> dict[str, Condition]:
        """How a step learns that the date which it awaits has moved or vanished."""
        type_ = self.names.type_of(reads) if reads else None
        if reads is None or type_ is None:
            return {}
        wider = Wider(self.names, {"awaited": type_})
        made = {"!=": [{"var": reads}, {"var": "awaited"}]}, {"!": [{"known": [{"var": reads}]}]}
        conditions = {name: compile_condition(logic, wider) for name, logic in zip(names, made, strict=True)}
        return {name: one for name, one in conditions.items() if isinstance(one, Condition)}

    def told(self, reads: str) -> dict[str, Condition]:
        """How a step learns that a date which was not known is told."""
        found = compile_condition({"known": [{"var": reads}]}, self.names)
        return {"told": found} if isinstance(found, Condition) else {}

    @property
    def is_meanwhile(self) -> bool:
        """Whether it stands beside the steps, for as long as the run lives."""
        return self.path == f"{MEANWHILE}/{self.id}"

    def lasting(self, said: str | None) -> Duration | None:
        return head.lasting(self.compiler, said, self.at, self.where)

    def how_often(self, said: str) -> Again | None:
        return head.again(self.compiler, said, (*self.at, "again"), f"{self.where} > again", "it is done")

    def holder(self, role: str) -> Condition | None:
        """How a step learns that somebody else has the role on the account's team."""
        found = compile_condition(holder_logic(role), Wider(self.names, {"awaited": TEXT}))
        return found if isinstance(found, Condition) else None

    def at_most(self, model: WaitingModel, *, alone: bool = False) -> Duration | None:
        """The limit of a step that waits; it needs to say what then. `alone`: `otherwise` has another meaning too."""
        if model.at_most is None:
            if model.otherwise is not None and not alone:
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
        if not isinstance(parse_moment(model.at_most), Duration | Refused):
            wait = f"- {{wait: limit, until: {model.at_most}}}"
            self.fault(
                "at_most",
                message=f"'{model.at_most}' is a day, where a duration such as '10 days' is due",
                fix=f"For a day, put '{wait}' beside it, in a 'parallel' with 'until: any'.",
                code="invalid-time",
            )
            return None
        return self.duration(model.at_most, "at_most")

    def always_known(self, path: str) -> bool:
        return path == self.compiler.anchor or self.vocabulary.always_known(path)

    def always_one_of(self, path: str) -> tuple[str, ...]:
        """The words of a choice that every account has; the outcomes of a step that is over; of anything else none."""
        type_ = self.names.type_of(path)
        if type_ is None or type_.kind != "choice" or not (self.always_known(path) or path.startswith("outcome.")):
            return ()
        return type_.choices

    def _is_date(self, path: str, *keys: str | int) -> bool:
        names = self.names
        type_ = names.type_of(path)
        if type_ is not None and type_.kind in {"date", "instant"}:
            return True
        message = f"{path} is {type_.name}, not a date" if type_ else f"{path} is not in the vocabulary"
        dates = [one for one in names.paths() if (known := names.type_of(one)) and known.kind in {"date", "instant"}]
        self.fault(*keys, message=message, fix=suggest_or_list(path, dates), code="not-a-date")
        return False

    # --- nested steps

    def block(self, name: str, steps: list[Any], *keys: str | int) -> None:
        """Steps inside this one: they may read its outcome."""
        compiler = self.compiler
        compiler.seen = {**compiler.seen, **self.own}
        compiler.block(f"{self.path}/{name}", (*self.at, *(keys or (name,))), steps)

    def otherwise(self, model: WaitingModel) -> None:
        if model.otherwise is not None:
            self.block("otherwise", model.otherwise)

    @contextmanager
    def alternatives(self) -> Iterator[Callable[[], AbstractContextManager[None]]]:
        """Ways of which only one is taken: what happens in one of them cannot have happened in another."""
        compiler = self.compiler
        before, events = dict(compiler.seen), compiler.events
        merged = dict(before)
        heard: list[str] = []

        @contextmanager
        def way() -> Iterator[None]:
            compiler.seen, compiler.events = dict(before), events
            yield
            merged.update(compiler.seen)
            heard.extend(compiler.events)

        yield way
        compiler.seen, compiler.events = merged, tuple(dict.fromkeys((*events, *heard)))

    def event(self, name: str, *keys: str | int) -> str | None:
        """An event that is waited for."""
        return self.compiler.event(name, (*self.at, *keys), f"{self.where} > {key_words(keys)}")

    def event_condition(self, source: Any, event: str, *keys: str | int) -> Condition | None:
        """Which of these events are meant."""
        compiler = self.compiler
        return self.condition(source, *keys, names=compiler.with_events(self.names, (event,)))


def _is_said(source: Any) -> bool:
    return isinstance(source, str | int | Decimal) and not isinstance(source, bool)


def _no_time(source: Any) -> Refused:
    return Refused(f"{shown(source)} is not a time", "Say a number and a unit, as in '3 business days' or '48 hours'.")


def key_words(keys: tuple[str | int, ...]) -> str:
    """`overdue 2 > after` for ("overdue", 1, "after")."""
    words: list[str] = []
    for key in keys:
        if isinstance(key, int) and words:
            words[-1] += f" {key + 1}"
        else:
            words.append(str(key))
    return " > ".join(words)


def around(document: Document, path: Path, kinds: Container[str]) -> str:
    """Where that is: below the innermost step that is around it, and without one from the top of the file."""
    for length in range(len(path) - 2, 0, -1):
        step = document.value(path[:length])
        kind = next(iter(step)) if isinstance(step, dict) and step else None
        if kind in kinds and isinstance(step, dict) and isinstance(name := step[str(kind)], str):
            return f"step '{name}' > {key_words(path[length:])}"
    return " > ".join(str(part) for part in path if isinstance(part, str))
