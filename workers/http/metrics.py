"""`GET /metrics`: what runs and what waits, as Prometheus reads it."""

import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from fastapi import APIRouter, Request
from starlette.responses import PlainTextResponse, Response

from activities import wakes
from activities.host import Host
from activities.store import effects, figures, holds
from workers.http.auth import Reader

router = APIRouter(tags=["health"])

Labels = Mapping[str, str]
CONTENT = "text/plain; version=0.0.4; charset=utf-8"
_EXAMPLE = "# HELP playbook_runs_live Runs that have not ended.\n# TYPE playbook_runs_live gauge\n"


@dataclass(slots=True)
class Tally:
    """What this process took in since it started. Safe between threads."""

    posted: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, more: Mapping[str, int]) -> None:
        with self._lock:
            self.posted.update(more)


@router.get(
    "/metrics",
    summary="Figures for Prometheus",
    response_class=PlainTextResponse,
    responses={200: {"description": "The text format", "content": {"text/plain": {"example": _EXAMPLE}}}},
)
def get_metrics(request: Request, _: Reader) -> Response:
    """Facts, runs, tasks, messages, wakes, and by how much the oldest thing that is due is behind."""
    host: Host = request.app.state.host
    tally: Tally = request.app.state.tally
    return Response("\n".join([*_lines(host, tally), ""]), media_type=CONTENT)


def _lines(host: Host, tally: Tally) -> Iterator[str]:
    posted = [({"status": one}, tally.posted[one]) for one in ("stored", "duplicate", "rejected")]
    yield from _family("playbook_facts_posted_total", "counter", "Facts posted to this process, by answer.", posted)
    found = host.database.read(figures.counted)
    yield from _family("playbook_accounts", "gauge", "Accounts that are known.", [({}, found.accounts)])
    yield from _family("playbook_facts_stored", "gauge", "Facts in the database.", [({}, found.facts)])
    live = [({"playbook": name}, number) for name, number in sorted(found.live.items())]
    yield from _family("playbook_runs_live", "gauge", "Runs that have not ended, by playbook.", live)
    yield from _family("playbook_runs_stuck", "gauge", "Live runs that wait for a person.", [({}, found.stuck)])
    held = [
        ({"playbook": name, "reason": reason}, number)
        for (name, reason), number in sorted(host.database.read(holds.counted).items())
    ]
    yield from _family("playbook_starts_held", "gauge", "Starts that wait for a person, by reason.", held)
    yield from _family("playbook_tasks_open", "gauge", "Open tasks and escalations.", [({}, found.tasks)])
    sent = [
        ({"channel": channel, "purpose": purpose, "state": state}, number)
        for (channel, purpose, state), number in sorted(host.database.read(effects.counted).items())
    ]
    yield from _family("playbook_messages", "gauge", "Mails and messages, by what became of them.", sent)
    yield from _family(
        "playbook_wakes_waiting", "gauge", "Runs that Temporal is yet to be told of.", [({}, found.wakes)]
    )
    lag = wakes.lag(host).total_seconds()
    words = "By how much the oldest thing that is due is behind, in real time."
    yield from _family("playbook_oldest_lag_seconds", "gauge", words, [({}, max(lag, 0.0))])


def _family(name: str, kind: str, words: str, samples: Sequence[tuple[Labels, float]]) -> Iterator[str]:
    yield f"# HELP {name} {words}"
    yield f"# TYPE {name} {kind}"
    for labels, value in samples:
        yield f"{name}{_labels(labels)} {value}"


def _labels(labels: Labels) -> str:
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}" if labels else ""


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
