"""The mails that wait for somebody's approval, as whoever decides must be able to read them: all, and to their end."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue
from sqlalchemy import Connection

from activities.store import runs
from engine.run import Task
from engine.steps.email import mails_of


@dataclass(frozen=True, slots=True)
class Draft:
    """`to` and `copies` are names and addresses; `body` is Markdown."""

    to: str
    copies: tuple[str, ...]
    subject: str
    preheader: str
    body: str

    @property
    def head(self) -> str:
        lines = {"To": self.to, "Copy to": ", ".join(self.copies), "Subject": self.subject, "Preview": self.preheader}
        return "\n".join(f"{label}: {said}" for label, said in lines.items() if said)


def drafts(connection: Connection, task: Task) -> Sequence[Draft]:
    """What would be sent when the task is approved; none where nothing waits (any more)."""
    row = runs.find(connection, task.run) if task.kind == "approval" and task.state == "open" else None
    open_ = row.run.open.get(task.rests_at) if row else None
    return [*_drafts(mails_of(open_))] if open_ else []


def _drafts(mails: Mapping[str, JsonValue]) -> Iterator[Draft]:
    for contact, said in mails.items():
        if isinstance(said, dict):
            copies = said.get("cc")
            yield Draft(
                to=_text(said, "name") or contact,
                copies=tuple(map(str, copies)) if isinstance(copies, list) else (),
                subject=_text(said, "subject"),
                preheader=_text(said, "preheader"),
                body=_text(said, "body"),
            )


def _text(said: Mapping[str, JsonValue], name: str) -> str:
    return str(said.get(name) or "")
