"""Playbooks started by a person's word."""

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from activities import starts
from activities.host import Host
from activities.starts import Barred, NoSuchPlaybook
from workers.http.bodies import Name, Said
from workers.http.describing import given_a_body, takes
from workers.http.examples import RUN
from workers.http.faults import Fault, not_found
from workers.http.once import Operated, Reply
from workers.wording import why_barred

router = APIRouter(tags=["playbooks"])


class Start(Said):
    account: Name
    by: Name | None = Field(None, description="Who starts it; without it, the name of the token")


@router.post(
    "/playbooks/{playbook}/start",
    summary="Start a playbook by hand",
    status_code=201,
    responses=given_a_body({"run": RUN["id"]}, "The run has begun", 404, 409, status=201),
    openapi_extra=takes(Start, {"account": "acme", "by": "noor"}),
)
def start(playbook: str, order: Operated) -> Response:
    """For one account. Stage, tier, `again` and one live run at a time apply; the start condition does not."""
    said = order.said(Start)
    return order.once(lambda host: _started(host, playbook, said.account, order.by(said.by)))


def _started(host: Host, playbook: str, account: str, by: str | None) -> Reply:
    try:
        answer = starts.start(host, playbook, account, by)
    except NoSuchPlaybook as unknown:
        raise not_found(f"no playbook '{playbook}' is applied", str(unknown) or "Run `playbook apply`") from None
    if isinstance(answer, Barred):
        reason: dict[str, str] = {"reason": answer.reason}
        detail = f"{playbook} did not start for {account}: {why_barred(answer.reason)}"
        fix = f"`playbook why {account} {playbook}` says more"
        return Reply(409, Fault(409, "not-possible", detail, fix, more=reason).problem())
    return Reply(201, {"run": answer.run})
