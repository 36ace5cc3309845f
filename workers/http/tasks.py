"""Tasks and escalations: listed, and acted on by people. The first outcome wins."""

from collections.abc import Callable
from typing import Annotated, Any, Literal, TypeVar

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from activities import tasks
from activities.host import Host
from activities.store import tasks as rows
from activities.tasks import Answer, NoSuchTask, Refused
from engine.run import Task
from workers.acting import known_person, outcome_of
from workers.http.auth import Reader
from workers.http.bodies import Instant, Name, Said, Words
from workers.http.describing import Responses, given_a_body, gives, takes
from workers.http.examples import TASK, TASK_WHOLE
from workers.http.faults import Fault, Json
from workers.http.hosting import OurHost
from workers.http.once import Operated, Order, Reply
from workers.http.paging import Page
from workers.looking import task_told
from workers.views import page, task_view

router = APIRouter(tags=["tasks"])


class TasksWanted(Page):
    account: Name | None = None
    person: Name | None = None
    playbook: Name | None = None
    run: Name | None = None
    state: Literal["open", "done", "withdrawn"] | None = None
    due_by: Instant | None = Field(None, description="Only those that are due by then")


@router.get(
    "/tasks",
    summary="Tasks",
    responses=gives({"items": [TASK], "next": TASK["id"]}, "A page; `next` is the `after` of the one that follows"),
)
def list_tasks(host: OurHost, _: Reader, wanted: Annotated[TasksWanted, Query()]) -> Response:
    """By id."""
    found = host.database.read(lambda connection: rows.listed(connection, **wanted.model_dump()))
    return Json(page([task_view(one) for one in found], "id", wanted.limit))


@router.get("/tasks/{task}", summary="A task", responses=gives(TASK_WHOLE, "The task with its history", 404))
def get_task(task: str, host: OurHost, _: Reader) -> Response:
    """With everything that anybody did with it."""
    return Json(host.database.read(lambda connection: task_told(connection, _known(rows.find(connection, task), task))))


# --- what people do

Act = TypeVar("Act", bound=Callable[..., Response])


class Word(Said):
    by: Name | None = Field(None, description="Who acts; without it, the name of the token")
    note: Words | None = Field(None, description="A word about it, kept in the task's history")


class Completion(Word):
    outcome: Name | None = Field(None, description="One of the task's outcomes; without it done, if it has no own")


class Snooze(Word):
    until: Instant = Field(description="When it is reminded of again; when it is due stays")


class Reassignment(Word):
    to: Name = Field(description="The id of a colleague in people.yaml")


class Claim(Said):
    by: Name = Field(description="The id of the colleague who takes it")


class Note(Said):
    note: Words
    by: Name | None = Field(None, description="Who says so; without it, the name of the token")


class Acknowledgement(Said):
    by: Name | None = Field(None, description="Who takes it on; without it, the name of the token")


def _answers() -> Responses:
    return given_a_body(TASK, "The task as it now stands", 404, 409)


def _act(
    path: str, summary: str, model: type[Said], example: dict[str, Any], *, required: bool = True
) -> Callable[[Act], Act]:
    """A route for something that people do with a task."""
    extra = takes(model, example, required=required)
    return router.post(f"/tasks/{{task}}/{path}", summary=summary, responses=_answers(), openapi_extra=extra)


@_act("complete", "Close a task with an outcome", Completion, {"outcome": "done", "by": "noor"}, required=False)
def complete(task: str, order: Operated) -> Response:
    """The first outcome wins: whoever comes second is told 409 with the task as it stands. Of a task that was opened
    again the run hears nothing.
    """
    said = order.said(Completion)
    return _done(
        order,
        task,
        lambda host, one: tasks.complete(host, task, outcome_of(one, said.outcome), order.by(said.by), said.note),
    )


@_act("snooze", "Put a task off", Snooze, {"until": "2026-03-09T09:00:00Z", "by": "noor", "note": "Kim is away"})
def snooze(task: str, order: Operated) -> Response:
    """Holds its reminders until then, a year after it is due at most; when it is due stays."""
    said = order.said(Snooze)
    return _done(order, task, lambda host, _: tasks.snooze(host, task, said.until, order.by(said.by), said.note))


@_act("reassign", "Give a task to somebody else", Reassignment, {"to": "ana", "by": "noor"})
def reassign(task: str, order: Operated) -> Response:
    """When it is due stays."""
    said = order.said(Reassignment)
    return _done(
        order,
        task,
        lambda host, _: tasks.reassign(host, task, known_person(host, said.to), order.by(said.by), said.note),
    )


@_act("claim", "Take a task on", Claim, {"by": "ana"})
def claim(task: str, order: Operated) -> Response:
    """The task is that colleague's from now on."""
    said = order.said(Claim)
    return _done(order, task, lambda host, _: tasks.claim(host, task, known_person(host, said.by)))


@_act("note", "Write a word into a task's history", Note, {"note": "Spoke to Kim, she decides on Friday", "by": "noor"})
def note(task: str, order: Operated) -> Response:
    """Also on a task that is closed."""
    said = order.said(Note)
    return _done(order, task, lambda host, _: tasks.note(host, task, said.note, order.by(said.by)))


@_act("acknowledge", "Take an escalation on", Acknowledgement, {"by": "noor"}, required=False)
def acknowledge(task: str, order: Operated) -> Response:
    """Stops its ladder."""
    said = order.said(Acknowledgement)
    return _done(order, task, lambda host, _: tasks.acknowledge(host, task, order.by(said.by)))


@_act("reopen", "Open a task again", Word, {"by": "noor", "note": "It was not done after all"}, required=False)
def reopen(task: str, order: Operated) -> Response:
    """The run went on when it was closed, and does not go back; what decided on a mail stays closed (409)."""
    said = order.said(Word)
    return _done(order, task, lambda host, _: tasks.reopen(host, task, order.by(said.by), said.note))


def _done(order: Order, task: str, act: Callable[[Host, Task], Answer]) -> Response:
    def work(host: Host) -> Reply:
        one = _known(host.database.read(lambda connection: rows.find(connection, task)), task)
        answer = act(host, one)
        return _refused(answer) if isinstance(answer, Refused) else Reply(200, task_view(answer.task))

    return order.once(work)


def _refused(answer: Refused) -> Reply:
    if answer.wrong:
        fix = f"Send it again with another {answer.wrong}"
        fault = Fault(400, "invalid", answer.reason, fix, answer.wrong, {"task": task_view(answer.task)})
        return Reply(fault.status, fault.problem())
    over = answer.task.state != "open"
    kind = "done-already" if over else "not-possible"
    fix = "Nothing is to be done; `task` is how it stands" if over else "See `task` for how it stands"
    fault = Fault(409, kind, answer.reason, fix, more={"task": task_view(answer.task)})
    return Reply(409, fault.problem())


def _known(found: Task | None, task: str) -> Task:
    if found is None:
        raise NoSuchTask(task)
    return found
