"""How settings that are more than a word are read: text in, a value or a ValueError that says what is wrong out.

A message never repeats a secret.
"""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parseaddr
from enum import StrEnum
from urllib.parse import urlsplit, urlunsplit

from pydantic import SecretStr

SHORTEST_TOKEN = 16  # characters; the intake is meant to be reachable from outside
SHORTEST_SECRET = 32  # characters; what it signs is in the hands of everybody who gets mail
RESERVED = frozenset({"test", "example", "invalid", "localhost", "local"})
NAME = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class ClockSetting:
    """`scale` logical seconds pass in one real second; `origin` is the logical instant of the start (None: now)."""

    scale: int = 1
    origin: datetime | None = None


class Scope(StrEnum):
    READ = "read"
    FACTS = "facts"
    OPERATE = "operate"


@dataclass(frozen=True, slots=True)
class ApiToken:
    """Whoever shows `secret` is `name` and may do what `scopes` say."""

    name: str
    secret: SecretStr
    scopes: frozenset[Scope]


@dataclass(frozen=True, slots=True)
class MailSender:
    address: str
    name: str


def clock(given: object) -> object:
    if not isinstance(given, str) or given == "real":
        return ClockSetting() if given == "real" else given
    match = re.fullmatch(r"scaled:([0-9]+)(?:@(.+))?", given)
    if not match or not int(match[1]):
        raise ValueError("it is neither 'real' nor 'scaled:' with a whole number above 0")
    return ClockSetting(int(match[1]), _instant(match[2]) if match[2] else None)


def _instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is not an instant") from None
    if instant.tzinfo is None:
        raise ValueError(f"{text!r} has no zone (add Z)")
    return instant.astimezone(UTC)


def api_tokens(given: object) -> object:
    if not isinstance(given, str):
        return given
    tokens = tuple(_api_token(number, entry.strip()) for number, entry in enumerate(given.split(","), start=1))
    for name, times in Counter(token.name for token in tokens).items():
        if times > 1:
            raise ValueError(f"{name!r} is there {times} times")
    if len({token.secret.get_secret_value() for token in tokens}) < len(tokens):
        raise ValueError("two names share one token")
    return tokens


def _api_token(number: int, entry: str) -> ApiToken:
    parts = entry.split(":")
    if len(parts) != 3 or not NAME.fullmatch(parts[0]):
        raise ValueError(f"entry {number} is not name:token:scopes")
    name, secret, scopes = parts
    if len(secret) < SHORTEST_TOKEN:
        raise ValueError(f"the token of {name!r} has fewer than {SHORTEST_TOKEN} characters")
    unknown = sorted(set(scopes.split("+")) - set(Scope))
    if unknown:
        raise ValueError(f"{name!r} has scope {unknown[0]!r}, which is none of {', '.join(Scope)}")
    return ApiToken(name, SecretStr(secret), frozenset(map(Scope, scopes.split("+"))))


def link_secrets(given: object) -> object:
    if not isinstance(given, str):
        return given
    secrets = [one.strip() for one in given.split(",")]
    for number, one in enumerate(secrets, start=1):
        if len(one) < SHORTEST_SECRET:
            raise ValueError(f"entry {number} has fewer than {SHORTEST_SECRET} characters")
    return tuple(map(SecretStr, secrets))


def verification_key(given: str) -> str:
    from activities.mail.sendgrid_signature import public_key

    public_key(given)
    return given


def domain(given: str) -> str:
    """Of mail, in lower case."""
    if not re.fullmatch(r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}", given.lower()):
        raise ValueError("it is not a domain")
    return given.lower()


def domains(given: object) -> object:
    """`none` is none at all."""
    if not isinstance(given, str):
        return given
    return (
        frozenset() if given.strip().lower() == "none" else frozenset(domain(one.strip()) for one in given.split(","))
    )


def database_url(given: str) -> str:
    """In the form that SQLAlchemy takes, with the driver that is installed."""
    scheme, separator, rest = given.partition("://")
    if not separator or not rest:
        raise ValueError("it is not an address of a database")
    match scheme:
        case "sqlite":
            return given
        case "postgres" | "postgresql" | "postgresql+psycopg":
            return f"postgresql+psycopg://{rest}"
    raise ValueError(f"{scheme!r} is a database that is not supported")


def masked(url: str) -> str:
    """The address without the password in it."""
    parts = urlsplit(url)
    if parts.password is None:
        return url
    return urlunsplit(parts._replace(netloc=parts.netloc.replace(f":{parts.password}@", ":***@")))


def base_url(given: str) -> str:
    parts = urlsplit(given)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("it is not a web address")
    _name_of_a_host(parts.hostname)
    return given


def _name_of_a_host(host: str) -> None:
    try:
        host.encode("idna")
    except UnicodeError:
        raise ValueError("its host can be no name: a part of it is empty or too long") from None


def host_and_port(given: str) -> str:
    host, _, port = given.rpartition(":")
    if not host or "/" in host or not port.isdecimal() or not 0 < int(port) <= 65535:
        raise ValueError("it is not host:port")
    return given


def smtp_url(given: SecretStr) -> SecretStr:
    """The message never shows what may be a password."""
    parts = urlsplit(given.get_secret_value())
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or parts.path not in {"", "/"}:
        raise ValueError("it is not the address of a mail server")
    _name_of_a_host(parts.hostname)
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        raise ValueError("its port is not one")
    if bool(parts.username) != bool(parts.password):
        raise ValueError("a user comes with a password; what is odd in either is written as %40 and so on")
    return given


def begins(prefix: str) -> Callable[[SecretStr], SecretStr]:
    def checked(given: SecretStr) -> SecretStr:
        if not given.get_secret_value().startswith(prefix):
            raise ValueError(f"it does not begin with '{prefix}'")
        return given

    return checked


def mail_sender(given: object) -> object:
    from email_validator import EmailNotValidError, validate_email

    if not isinstance(given, str):
        return given
    name, address = parseaddr(given)
    if "@" not in address:
        raise ValueError("there is no mail address in it")
    stand_in = ".test" if is_reserved(address) else ""  # other reserved names are refused for being what they are
    try:
        read = validate_email(f"{address}{stand_in}", check_deliverability=False, test_environment=True)
    except EmailNotValidError as why:
        raise ValueError(f"'{address}' cannot be used: {_begun_small(str(why))}") from None
    return MailSender(read.normalized.removesuffix(stand_in), name)


def is_reserved(address: str) -> bool:
    """Whether nobody can have it (RFC 2606, 6761 and 6762): fine as long as mail goes no further than this machine."""
    return address.rpartition("@")[2].rpartition(".")[2].lower() in RESERVED


def _begun_small(sentence: str) -> str:
    return f"{sentence[:1].lower()}{sentence[1:]}".rstrip(".")
