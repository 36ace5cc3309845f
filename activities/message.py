"""From an effect as the engine wants it to the message that a transport takes."""

from collections.abc import Mapping
from dataclasses import replace

from pydantic import JsonValue

from activities.mail.links import Links
from activities.mail.senders import Senders
from activities.store.effects import TELLING
from activities.transport import Footer, Message, Sender
from engine.mailing import topic_of
from engine.mrkdwn import in_mrkdwn, out_of_mrkdwn
from engine.policy import GENERAL, Policy
from engine.run import Effect

SAID = "slack"  # the purpose of what an author, or a reply, says in Slack, in its marks
MAIL = "email"  # the channel, and the purpose of what goes to customers
NOTICE = "notice"  # the channel of mails to colleagues, of what Slack does not bring them


def message_of(effect: Effect) -> Message:
    content = effect.content
    playbook = effect.run.rpartition("-")[0]  # a run's id begins with its playbook's
    return Message(
        id=effect.id,
        channel=effect.channel,
        to=effect.address,
        body=_text(content, "body") or "",
        to_name=_text(content, "name") or "",
        subject=_text(content, "subject") or "",
        preheader=_text(content, "preheader") or "",
        sender=_sender(content),
        cc=_addresses(content, but=effect.address),
        categories=tuple(dict.fromkeys(one for one in (playbook, _text(content, "template")) if one)),
        language=_text(content, "language") or "en",
        signed_by=_text(content, "secret_env"),
    )


def in_slack(effect: Effect) -> Message:
    """What stands for a task says it in words; what a step of the author's says has their marks already."""
    plain = message_of(effect)
    return replace(plain, body=in_mrkdwn(plain.body)) if effect.purpose in TELLING else plain


def in_words(effect: Effect) -> Message:
    """The same for who reads it outside of Slack."""
    plain = message_of(effect)
    return replace(plain, body=out_of_mrkdwn(plain.body)) if effect.purpose == SAID else plain


def mail_of(effect: Effect, account: str, policy: Policy, senders: Senders, links: Links) -> Message:
    """A mail to a customer, with all that goes around its text. `account` is the name of the account."""
    message = message_of(effect)
    sender, answers_to = senders.of(message.sender)
    essential = policy.is_essential(topic_of(effect))
    language = _text(effect.content, "language") or policy.mail.language
    return replace(
        message,
        sender=sender,
        reply_to=links.reply_to(effect.id) or answers_to,
        returns_to=links.returns_to(effect.id),
        headers=() if essential else links.headers(effect.id),
        language=language,
        footer=Footer(
            account=account,
            topic=_topic(effect, policy, language),
            company=policy.mail.company,
            address=policy.mail.address,
            preferences=links.preferences(effect.id),
            unsubscribe=None if essential else links.unsubscribe(effect.id),
        ),
    )


def _topic(effect: Effect, policy: Policy, language: str) -> str:
    """What says nothing to a customer is left out."""
    topic = policy.topics.get(topic_of(effect), GENERAL)
    return "" if (topic.id, topic.title) == (GENERAL.id, GENERAL.title) else topic.title_in(language)


def _sender(content: Mapping[str, JsonValue]) -> Sender | None:
    given = content.get("sender")
    if not isinstance(given, dict) or not (address := _text(given, "email")):
        return None
    return Sender(address, _text(given, "name") or "")


def _addresses(content: Mapping[str, JsonValue], but: str) -> tuple[str, ...]:
    """Of those who get a copy. A provider refuses a mail that names somebody twice."""
    given = content.get("cc")
    return tuple(str(one) for one in given if str(one).lower() != but.lower()) if isinstance(given, list) else ()


def _text(content: Mapping[str, JsonValue], key: str) -> str | None:
    value = content.get(key)
    return value if isinstance(value, str) and value else None
