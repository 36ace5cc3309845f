"""Runs: listed, shown with what they wait for, and operated on."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from activities import runs
from activities.host import Host
from activities.runs import NoSuchRun
from activities.store import inputs
from activities.store import runs as rows
from activities.store.runs import RunRow
from workers.acting import NotPossible, carry_out, discardable, faulted, paused, resumed, skipped, stopped
from workers.acting import Order as Ordered
from workers.http.auth import Reader
from workers.http.bodies import Name, Said
from workers.http.describing import given_a_body, gives, takes
from workers.http.examples import RUN, RUN_WHOLE
from workers.http.faults import Json
from workers.http.hosting import OurHost
from workers.http.once import Operated, Order, Reply
from workers.http.paging import Page
from workers.looking import run_told, run_views, trace_told
from workers.views import page

router = APIRouter(tags=["runs"])

State = Literal["running", "paused", "attention", "ended"]
# As workers.views says what state a run is in.
_STATES: dict[State | None, dict[str, Any]] = {
    None: {},
    "ended": {"live": False},
    "attention": {"live": True, "attention": True},
    "paused": {"live": True, "attention": False, "paused": True},
    "running": {"live": True, "attention": False, "paused": False},
}


class RunsWanted(Page):
    account: Name | None = None
    playbook: Name | None = None
    state: State | None = None
    outcome: Name | None = Field(None, description="Only those that ended so")


@router.get(
    "/runs",
    summary="Runs",
    responses=gives({"items": [RUN], "next": RUN["id"]}, "A page; `next` is the `after` of the one that follows"),
)
def list_runs(host: OurHost, _: Reader, wanted: Annotated[RunsWanted, Query()]) -> Response:
    """By id."""
    chosen: dict[str, Any] = {"account": wanted.account, "playbook": wanted.playbook, "outcome": wanted.outcome}
    found = host.database.read(
        lambda connection: run_views(
            connection,
            rows.listed(connection, **chosen, **_STATES[wanted.state], after=wanted.after, limit=wanted.limit),
        )
    )
    return Json(page(found, "id", wanted.limit))


@router.get(
    "/runs/{run}", summary="A run", responses=gives(RUN_WHOLE, "Where it stands, what it waits for, its trace", 404)
)
def get_run(run: str, host: OurHost, _: Reader) -> Response:
    """The steps that it rests at, its tasks and messages, and its trace with the reasons."""
    return Json(
        host.database.read(
            lambda connection: {
                **run_told(connection, host, _row(rows.find(connection, run), run)),
                "trace": trace_told(connection, run),
            }
        )
    )


# --- what operators do


class Word(Said):
    by: Name | None = Field(None, description="Who says so; without it, the name of the token")


class SkipWord(Word):
    path: Name | None = Field(None, description="The step, by its path or its id, when the run rests at several")


class DiscardWord(Word):
    input: int | None = Field(None, description="Its number, where it is not the first that waits")


class StopWord(Word):
    outcome: Name = Field("stopped", description="What the run's outcome will be")


_TOLD = {"run": RUN["id"], "told": ["pause"]}
_ANSWERS = {
    **given_a_body(_TOLD, "There was nothing to do: it is so already; `told` is empty", 404, 409),
    202: gives(_TOLD, "The run is told and does it in a moment")[200],
}


@router.post(
    "/runs/{run}/pause",
    summary="Hold a run",
    status_code=202,
    responses=_ANSWERS,
    openapi_extra=takes(Word, {"by": "noor"}, required=False),
)
def pause(run: str, order: Operated) -> Response:
    """Nothing is begun until it is resumed; what happens meanwhile is kept for it."""
    return _operated(run, order, order.said(Word).by, paused_one)


@router.post(
    "/runs/{run}/resume",
    summary="Let a run go on",
    status_code=202,
    responses=_ANSWERS,
    openapi_extra=takes(Word, {"by": "noor"}, required=False),
)
def resume(run: str, order: Operated) -> Response:
    """A paused run goes on; a step that waits in attention, or the input at which the run failed, is tried again."""
    by = order.by(order.said(Word).by)

    def work(host: Host) -> Reply:
        row = _live(host, run)
        orders, broken = resumed([row]), faulted([row])
        carry_out(host, orders, by)
        if broken:
            runs.mend(host, broken)
        return _reply(run, [*(one.verb for one in orders), *("retry" for _ in broken)])

    return order.once(work)


@router.post(
    "/runs/{run}/skip",
    summary="Skip the step that a run rests at",
    status_code=202,
    responses=_ANSWERS,
    openapi_extra=takes(SkipWord, {"path": "review", "by": "noor"}, required=False),
)
def skip(run: str, order: Operated) -> Response:
    """When it rests at several, `path` says which."""
    said = order.said(SkipWord)
    return _operated(run, order, said.by, lambda row: [skipped(row, said.path)])


@router.post(
    "/runs/{run}/stop",
    summary="End a run",
    status_code=202,
    responses=_ANSWERS,
    openapi_extra=takes(StopWord, {"outcome": "stopped", "by": "noor"}, required=False),
)
def stop(run: str, order: Operated) -> Response:
    """At once, in the middle of whatever it does; its open tasks are taken back."""
    said = order.said(StopWord)
    return _operated(run, order, said.by, lambda row: stopped([row], said.outcome))


@router.post(
    "/runs/{run}/discard",
    summary="Let a failed run go on without an input",
    status_code=202,
    responses=_ANSWERS,
    openapi_extra=takes(DiscardWord, {"by": "noor"}, required=False),
)
def discard(run: str, order: Operated) -> Response:
    """The one at which it failed five times, or that of the number `input`: what was told by it is lost to this run."""
    said = order.said(DiscardWord)

    def work(host: Host) -> Reply:
        row = _live(host, run)
        unread = host.database.read(lambda connection: inputs.unread(connection, run))
        runs.discard_input(host, run, discardable(unread, row, said.input).seq, order.by(said.by))
        return _reply(run, ["discard"])

    return order.once(work)


def paused_one(row: RunRow) -> list[Ordered]:
    return paused([row])


def _operated(run: str, order: Order, by: str | None, choose: Callable[[RunRow], list[Ordered]]) -> Response:
    def work(host: Host) -> Reply:
        orders = choose(_live(host, run))
        carry_out(host, orders, order.by(by))
        return _reply(run, [one.verb for one in orders])

    return order.once(work)


def _reply(run: str, told: Sequence[str]) -> Reply:
    return Reply(202 if told else 200, {"run": run, "told": list(told)})


def _live(host: Host, run: str) -> RunRow:
    """Raises NoSuchRun, and NotPossible for one that has ended."""
    row = _row(host.database.read(lambda connection: rows.find(connection, run)), run)
    if row.outcome is not None:
        raise NotPossible(f"{run} has ended already: {row.outcome}", "What has ended stays so; a new start begins anew")
    return row


def _row(row: RunRow | None, run: str) -> RunRow:
    if row is None:
        raise NoSuchRun(run)
    return row
