"""Why an account is in a playbook or is not."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from workers.http.auth import Reader
from workers.http.bodies import Instant, Name
from workers.http.describing import gives
from workers.http.examples import WHY_WHOLE
from workers.http.faults import Json
from workers.http.hosting import OurHost
from workers.reasons import why_told

router = APIRouter(tags=["playbooks"])

Subject = Annotated[Name, Query(description="Of a playbook with a run for each contact or record: which one")]
Then = Annotated[Instant | None, Query(alias="at", description="As it stood then; without it, as it stands")]


@router.get(
    "/playbooks/{playbook}/why/{account:path}",
    summary="Why an account is in a playbook, or is not",
    responses=gives(WHY_WHOLE, "How the start stands, part by part, and what was decided before", 404),
)
def why(playbook: str, account: str, host: OurHost, _: Reader, then: Then = None, subject: Subject = "") -> Response:
    """What each part of the start saw, what is unknown and which fact is missing, what scores were made of, when it
    last turned and when time alone could change it.
    """
    told = host.database.read(lambda connection: why_told(connection, host, account, playbook, then, subject))
    return Json(told.to_json())
