"""What `playbook doctor` finds of mail as soon as any leaves the machine: who writes, what it says, what comes back."""

from collections.abc import Iterator, Sequence
from ipaddress import ip_address
from urllib.parse import urlsplit

from activities.transport import Sender
from engine.people import Person
from engine.workspace import load
from workers.found import Found
from workers.settings import Settings
from workers.wiring import has_mail, links_of, senders_of

NO_MAIL = "00000000-0000-0000-0000-000000000000"  # of which an address for what comes back is tried


def letterhead(settings: Settings) -> Iterator[Found]:
    """What many countries' laws want under a mail."""
    if not has_mail(settings):
        return
    lacks = dict(_lacks(settings))
    if not lacks:
        yield _refusable(settings.public_url or "")
        return
    message = f"Mails do not say {', '.join(dict.fromkeys(lacks.values()))}."
    in_policy = ", ".join(f"{key}: …" for key in lacks if key.islower())
    wanted = [f"'mail: {{{in_policy}}}' in policy.yaml"] if in_policy else []
    wanted += [name for name in lacks if name.isupper()]
    yield Found("mail", ok=False, message=message, fix=f"Set {' and '.join(wanted)}.")


def _lacks(settings: Settings) -> Iterator[tuple[str, str]]:
    """A key of policy's `mail`, or a setting, with what is not said for the lack of it."""
    mail = load(settings.workspace).policy.mail
    if not mail.company:
        yield "company", "who writes"
    if not mail.address:
        yield "address", "where they are by post"
    if settings.public_url is None:
        yield "PLAYBOOK_PUBLIC_URL", "how to get no more of them"
    if not settings.link_secret:
        yield "PLAYBOOK_LINK_SECRET", "how to get no more of them"


def _refusable(site: str) -> Found:
    """Every mail says what it must; whether its links are such as mail programs and customers can follow."""
    message = "every mail says who writes, where they are by post, and how to get no more of them"
    if urlsplit(site).scheme == "https":
        return Found("mail", ok=True, message=message)
    fix = "Set PLAYBOOK_PUBLIC_URL to an https:// address that customers reach."
    if _is_here(site):
        message = f"{message}, by links to {site}, which nobody follows from elsewhere"
        return Found("mail", ok=True, message=f"{message}.", fix=fix)
    message = (
        f"Links in mails go to {site}, not to https: mail programs offer no unsubscribing with one click (RFC 8058)."
    )
    return Found("mail", ok=False, message=message, fix=fix)


def _is_here(site: str) -> bool:
    host = urlsplit(site).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def senders(settings: Settings) -> Iterator[Found]:
    """Who writes as themselves, and who does not."""
    own, domains = settings.mail_from, senders_of(settings).domains
    if own is None or not has_mail(settings):
        return
    if not domains:
        message = f"everybody writes as {own.address}, with their own name, and answers go to them"
        yield Found("mail senders", ok=True, message=f"{message} (PLAYBOOK_MAIL_DOMAINS=none)")
        return
    if _domain(own.address) not in domains:
        yield _own_elsewhere(own.address, domains)
    elsewhere = [one for one in _writers(settings) if _domain(one.email or "") not in domains]
    if elsewhere:
        yield _elsewhere(elsewhere, Sender(own.address, own.name), domains)
    else:
        yield Found("mail senders", ok=True, message=f"colleagues at {_listed(domains)} are to write as themselves")


def tried_senders(settings: Settings) -> list[str]:
    """Whom a mail server is asked to take mail from beside the sender of all mail: who stands on the envelopes of
    customer mails, one of each domain.
    """
    own = settings.mail_from
    if own is None:
        return []
    if (returns := links_of(settings).returns_to(NO_MAIL)) is not None:
        return [returns]
    others = [one.email for one in _writers(settings) if one.email and one.email.lower() != own.address.lower()]
    first = {_domain(one): one for one in reversed(others)}
    return [one for domain, one in sorted(first.items()) if domain in senders_of(settings).domains]


def _writers(settings: Settings) -> list[Person]:
    return [one for one in load(settings.workspace).people.everyone if one.active and one.email]


def _own_elsewhere(address: str, domains: frozenset[str]) -> Found:
    message = (
        f"PLAYBOOK_MAIL_FROM ({address}) is not at a domain of PLAYBOOK_MAIL_DOMAINS ({_listed(domains)}): mails "
        "from it go out all the same, and the provider may refuse them or mark them as spam."
    )
    whole = ",".join(sorted({*domains, _domain(address)}))
    fix = f"Set an address at one of them, or have {_domain(address)} verified and set PLAYBOOK_MAIL_DOMAINS={whole}."
    return Found("mail sender", ok=False, message=message, fix=fix)


def _elsewhere(people: Sequence[Person], own: Sender, domains: frozenset[str]) -> Found:
    named = ", ".join(f"{one.id} ({one.email})" for one in people)
    message = (
        f"not at {_listed(domains)}, where colleagues write as themselves: {named}. Their mails to customers come from "
        f"{own.address} with their name, and answers go to them."
    )
    whole = ",".join(sorted({*domains, *(_domain(one.email or "") for one in people)}))
    fix = f"To have them write as themselves, let the provider verify all of PLAYBOOK_MAIL_DOMAINS={whole}, and set it."
    return Found("mail senders", ok=True, message=message, fix=fix)


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower()


def _listed(domains: frozenset[str]) -> str:
    return ", ".join(sorted(domains))


def answers(settings: Settings) -> Iterator[Found]:
    """Whether what becomes of mails comes back, and to where."""
    if settings.sendgrid_event_key is not None and settings.smtp_url is None:
        where = _at(settings, "/sendgrid/events")
        yield Found("mail events", ok=True, message=f"they come by HTTP to {where}, signed (SENDGRID_EVENT_KEY is set)")
    if not has_mail(settings):
        return
    if settings.sendgrid_event_key is None or settings.smtp_url is not None:
        yield _no_events(settings)
    if settings.smtp_url is not None:
        where = f"come back to {settings.inbound_domain}, raw, to {_at(settings, '/sendgrid/inbound')}"
        nowhere = "go to the colleague who writes, and no playbook hears of them (PLAYBOOK_INBOUND_DOMAIN is not set)"
        yield Found("mail bounces", ok=True, message=f"they {where if settings.inbound_domain else nowhere}")
    yield _replies(settings)


def _no_events(settings: Settings) -> Found:
    """SendGrid alone tells them."""
    if settings.smtp_url is not None:
        message = "no events will come back: a mail server tells of no opens, clicks and complaints"
        idle = settings.sendgrid_event_key is not None
        fix = "SENDGRID_EVENT_KEY is for SendGrid: leave it out, or send by SENDGRID_API_KEY." if idle else ""
        return Found("mail events", ok=True, message=f"{message}." if idle else message, fix=fix)
    message = (
        "No events will come back: nothing tells of bounces, complaints and opens, nor that a mail went whose answer "
        "was lost."
    )
    where = _at(settings, "/sendgrid/events")
    fix = f"Point SendGrid's Event Webhook, signed, to {where} and set SENDGRID_EVENT_KEY."
    return Found("mail events", ok=False, message=message, fix=fix)


def _replies(settings: Settings) -> Found:
    where = _at(settings, "/sendgrid/inbound")
    if settings.inbound_domain is not None:
        message = f"those to {settings.inbound_domain} come to {where}, signed (SENDGRID_INBOUND_KEY is set)"
        return Found("mail replies", ok=True, message=message)
    message = "they go to the colleague who writes, and no playbook hears of them (PLAYBOOK_INBOUND_DOMAIN is not set)"
    if settings.sendgrid_inbound_key is None:
        return Found("mail replies", ok=True, message=message)
    fix = f"SENDGRID_INBOUND_KEY is set, so set also the domain whose mail Inbound Parse posts to {where}."
    return Found("mail replies", ok=True, message=f"{message}.", fix=fix)


def _at(settings: Settings, path: str) -> str:
    return f"{(settings.public_url or '').rstrip('/')}{path}"
