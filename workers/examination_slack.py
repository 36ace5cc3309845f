"""What `playbook doctor` finds of Slack beside its token: what comes back, who is to be found, where we may write."""

from collections.abc import Iterator

from activities.slack.channels import check_channels
from activities.slack.people import check_people
from activities.slack.socketmode import check_socket_mode
from engine.steps.escalate import EscalateSpec
from engine.steps.slack import SlackSpec
from engine.workspace import load
from workers.checking import check
from workers.found import Found
from workers.settings import Settings
from workers.wiring import falls_back


def slack(settings: Settings) -> Iterator[Found]:
    """Whether what people do in Slack comes back, and whether everybody can be reached there."""
    token = settings.slack_bot_token
    if token is None:
        return
    if settings.slack_app_token is not None:
        one = check_socket_mode(settings.slack_app_token.get_secret_value(), api=settings.slack_api_url)
        yield Found.of(one)
    elif settings.slack_signing_secret is not None:
        yield Found("slack buttons", ok=True, message="they come by HTTP to /slack/interactions, /events and /commands")
    else:
        fix = "Set SLACK_APP_TOKEN (Socket Mode), or SLACK_SIGNING_SECRET (HTTP); workers/slack/manifest.yaml says how."
        yield Found("slack buttons", ok=False, message="Nothing comes back: buttons do nothing.", fix=fix)
    yield _instead_of_slack(settings)
    people = load(settings.workspace).people
    by_mail = falls_back(settings)
    for one in check_people(token.get_secret_value(), people, by_mail=by_mail, api=settings.slack_api_url):
        yield Found.of(one)
    for one in check_channels(token.get_secret_value(), channels(settings), api=settings.slack_api_url):
        yield Found.of(one)


def channels(settings: Settings) -> dict[str, tuple[str, ...]]:
    """Each `#channel` that steps name, with the playbooks that do; those of accounts' own fields are not known."""
    named: dict[str, list[str]] = {}
    for id_, plan in sorted(check(settings.workspace).plans.items()):
        for to in sorted({to for step in plan.steps.values() for spec in step.specs for to in _told(spec)}):
            if to.startswith("#"):
                named.setdefault(to, []).append(id_)
    return {name: tuple(playbooks) for name, playbooks in named.items()}


def _told(spec: object) -> tuple[str, ...]:
    match spec:
        case SlackSpec(to=to):
            return (to,)
        case EscalateSpec(channel=str() as channel):
            return (channel,)
    return ()


def _instead_of_slack(settings: Settings) -> Found:
    name, span = "slack fallback", load(settings.workspace).policy.mail_fallback
    if falls_back(settings):
        message = (
            f"what is for colleagues goes by mail when Slack takes nothing for {span} (mail_fallback in policy.yaml)"
        )
        return Found(name, ok=True, message=message)
    message = "Whatever happens to Slack, messages wait for it: no mail from us stands in."
    fix = "Set PLAYBOOK_MAIL_FROM, and SENDGRID_API_KEY or PLAYBOOK_SMTP_URL, to have colleagues told by mail."
    return Found(name, ok=True, message=message, fix=fix)
