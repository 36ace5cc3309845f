"""Words of the trace, said whole to a person who is waiting for an answer."""

from collections.abc import Mapping

from engine.plan import Start
from engine.render.flow import again_words

_BARS: Mapping[str, str] = {
    "live": "a run of it is live already",
    "again": "its `again` does not let the account in yet",
    "goal": "its goal is reached already",
    "stop": "its stop holds already",
    "stage": "the account is not in its stage or tier",
    "holdout": "the account is held out of all playbooks",
    "anchor": "the date that its days count from is not known",
    "unknown": "there is no such account",
    "paused": "its starts are paused",
    "for": "its condition has not been true for long enough yet",
    "limit": "its limit is reached",
    "rate": "it was entered more than 20 times within an hour",
    "depth": "playbooks start one another without an end",
    "dropped": "a person has let the held start be",
    "late": "it was told too late: what is past starts nothing",
    "event": "the event is none of those that start it",
    "not held": "no start of it is held",
    "only": "it is none of those that are meant",
    "nobody": "there is no such contact or record of the account",
    "no_contact": "the event does not say which contact it comes from, and there is a run for each of them",
    "parameters": "a value of its parameters, given or its own, does not fit",
    "not applied": "it is not applied",
    "not by hand": "it starts by its condition only; write 'by_hand: true' below 'start' to allow both",
}


def why_held(reason: str) -> str:
    """Of a start that waits for a person. A pause may be over by now, and what was held during it waits still."""
    return "held while its starts were paused" if reason == "paused" else why_barred(reason)


def why_barred(reason: str) -> str:
    return _BARS.get(reason, reason)


def bars_of(start: Start) -> Mapping[str, str]:
    """What each word that bars a start means for this playbook."""
    return {**_BARS, "again": f"its `again` lets the account in {again_words(start.again)}"}
