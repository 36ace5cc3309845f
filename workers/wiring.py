"""The one place where settings become a host: its database, clock, and a transport for each channel."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from activities.applied import Applied
from activities.clock import Clock, load_clock
from activities.host import Channel, Host
from activities.mail.links import Links
from activities.mail.senders import Senders
from activities.outbox import Outbox
from activities.store import outbox
from activities.store.database import Database
from activities.store.schema import upgrade
from activities.transport import Message, Sender, Transport
from activities.webhook import Webhooks
from workers.environment import environment
from workers.queues import Queues
from workers.settings import Settings

if TYPE_CHECKING:
    from activities.mail.smtp_client import Server

# What is kept in our own database is quick, and a claim that died with its process need not hold anybody up for long.
LOCAL = (timedelta(seconds=2), timedelta(seconds=3), 5.0)  # deadline, lease, seconds of one attempt
REMOTE = (timedelta(seconds=20), timedelta(seconds=30), 45.0)
SLACK_APART = timedelta(seconds=1)  # what Slack takes in one channel or conversation


def open_database(settings: Settings) -> Database:
    """With the newest schema."""
    if settings.database_url.startswith("sqlite"):
        settings.make_home()
    database = Database(settings.database_url)
    upgrade(database)
    return database


def host_from(settings: Settings, stir: Callable[[], None] = lambda: None, database: Database | None = None) -> Host:
    """Raises ClockDiffers when the database runs on another clock than the settings say."""
    database = database or open_database(settings)
    clock = load_clock(database, settings.clock.scale, settings.clock.origin)
    local = Outbox(partial(_keep, database, clock), partial(_holds, database))
    queues = Queues(settings.task_queue)
    mail, apart = remote_mail(settings), _apart(settings.mail_per_second)
    channels = {
        "email": _channel(mail, local, queues.email, apart),
        "notice": _channel(mail, local, queues.notice, apart),
        "slack": _channel(remote_slack(settings), local, queues.slack, SLACK_APART, of_tasks=True),
        "webhook": _channel(remote_webhooks(settings, local), local, queues.webhook),
    }
    links, senders = links_of(settings), senders_of(settings)
    return Host(database, clock, Applied(), channels, stir, links, senders, falls_back(settings))


def falls_back(settings: Settings) -> bool:
    """Whether mails can stand in for messages in Slack: they come from us, not from a colleague."""
    return settings.slack_bot_token is not None and settings.mail_from is not None and has_mail(settings)


def has_mail(settings: Settings) -> bool:
    return settings.smtp_url is not None or settings.sendgrid_api_key is not None


def senders_of(settings: Settings) -> Senders:
    """Without the setting, colleagues at the domain of the sender of all mail write as themselves."""
    own, domains = settings.mail_from, settings.mail_domains
    if own is None:
        return Senders()
    usual = frozenset({own.address.rpartition("@")[2].lower()})
    return Senders(Sender(own.address, own.name), usual if domains is None else domains)


def links_of(settings: Settings) -> Links:
    secrets = tuple(one.get_secret_value() for one in settings.link_secret)
    return Links(secrets, settings.public_url, settings.inbound_domain)


def _channel(
    remote: Transport | None,
    local: Transport,
    queue: str,
    apart: timedelta | None = None,
    *,
    of_tasks: bool = False,
) -> Channel:
    """`of_tasks`: its addresses are conversations in which tasks are shown. Without keys, messages stay in the local
    outbox, which takes as many as come.
    """
    if remote is None:
        return Channel(local, queue, *LOCAL)
    return Channel(remote, queue, *REMOTE, apart=apart, each_address=of_tasks, cards=of_tasks)


def _apart(per_second: float | None) -> timedelta | None:
    return timedelta(seconds=1) / per_second if per_second else None


def remote_mail(settings: Settings, tried: Sequence[str] = ()) -> Transport | None:
    """SendGrid by its key, or any mail server by its address, whose check names the senders `tried` too."""
    sender = Sender(settings.mail_from.address, settings.mail_from.name) if settings.mail_from else None
    if settings.smtp_url is not None:
        from activities.mail.smtp import Smtp

        return Smtp(smtp_server(settings.smtp_url.get_secret_value()), sender=sender, tried=tried)
    if settings.sendgrid_api_key is None:
        return None
    from activities.mail.sendgrid import SendGrid

    return SendGrid(
        settings.sendgrid_api_key.get_secret_value(),
        host=settings.sendgrid_host,
        sender=sender,
        sandbox=settings.sendgrid_sandbox,
        ip_pool=settings.sendgrid_ip_pool,
        domains=senders_of(settings).domains,
    )


def smtp_server(url: str) -> "Server":
    """Of an address that the settings have taken. Without a port: 465 for smtps, 587 with a password, else 25."""
    from activities.mail.smtp_client import Server

    parts = urlsplit(url)
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    tls = parts.scheme == "smtps"
    return Server(parts.hostname or "", parts.port or (465 if tls else 587 if user else 25), user, password, tls)


def remote_slack(settings: Settings) -> Transport | None:
    if settings.slack_bot_token is None:
        return None
    from activities.slack.messages import Slack

    return Slack(settings.slack_bot_token.get_secret_value(), api=settings.slack_api_url)


def remote_webhooks(settings: Settings, local: Transport) -> Transport | None:
    """Each address has a secret of its own, which policy names; one that is not set posts nothing."""
    return Webhooks(environment().get, local) if settings.webhooks else None


def _keep(database: Database, clock: Clock, message: Message) -> None:
    database.write(lambda connection: outbox.keep(connection, message, clock.now()))


def _holds(database: Database, message: str) -> bool:
    return database.read(lambda connection: outbox.holds(connection, message))
