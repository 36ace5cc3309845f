"""Whether Slack opens a connection for what people do there: the app-level token of Socket Mode, tried."""

from datetime import timedelta

from activities.slack.client import API, TimedClient
from activities.slack.reach import trouble
from activities.transport import Finding, Refused
from activities.wire import Deadline

NAME = "slack buttons"
WITHIN = timedelta(seconds=10)


def check_socket_mode(app_token: str, *, api: str = API, within: timedelta = WITHIN) -> Finding:
    """Asks for the address of a connection, and opens none."""
    client = TimedClient(app_token, api, Deadline(within))
    try:
        client.apps_connections_open(app_token=app_token)
    except Exception as error:  # noqa: BLE001 - trouble tells what is outside from a fault of ours
        return trouble(NAME, client, error, _refused, "Slack does not tell whether buttons come back.")
    return Finding(NAME, ok=True, message="They come by Socket Mode while `playbook up` runs.")


def _refused(refused: Refused) -> Finding:
    fix = (
        "Set an app-level token (xapp-…, with the scope connections:write) of this app as SLACK_APP_TOKEN, and "
        "turn Socket Mode on; workers/slack/manifest.yaml says where."
    )
    message = f"Nothing comes back, buttons do nothing: Slack does not open Socket Mode ({refused.code})."
    return Finding(NAME, ok=False, message=message, fix=fix)
