"""What is wrong with the settings: one sentence each, all at once, never with a secret's value."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from pydantic import ValidationError

VENDORS = ("PLAYBOOK_", "TEMPORAL_", "SENDGRID_", "SLACK_")

# A setting that is of no use without another: (given, any of these must be too, why).
NEEDS = (
    ("SENDGRID_API_KEY", ("PLAYBOOK_MAIL_FROM",), "mail needs a sender that SendGrid has verified"),
    ("PLAYBOOK_SMTP_URL", ("PLAYBOOK_MAIL_FROM",), "mail needs a sender that the server lets through"),
    ("PLAYBOOK_MAIL_DOMAINS", ("PLAYBOOK_MAIL_FROM",), "somebody writes for whoever is elsewhere"),
    ("PLAYBOOK_PUBLIC_URL", ("PLAYBOOK_LINK_SECRET",), "links in mails are signed with it"),
    ("PLAYBOOK_INBOUND_DOMAIN", ("PLAYBOOK_LINK_SECRET",), "the addresses for replies are signed with it"),
    ("PLAYBOOK_INBOUND_DOMAIN", ("SENDGRID_INBOUND_KEY",), "replies that come to it could not be trusted"),
    ("SLACK_BOT_TOKEN", ("SLACK_SIGNING_SECRET", "SLACK_APP_TOKEN"), "clicks in Slack could not be trusted or heard"),
    ("SLACK_SIGNING_SECRET", ("SLACK_BOT_TOKEN",), "nothing could be posted to Slack"),
    ("SLACK_APP_TOKEN", ("SLACK_BOT_TOKEN",), "nothing could be posted to Slack"),
    ("TEMPORAL_TLS_CLIENT_CERT_PATH", ("TEMPORAL_TLS_CLIENT_KEY_PATH",), "a certificate is shown with its key"),
    ("TEMPORAL_TLS_CLIENT_KEY_PATH", ("TEMPORAL_TLS_CLIENT_CERT_PATH",), "a key is shown with its certificate"),
    ("TEMPORAL_API_KEY", ("TEMPORAL_ADDRESS",), "a key is for a server elsewhere"),
)


class InvalidSettings(Exception):
    """Settings are missing or wrong; `problems` holds a sentence for each."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


@dataclass(frozen=True, slots=True)
class Described:
    """A setting as a person knows it."""

    name: str
    must_be: str
    example: str
    secret: bool


def sentences(wrong: ValidationError, by_field: Mapping[str, Described]) -> Iterator[str]:
    for error in wrong.errors(include_url=False):
        setting = by_field[str(error["loc"][0])]
        raised = error.get("ctx", {}).get("error")
        what = f": {raised}" if isinstance(raised, ValueError) else " cannot be used"
        value = "" if setting.secret else f"={error['input']}"
        yield f"{setting.name}{value}{what}. It must be {setting.must_be}, for example {setting.example}."


def lacking(given: Mapping[str, str]) -> Iterator[str]:
    for name, any_of, why in NEEDS:
        if name in given and not any(other in given for other in any_of):
            yield f"{name} is set but {' or '.join(any_of)} is not: {why}. Set it, or leave {name} out."


def doubled(given: Mapping[str, str]) -> Iterator[str]:
    if "SENDGRID_API_KEY" in given and "PLAYBOOK_SMTP_URL" in given:
        yield "SENDGRID_API_KEY and PLAYBOOK_SMTP_URL are both set: mail goes out one way. Leave one of them out."


def nearly(environ: Mapping[str, str], known: Iterable[str]) -> Iterator[str]:
    """Names of vendors in the environment that are probably meant for a setting which is not there. They may be another
    program's all the same.
    """
    names = set(known)
    for name in sorted({one for one in environ if one.startswith(VENDORS)} - names):
        near = get_close_matches(name, names, n=1, cutoff=0.9)
        if near and near[0] not in environ:
            yield f"{name} is in the environment and is not a setting. Did you mean {near[0]}?"


def misspelt(environ: Mapping[str, str], in_file: Mapping[str, str], known: Iterable[str]) -> Iterator[str]:
    """Names that look like ours and are not. In the environment, vendors' other names belong to other programs."""
    known = sorted(known)
    ours = {name for name in environ if name.startswith("PLAYBOOK_")}
    ours |= {name for name in in_file if name.startswith(VENDORS)}
    for name in sorted(ours - set(known)):
        near = get_close_matches(name, known, n=1)
        yield f"{name} is not a setting. " + (f"Did you mean {near[0]}?" if near else ".env.example lists them all.")
