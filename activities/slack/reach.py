"""Why Slack could not be asked, for `playbook doctor`: nobody answered, or something that is not Slack."""

from collections.abc import Callable, Mapping
from http.client import IncompleteRead

from slack_sdk.errors import SlackApiError

from activities.slack.client import API, TimedClient
from activities.transport import Finding, Refused, Sent
from activities.verdict import TRY_AGAIN


def trouble(
    name: str,
    client: TimedClient,
    error: Exception,
    refusal: Callable[[Refused], Finding],
    unknown: str = "Slack cannot be used now.",
) -> Finding:
    """`refusal` is what to say where Slack itself refused, `unknown` where nothing came of asking. Raises `error` where
    it is a fault of ours.
    """
    own, where = client.base_url == API, client.base_url
    if said := _not_slack(client, error):
        fix = (
            "Look for a proxy that answers in its place."
            if own
            else f"Mend SLACK_API_URL; without it Slack's own is asked ({API})."
        )
        message = f"{unknown} What answers at {where} is not Slack's API ({said})."
        return Finding(name, ok=False, message=message, fix=fix, away=own)
    answer = client.answer_to(error)
    if isinstance(answer, Refused):
        return refusal(answer)
    reason = "" if isinstance(answer, Sent) else f" {answer.reason}"
    fix = "Check the network and status.slack.com." if own else "Check the network, and whether SLACK_API_URL is right."
    return Finding(name, ok=False, message=f"{unknown} {where}:{reason}", fix=fix, away=True)


def _not_slack(client: TimedClient, error: Exception) -> str:
    """What somebody else has answered; empty where it may be Slack that did, or nobody."""
    if not isinstance(error, SlackApiError):
        strange = client.exchange.reached and not isinstance(error, OSError | IncompleteRead)
        return "no answer in its form" if strange else ""
    status, told = error.response.status_code, error.response.data
    if status >= 500 or status in TRY_AGAIN or (isinstance(told, Mapping) and _is_refusal(told)):
        return ""
    return f"HTTP {status}, {_kind(error.response.headers)}"


def _is_refusal(told: Mapping[object, object]) -> bool:
    """Slack's word for an error is one; the vendor's client says in a sentence that it could not read the answer."""
    code = told.get("error")
    return told.get("ok") is False and isinstance(code, str) and code.isidentifier()


def _kind(headers: Mapping[str, str]) -> str:
    lower = {name.lower(): value for name, value in headers.items()}
    return lower.get("content-type", "").partition(";")[0].strip() or "of no kind"
