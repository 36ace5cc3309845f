"""What became of mails, and whether playbooks reached their goals."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from activities.mail.results import results_of
from workers.http.auth import Reader
from workers.http.bodies import Instant, Name
from workers.http.describing import gives
from workers.http.examples import RESULT
from workers.http.faults import Json
from workers.http.hosting import OurHost
from workers.results import in_json

router = APIRouter(tags=["playbooks"])


class ResultsWanted(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    playbook: Name | None = Field(None, description="Of this one; without it, of all")
    since: Instant | None = Field(None, description="Mails sent and runs begun from then on; default: 90 days ago")
    within: int = Field(30, ge=1, le=400, description="How many days after it a goal counts")


@router.get(
    "/results",
    summary="What became of mails and playbooks",
    responses=gives({"items": [RESULT]}, "By playbook, step and template, and against those who were held out"),
)
def list_results(host: OurHost, _: Reader, wanted: Annotated[ResultsWanted, Query()]) -> Response:
    """A mail counts once for each thing that came of it. Goals are judged of those that have had the whole time:
    of each playbook the newest, until the facts of 1,000 accounts had to be looked at; `left` says how many are older
    than these, and `playbook results --all` looks at them all.
    """
    since = wanted.since or host.clock.now() - timedelta(days=90)
    return Json({"items": in_json(results_of(host, since, timedelta(days=wanted.within), wanted.playbook))})
