"""What people do with the mails that they get, and which steps of a run hear of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final, get_args

from engine.facts import Fact
from engine.plan import Plan
from engine.run import Answered, Run, Said
from engine.vocabulary import Vocabulary

ANSWERS: Final[tuple[Said, ...]] = get_args(Said)
LASTING: Final[frozenset[Said]] = frozenset({"unsubscribe", "bounce"})
"""Those that keep every mail to come from going."""
EVENTS: Final[Mapping[Said, str]] = {
    "open": "mail_opened",
    "click": "mail_clicked",
    "reply": "mail_replied",
    "bounce": "mail_bounced",
    "unsubscribe": "mail_unsubscribed",
}


def fact_of(
    name: str, account: str, contact: str, verb: Said, at: datetime, said: Mapping[str, str] | None = None
) -> Fact:
    """The answer as an event of the account; `said` are its fields beside the contact."""
    return Fact(id=name, account=account, at=at, event=EVENTS[verb], data={"contact": contact, **(said or {})})


def heard_by(
    run: Run, contact: str, verb: Said, at: datetime, happened: datetime | None = None, why: str | None = None
) -> Iterator[Answered]:
    """An input for each step that is writing to the contact, and was so already when it `happened`: what is told late
    of a mail of before ends no step that has begun since. `why` is the word for it in traces.
    """
    for open_ in run.open.values():
        people = open_.memo.get("people")
        if isinstance(people, dict) and contact in people and (happened is None or open_.since <= happened):
            yield Answered(at=at, path=open_.path, visit=open_.visit, to=contact, verb=verb, why=why)


def is_heard_of(verb: Said, plan: Plan, vocabulary: Vocabulary) -> bool:
    """Whether the playbook, or a metric, hears of such answers whichever mail they are to."""
    event = EVENTS[verb]
    counted = any(one.event == event for one in vocabulary.metrics.values())
    specs = [spec for step in plan.steps.values() for spec in step.specs]
    ends = [one.event for spec in specs for one in getattr(spec, "events", {}).values()]
    return counted or event in {plan.start.on, *ends, *(getattr(spec, "on", None) for spec in specs)}
