"""Answers by mail: matched to the mail that they answer, heard by the run, told to who owns the account."""

from dataclasses import replace
from datetime import timedelta

import pytest

from activities import erasing, erasing_contact, ledger, runs
from activities.effect import perform
from activities.mail import replies
from activities.mail.inbound import Inbound
from activities.mail.links import Links
from activities.slack.text import sections
from activities.store import cards, effects, facts, tasks
from activities.store import runs as stored
from activities.store.cards import CardRow
from activities.transport import Sent
from tests.support.driving import drive, first_mail
from tests.support.hosts import NOW, HandClock, Noting, acme, host_on, only_run, playbook, tell

START = "start: {when: metrics.nps.value < 5}\n"
SEQUENCE = """
  - sequence: news
    to: champion
    mails: [{subject: One, text: Hello}, {after: 1 day, subject: Two, text: Hello}]
"""
LINKS = Links(("s" * 32,), "https://cs.ours.test", "in.ours.test")
REPLY = Inbound("m1", (), "kim@acme.test", "Kim", "Re: One", "Yes, <Friday>\nKim", (), machine=False, proof="passed")


@pytest.fixture
def made(database):
    """A host, its clock, and the first mail, which has gone."""
    clock = HandClock()
    host = host_on(database, playbook(SEQUENCE, start=START), real=clock, email=Noting(iter([Sent("x-message-id")])))
    host = replace(host, links=LINKS)
    return host, clock, first_mail(host, clock)


def told_of(host):
    kept = host.database.read(lambda c: facts.of_account(c, "acme", limit=None))
    return [one.data for one in kept if one.event == "mail_replied"]


def sent(host, channel):
    return [one.body for one in host.channels[channel].transport.sent]


@pytest.mark.parametrize(
    "by",
    [
        lambda mail: {"to": (LINKS.reply_to(mail.id).upper(),), "sender": "lee@elsewhere.test"},
        lambda mail: {"answers": ("unknown", "x-message-id"), "sender": "lee@elsewhere.test"},
        lambda mail: {"answers": (mail.id,), "sender": "lee@elsewhere.test"},
        lambda _: {},
    ],
    ids=["token", "SendGrid's message id", "our own", "sender"],
)
def test_a_reply_is_matched_ends_the_sequence_and_is_an_event_with_its_text(made, by):
    host, clock, mail = made

    outcome = replies.take_in(host, replace(REPLY, **by(mail)))
    drive(host, clock, NOW + timedelta(days=10))

    assert outcome.what == "replied"
    assert told_of(host) == [{"contact": "c1", "playbook": "example", "step": "news", "text": "Yes, <Friday>\nKim"}]
    assert only_run(host).run.outcomes["news"] == "replied"
    assert sent(host, "slack") == ["*Kim* (Acme) has replied to “One”:\n> Yes, &lt;Friday&gt;\n> Kim"]


def test_the_token_says_more_than_message_ids_and_these_more_than_the_sender(made):
    host, _, mail = made
    acme(host, account="other")
    host.database.write(lambda c: effects.change(c, mail.id, receipt="x-message-id"))

    replies.take_in(host, replace(REPLY, to=(LINKS.reply_to(mail.id),), answers=("nobody",), sender="somebody@x.test"))

    assert len(told_of(host)) == 1


@pytest.mark.parametrize(
    ("to", "state"), [((LINKS.reply_to,), "sent"), ((), "uncertain")], ids=["sure", "by the sender"]
)
def test_an_answer_proves_that_a_mail_went_whose_answer_was_lost(made, to, state):
    host, _, mail = made
    host.database.write(lambda c: effects.change(c, mail.id, state="uncertain", receipt=None))

    replies.take_in(host, replace(REPLY, to=tuple(one(mail.id) for one in to)))

    assert host.database.read(lambda c: effects.find(c, mail.id)).state == state


def test_a_mail_that_comes_twice_is_taken_in_once_and_a_second_reply_is_news(made):
    host, clock, _ = made

    assert [replies.take_in(host, REPLY).what for _ in range(20)] == ["replied"] + ["known"] * 19
    assert replies.take_in(host, replace(REPLY, id="m2", text="And another thing")).what == "replied"
    drive(host, clock, clock.at)

    assert (len(told_of(host)), len(sent(host, "slack"))) == (2, 2)


def test_the_colleague_is_told_also_when_the_run_is_over(made):
    host, clock, _ = made
    drive(host, clock, NOW + timedelta(days=5))
    assert only_run(host).outcome == "completed"

    replies.take_in(host, REPLY)
    directive = runs.advance(host, only_run(host).id)
    for one in directive.effects:
        directive = perform(host, one.id, None, lambda receipt: None)

    assert (len(sent(host, "slack")), directive.done) == (1, True)


def test_the_colleague_is_told_in_the_thread_of_a_task_of_the_run_where_they_have_one(database):
    steps = "  - {task: call, title: Call, then: continue}\n  - {email: hi, to: champion, subject: Hi, text: Hi}"
    clock = HandClock()
    host = host_on(database, playbook(steps, start=START), real=clock)
    acme(host)
    tell(host, "acme", metric="nps", value=3)
    drive(host, clock, NOW)
    (task,) = host.database.read(tasks.listed)
    card = CardRow(task.id, "ana", "acme", "its effect", "C1:1.2", 0, "", 0, 0, None)
    host.database.write(lambda c: cards.put(c, card))

    replies.take_in(host, REPLY)

    (told,) = [one for one in host.database.read(effects.listed) if one.effect.path == "hi/replied"]
    assert (told.recipient, told.effect.content["task"]) == ("ana", task.id)


def test_a_machines_answer_holds_mails_for_three_days_and_ends_nothing(made):
    host, clock, _ = made

    assert replies.take_in(host, replace(REPLY, machine=True)).what == "answered_by_machine"
    drive(host, clock, NOW + timedelta(days=2))
    (held,) = [one for one in host.database.read(effects.listed) if one.state == "deferred"]
    drive(host, clock, NOW + timedelta(days=10))

    assert (held.reason, held.until) == ("away", NOW + timedelta(days=3, minutes=1))
    assert (told_of(host), sent(host, "slack"), only_run(host).run.outcomes["news"]) == ([], [], "finished")


def test_what_a_colleague_answers_is_told_and_is_no_answer_of_the_customers(made):
    host, clock, mail = made
    reply = replace(REPLY, to=(LINKS.reply_to(mail.id),), sender="Noor@vendor.test", sender_name="Noor", text="Hi Kim")

    assert replies.take_in(host, reply).what == "from_colleague"
    assert replies.take_in(host, replace(reply, id="m2", machine=True)).what == "from_colleague"
    drive(host, clock, NOW + timedelta(days=10))

    assert (told_of(host), only_run(host).run.outcomes["news"]) == ([], "finished")
    assert sent(host, "slack") == ["Your colleague *Noor* has answered “One” (Acme):\n> Hi Kim"]


@pytest.mark.parametrize("proof", ["none", "failed"])
def test_whoever_forges_a_colleagues_address_is_not_called_one(made, proof):
    host, clock, mail = made
    forged = replace(REPLY, to=(LINKS.reply_to(mail.id),), sender="noor@vendor.test", sender_name="Noor", proof=proof)

    assert replies.take_in(host, forged).what == "unproven"
    assert replies.take_in(host, replace(forged, id="m2", machine=True)).what == "unproven"
    drive(host, clock, NOW + timedelta(days=10))

    assert (told_of(host), only_run(host).run.outcomes["news"]) == ([], "finished")
    (told,) = sent(host, "slack")
    assert told.startswith("Somebody has written as *Noor*")
    assert "Nothing proves that it is them" in told


def test_who_owns_the_account_is_not_told_what_they_wrote_themselves(made):
    host, clock, mail = made

    replies.take_in(host, replace(REPLY, to=(LINKS.reply_to(mail.id),), sender="ana@vendor.test"))
    drive(host, clock, clock.at)

    assert sent(host, "slack") == []


def test_a_sender_for_whom_nobody_vouches_changes_nothing_and_is_told_with_that(made):
    host, clock, _ = made
    alone = replace(REPLY, proof="none")

    assert replies.take_in(host, alone).what == "unproven"
    assert replies.take_in(host, replace(alone, id="m2", machine=True)).what == "unknown"
    drive(host, clock, NOW + timedelta(days=10))

    assert (told_of(host), only_run(host).run.outcomes["news"]) == ([], "finished")
    (told,) = sent(host, "slack")
    assert "Nothing proves that it is them, so nothing follows from it:\n> Yes, &lt;Friday&gt;" in told


def test_a_forged_sender_is_nobody(made):
    host, *_ = made

    assert replies.take_in(host, replace(REPLY, proof="failed")).what == "unknown"


def test_whoever_knows_the_address_for_replies_needs_no_other_proof(made):
    host, _, mail = made

    assert replies.take_in(host, replace(REPLY, to=(LINKS.reply_to(mail.id),), proof="failed")).what == "replied"


def test_all_of_a_long_reply_is_told_and_what_was_attached(made):
    host, clock, _ = made
    long = "\n".join(f"<{n}> {'word ' * 200}" for n in range(20))

    replies.take_in(host, replace(REPLY, text=f"{long}\nTHE END", attached=("contract <1>.pdf", "b.pdf")))
    drive(host, clock, clock.at + timedelta(minutes=1))

    told = sorted(sent(host, "slack"), key=len, reverse=True)
    assert len(told) > 1
    assert all(
        len(sections(one)) * 2_900 <= 9_500 + 2_900 and "more characters" not in sections(one)[-1] for one in told
    )
    assert all(f"&lt;{n}&gt;" in "".join(told) for n in range(20))
    (last,) = [one for one in told if "THE END" in one]
    assert last.startswith("*Kim* (Acme), part 3 of 3:\n> ")
    assert last.endswith("Attached, but not kept here: contract &lt;1&gt;.pdf, b.pdf. Ask for what you need.")


def test_the_parts_of_a_long_reply_go_one_after_the_other_whichever_is_tried_first(made):
    host, *_ = made
    replies.take_in(host, replace(REPLY, text="word " * 4_000))
    runs.advance(host, only_run(host).id)
    told = [one for one in host.database.read(effects.listed) if one.channel == "slack"]
    first, second, third = (one.id for one in sorted(told, key=lambda one: one.effect.content["body"]))

    for later in (third, second):
        with pytest.raises(ledger.Leased):
            ledger.claim(host, later)
    perform(host, first, None, lambda receipt: None)

    with pytest.raises(ledger.Leased):
        ledger.claim(host, third)
    assert isinstance(ledger.claim(host, second), ledger.Granted)


def test_what_answers_no_mail_of_ours_is_said_so(made):
    host, *_ = made

    assert replies.take_in(host, replace(REPLY, sender="stranger@x.test", to=("hello@in.ours.test",))).what == "unknown"


def test_the_words_of_a_reply_are_forgotten_with_whoever_wrote_them(made):
    host, *_ = made
    replies.take_in(host, REPLY)

    erasing_contact.erase(host, "acme", "c1")

    kept_ = host.database.read(lambda c: [*effects.listed(c), *facts.of_account(c, "acme", limit=None)])
    assert "Friday" not in str([one.body if hasattr(one, "body") else one.model_dump_json() for one in kept_])


def test_a_reply_to_somebody_erased_since_is_nobodys(made):
    host, _, mail = made
    erasing.erase(host, "acme")

    assert replies.take_in(host, replace(REPLY, to=(LINKS.reply_to(mail.id),))).what == "unknown"
    assert host.database.read(lambda c: stored.listed(c, account="acme")) == []
