"""The application: every noun's routes, and a problem for everything that goes wrong."""

from collections.abc import Sequence

from fastapi import Depends, FastAPI

from activities.host import Host
from workers.http import (
    accounts,
    choices,
    facts,
    faults,
    health,
    metrics,
    outbox,
    playbooks,
    results,
    runs,
    sendgrid,
    slack,
    suppressions,
    tasks,
    why,
)
from workers.http.describing import describe
from workers.http.health import Dependency
from workers.http.metrics import Tally
from workers.http.slack import Door
from workers.settings_values import ApiToken

DESCRIPTION = """\
Facts in; accounts, runs, tasks and messages out; and what people and operators do.

Every error is `application/problem+json` with what went wrong, where, and what to do about it. Instants carry a zone
and are given back in UTC. Numbers are exact. Listings come in pages: `next` of one is `after` of the following.
"""


def make_app(
    host: Host,
    tokens: Sequence[ApiToken] = (),
    dependencies: Sequence[Dependency] = (),
    keys: sendgrid.Keys = sendgrid.NO_KEYS,
    door: Door | None = None,
) -> FastAPI:
    """`dependencies` are those beside the host's own; `door` is where Slack comes in. Without tokens, only
    programs on this machine may call.
    """
    app = FastAPI(
        title="Playbooks",
        version="1",
        description=DESCRIPTION,
        dependencies=[Depends(faults.plain_address), Depends(faults.known_names)],
        docs_url=None,  # its pages are loaded from elsewhere
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.host, app.state.tokens, app.state.tally = host, tuple(tokens), Tally()
    app.state.sendgrid, app.state.slack = keys, door
    app.state.dependencies = [*health.of_host(host), *dependencies]
    faults.install(app)
    nouns = (facts, accounts, runs, tasks, playbooks, results, why, outbox, suppressions, health, metrics)
    for noun in (*nouns, sendgrid, slack, choices):
        app.include_router(noun.router)
    describe(app)
    return app
