"""Playbooks started by a person's word; starts that are held, and pauses under which they are."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Annotated, Self

from fastapi import APIRouter, Query
from pydantic import Field, JsonValue, model_validator
from starlette.responses import Response

from activities import releasing, starts
from activities.host import Host
from activities.starts import Barred, NoSuchPlaybook, Tally
from engine.entering import Given
from engine.parameters import packed
from engine.tailoring import Unfit
from workers.choosing import chosen
from workers.holding import held_view, tally_view
from workers.http.auth import Reader
from workers.http.bodies import Name, Said, Words
from workers.http.describing import given_a_body, gives, takes
from workers.http.examples import HELD, RUN
from workers.http.faults import Fault, Json, not_found
from workers.http.hosting import OurHost
from workers.http.once import Operated, Reply
from workers.http.paging import Page
from workers.views import View
from workers.wording import why_barred

router = APIRouter(tags=["playbooks"])

MOST = 1_000  # accounts that one call may name
Several = Annotated[list[Name], Field(min_length=1, max_length=MOST)]


class Start(Said):
    """One account, several, or those for which a condition is true."""

    account: Name | None = Field(None, description="This one; the answer is its run")
    accounts: Several | None = Field(None, description=f"These, at most {MOST}")
    where: Words | None = Field(None, description=f"Those for which this condition is true, if they are at most {MOST}")
    given: dict[Name, bool | int | Decimal | Name] = Field(
        default_factory=dict, alias="with", description="Values in place of the defaults of the playbook's parameters"
    )
    dry_run: bool = Field(False, description="Tell who would start and who is barred, and do nothing")
    by: Name | None = Field(None, description="Who starts it; without it, the name of the token")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if sum(one is not None for one in (self.account, self.accounts, self.where)) != 1:
            raise ValueError("say one of account, accounts and where")
        return self


class Release(Said):
    accounts: Several | None = Field(None, description="Of these; without it, of every account that is held")
    drop: bool = Field(False, description="Hold them no more, and start nothing")
    dry_run: bool = Field(False, description="Tell who would start and who is barred, and do nothing")
    by: Name | None = Field(None, description="Who releases; without it, the name of the token")


class Pause(Said):
    by: Name | None = Field(None, description="Who says so; without it, the name of the token")


_TALLY = {"started": {"acme": RUN["id"]}, "barred": {"live": ["globex"]}}
_PAUSED = {"playbook": RUN["playbook"], "starts": "paused"}


@router.post(
    "/playbooks/{playbook}/start",
    summary="Start a playbook by hand",
    status_code=201,
    responses={
        **given_a_body({"run": RUN["id"]}, "The run has begun", 404, 409, status=201),
        200: gives(_TALLY, "Of several accounts: who has started and who is barred, by reason")[200],
    },
    openapi_extra=takes(Start, {"account": "acme", "by": "noor"}),
)
def start(playbook: str, order: Operated) -> Response:
    """For one account or several. Stage, tier, `again` and one live run at a time apply; the condition does not."""
    said = order.said(Start)
    by = order.by(said.by)
    if said.account is not None and not said.dry_run:
        account = said.account
        return order.once(lambda host: _started(host, playbook, account, by, packed(said.given)))
    return order.once(lambda host: _started_all(host, playbook, said, by))


def _started(host: Host, playbook: str, account: str, by: str | None, given: Given) -> Reply:
    with _known(playbook):
        answer = starts.start(host, playbook, account, by, given)
    if isinstance(answer, Barred):
        reason: dict[str, str] = {"reason": answer.reason}
        detail = f"{playbook} did not start for {account}: {why_barred(answer.reason)}"
        return Reply(409, Fault(409, "not-possible", detail, more=reason).problem())
    several: list[JsonValue] = list(answer.runs)
    return Reply(201, {"run": answer.run} | ({"runs": several} if len(several) > 1 else {}))


def _started_all(host: Host, playbook: str, said: Start, by: str | None) -> Reply:
    ids = [said.account] if said.account is not None else said.accounts or chosen(host, where=said.where)
    if len(ids) > MOST and not said.dry_run:
        detail = f"the condition is true for {len(ids)} accounts, and one call starts at most {MOST}"
        raise Fault(422, "invalid", detail, "Name them in parts, or use `playbook start --where`", "body.where")
    return _tallied(
        playbook,
        lambda: starts.foresee(host, playbook, ids, packed(said.given)),
        lambda: starts.start_all(host, playbook, ids, by, packed(said.given)),
        dry=said.dry_run,
    )


# --- starts that are held


class HeldWanted(Page):
    playbook: Name | None = None
    account: Name | None = None


@router.get(
    "/held",
    summary="Starts that are held for a person",
    responses=gives({"items": [HELD], "next": "renewal-risk|acme|"}, "A page; `next` is the `after` of the next one"),
)
def list_held(host: OurHost, _: Reader, wanted: Annotated[HeldWanted, Query()]) -> Response:
    """By playbook and account: over a limit, during a pause, or of rules that start one another without an end."""
    playbook, account, subject = (*wanted.after.split("|", 2), "", "")[:3]
    found = host.database.read(
        lambda connection: releasing.waiting(
            connection,
            host,
            playbook=wanted.playbook,
            account=wanted.account,
            after=(playbook, account, subject),
            limit=wanted.limit,
        )
    )
    items: list[JsonValue] = [held_view(one) for one in found]
    one = found[-1] if len(found) == wanted.limit else None
    last = f"{one.playbook}|{one.account}|{one.subject}" if one else None
    return Json({"items": items, "next": last})


@router.post(
    "/playbooks/{playbook}/release",
    summary="Start what is held",
    responses=given_a_body(_TALLY, "Who has started and who is barred, by reason", 404),
    openapi_extra=takes(Release, {"accounts": ["acme"], "by": "noor"}, required=False),
)
def release(playbook: str, order: Operated) -> Response:
    """As when it was held, whether or not its condition still holds; stage, tier, `again`, goal and stop apply."""
    said = order.said(Release)
    return order.once(lambda host: _released(host, playbook, said, order.by(said.by)))


def _released(host: Host, playbook: str, said: Release, by: str | None) -> Reply:
    ids = said.accounts or releasing.held_of(host, playbook)[:MOST]
    if said.drop and not said.dry_run:
        return Reply(200, {"dropped": releasing.drop(host, playbook, ids, by)})

    def act() -> Tally:
        seen = releasing.foresee(host, playbook, ids)
        done = releasing.release(host, playbook, list(seen.started), by)
        done.add(Tally(barred=seen.barred))
        return done

    return _tallied(playbook, lambda: releasing.foresee(host, playbook, ids), act, dry=said.dry_run)


@router.post(
    "/playbooks/{playbook}/pause",
    summary="Hold a playbook's starts",
    responses=given_a_body(_PAUSED, "From now on its starts are held", 404),
    openapi_extra=takes(Pause, {"by": "noor"}, required=False),
)
def pause(playbook: str, order: Operated) -> Response:
    """Its runs go on."""
    said = order.said(Pause)

    def work(host: Host) -> Reply:
        with _known(playbook):
            releasing.pause(host, playbook, order.by(said.by))
        return _told(playbook, "paused")

    return order.once(work)


@router.post(
    "/playbooks/{playbook}/resume",
    summary="Let a playbook start again",
    responses=given_a_body({**_PAUSED, "starts": "resumed"}, "Accounts are let in again", 404),
    openapi_extra=takes(Pause, {"by": "noor"}, required=False),
)
def resume(playbook: str, order: Operated) -> Response:
    """What is held stays so until it is released."""
    order.said(Pause)

    def work(host: Host) -> Reply:
        if not releasing.resume(host, playbook):
            raise not_found(f"the starts of '{playbook}' are not paused")
        return _told(playbook, "resumed")

    return order.once(work)


@contextmanager
def _known(playbook: str) -> Iterator[None]:
    try:
        yield
    except NoSuchPlaybook as unknown:
        raise not_found(f"no playbook '{playbook}' is applied", str(unknown)) from None
    except Unfit as unfit:
        detail = f"{playbook} cannot be started with these values: {unfit}"
        raise Fault(400, "invalid", detail, "Mend them and send it again", "body.with") from None


def _tallied(playbook: str, foresee: Callable[[], Tally], act: Callable[[], Tally], *, dry: bool) -> Reply:
    with _known(playbook):
        tally = foresee() if dry else act()
    return Reply(200, tally_view(tally, done=not dry))


def _told(playbook: str, starts_: str) -> Reply:
    body: View = {"playbook": playbook, "starts": starts_}
    return Reply(200, body)
