import pytest

from activities.mail.links import Links
from activities.mail.senders import Senders
from activities.message import mail_of, message_of
from activities.transport import Sender
from engine.policy import Letterhead, Policy, Topic
from engine.run import Effect

LINKS = Links(("a-secret-that-is-long-enough-for-it",), "https://cs.vendor.example", "reply.vendor.example")
OWN = Sender("success@vendor.example", "Vendor")
SENDERS = Senders(OWN, frozenset({"vendor.example"}))
POLICY = Policy(
    mail=Letterhead("Vendor Inc.", "1 Harbour Street, Boston", "de"),
    topics={
        "general": Topic("general", "General"),
        "news": Topic("news", "Product news", titles={"de": "Neues", "en": "Product news"}),
        "billing": Topic("billing", "Billing", essential=True),
    },
)
CONTENT = {"subject": "Hello", "body": "Dear Ann", "sender": {"id": "bo", "name": "Bo", "email": "bo@vendor.example"}}


def effect(**said):
    return Effect(
        key="welcome-1·mail·1·c1·email",
        run="welcome-1",
        path="mail",
        step="mail",
        blocking=True,
        visit=1,
        to="c1",
        channel="email",
        purpose="email",
        address="ann@acme.example",
        priority=50,
        at="2026-03-02T14:00:00Z",
        content={**CONTENT, **said},
    )


def mail(links=LINKS, senders=SENDERS, **said):
    return mail_of(effect(**said), "Acme", POLICY, senders, links)


def test_who_is_at_a_verified_domain_writes_as_themselves():
    assert mail(links=Links()).sender == Sender("bo@vendor.example", "Bo")
    assert mail(links=Links()).reply_to is None


def test_for_the_others_the_sender_of_the_settings_writes_with_their_name_and_answers_go_to_them():
    made = mail(links=Links(), sender={"id": "bo", "name": "Bo", "email": "bo@elsewhere.example"})

    assert made.sender == Sender("success@vendor.example", "Bo")
    assert made.reply_to == "bo@elsewhere.example"


def test_without_a_colleague_the_sender_of_the_settings_writes():
    assert mail(sender=None).sender == OWN


def test_while_nothing_leaves_the_machine_everybody_writes_as_themselves():
    assert mail(senders=Senders()).sender == Sender("bo@vendor.example", "Bo")


def test_answers_come_to_us_where_mail_comes_in():
    assert mail().reply_to == LINKS.reply_to(effect().id)


def test_a_mail_says_how_to_get_no_more_of_it_in_its_head_and_under_it():
    made = mail(topic="news")

    assert made.headers == LINKS.headers(effect().id)
    assert made.footer.unsubscribe in made.headers[0][1]
    assert (made.footer.topic, mail(topic="news", language="fr").footer.topic) == ("Neues", "Product news")


def test_what_is_essential_can_be_chosen_and_not_unsubscribed_from():
    made = mail(topic="billing")

    assert (made.headers, made.footer.unsubscribe) == ((), None)
    assert made.footer.preferences


def test_the_general_topic_says_nothing_to_a_customer():
    assert mail().footer.topic == ""


@pytest.mark.parametrize(("said", "language"), [({}, "de"), ({"language": "fr"}, "fr")])
def test_the_language_is_the_texts_own_else_that_of_policy(said, language):
    assert mail(**said).language == language


def test_a_notice_to_a_colleague_is_a_plain_message():
    notice = message_of(effect())

    assert (notice.footer, notice.headers, notice.reply_to) == (None, (), None)


def test_a_letterhead_stands_under_the_mail():
    footer = mail().footer

    assert (footer.account, footer.company, footer.address) == ("Acme", "Vendor Inc.", "1 Harbour Street, Boston")


def test_a_template_of_its_playbooks_name_is_one_category():
    assert message_of(effect(template="welcome")).categories == ("welcome",)
