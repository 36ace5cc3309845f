"""The ways that mails and messages take and come back by under these settings, as `playbook up` tells them."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from workers.settings import Settings
from workers.wiring import has_mail, smtp_server

KEPT = "kept here, and sent to nobody (playbook outbox)"


def mail_ways(settings: Settings) -> Iterator[str]:
    """One line of how mails go, and one of each thing that lacks for what comes back."""
    if not has_mail(settings):
        yield KEPT
        return
    own = settings.mail_from
    yield _mail_way(settings) + (f", from {own.name} <{own.address}>" if own else "")
    if not (settings.public_url and settings.link_secret):
        yield "nobody can unsubscribe by a link: set PLAYBOOK_PUBLIC_URL and PLAYBOOK_LINK_SECRET"
    if settings.sendgrid_api_key is not None and settings.sendgrid_event_key is None:
        yield "no bounces, opens and clicks come back: set SENDGRID_EVENT_KEY"


def slack_ways(settings: Settings) -> Iterator[str]:
    """Likewise of messages and what is clicked there."""
    if settings.slack_bot_token is None:
        yield KEPT
        return
    host = urlsplit(settings.slack_api_url).hostname
    sent = "messages go to Slack" if host == "slack.com" else f"messages go to {settings.slack_api_url}, not to Slack"
    if settings.slack_app_token is not None:
        yield f"{sent}, clicks come back over Socket Mode"
    else:
        yield f"{sent}, clicks come back by HTTP to {(settings.public_url or '').rstrip('/')}/slack/…"


def _mail_way(settings: Settings) -> str:
    if settings.smtp_url is not None:
        server = smtp_server(settings.smtp_url.get_secret_value())
        return f"goes out by the mail server {server.host}:{server.port}"
    host = urlsplit(settings.sendgrid_host).hostname
    name = "SendGrid" if host == "api.sendgrid.com" else f"SendGrid ({host})"
    if settings.sendgrid_sandbox:
        return f"is checked by {name} and delivered to nobody (SENDGRID_SANDBOX)"
    return f"goes out by {name}"
