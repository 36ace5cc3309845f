"""Webhooks against a receiver on this machine: signed, told apart by key, tried again by the ledger's rules."""

from datetime import timedelta

import pytest

from activities import ledger, runs
from activities.effect import TryAgain, perform
from activities.outbox import Outbox
from activities.store import effects
from activities.transport import Busy, Message, Refused, Sent, Uncertain
from activities.webhook import Webhooks, signature
from tests.support.hosts import HandClock, acme, host_on, only_run, playbook
from tests.support.standins import Answers, Drops, Hangs, StandInReceiver

SECRET = "s3cret"
WITHIN = timedelta(seconds=2)
STEPS = "- webhook: tell\n  url: crm\n  body: {arr: account.arr}"


@pytest.fixture
def receiver():
    with StandInReceiver(SECRET) as stand_in:
        yield stand_in


@pytest.fixture
def kept():
    return []


@pytest.fixture
def hooks(kept):
    local = Outbox(kept.append, lambda _: False)
    return Webhooks({"CRM_WEBHOOK_SECRET": SECRET}.get, local, seconds=lambda: 1772460000)


def message(receiver, **more):
    said = {"to": f"{receiver.url}/hooks", "body": '{"arr": 1}', "signed_by": "CRM_WEBHOOK_SECRET", **more}
    return Message(id="e1", channel="webhook", **said)


def test_a_post_is_signed_over_its_time_and_body_and_bears_its_key(receiver, hooks):
    assert hooks.send(message(receiver), WITHIN) == Sent("http:204")

    [request] = receiver.requests
    assert (request.verb, request.path, request.body) == ("POST", "/hooks", b'{"arr": 1}')
    assert request.headers["idempotency-key"] == "e1"
    assert request.headers["playbook-timestamp"] == "1772460000"
    assert request.headers["playbook-signature"] == signature(SECRET, "1772460000", request.body)


def test_a_receiver_that_is_told_twice_does_it_once(receiver, hooks):
    receiver.fail(Drops("after"))

    first, second = hooks.send(message(receiver), WITHIN), hooks.send(message(receiver), WITHIN)

    assert (type(first), type(second)) == (Uncertain, Sent)
    assert (len(receiver.requests), receiver.done) == (2, {"e1": b'{"arr": 1}'})


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Answers(400), Refused),
        (Answers(401), Refused),
        (Answers(302, {"Location": "https://elsewhere.test"}), Refused),
        (Answers(503), Busy),
        (Answers(502), Uncertain),
        (Hangs(), Uncertain),
    ],
)
def test_what_a_receiver_answers_means_what_it_does_for_any_provider(receiver, hooks, fault, kind):
    receiver.fail(fault)

    answer = hooks.send(message(receiver), timedelta(seconds=0.5))

    assert isinstance(answer, kind)
    assert not getattr(answer, "credentials", False)


def test_a_receiver_that_wants_to_be_left_alone_is(receiver, hooks):
    receiver.fail(Answers(429, {"Retry-After": "7"}))

    assert hooks.send(message(receiver), WITHIN) == Busy("HTTP 429: Too Many Requests", timedelta(seconds=7))


def test_a_receiver_that_is_not_there_certainly_got_nothing(hooks, receiver):
    answer = hooks.send(message(receiver, to="http://127.0.0.1:1/hooks"), WITHIN)

    assert isinstance(answer, Busy)


def test_without_its_secret_it_stays_in_the_outbox(receiver, hooks, kept):
    answer = hooks.send(message(receiver, signed_by="OTHER_SECRET"), WITHIN)

    assert answer == Sent("outbox:e1")
    assert [one.id for one in kept] == ["e1"]
    assert receiver.requests == []


def test_neither_the_secret_nor_the_body_stands_in_a_log_line(receiver, hooks):
    assert SECRET not in repr(hooks) + repr(message(receiver))
    assert "arr" not in repr(message(receiver))


# --- through the ledger


@pytest.fixture
def begun(database, hooks, receiver):
    """A run whose post is wanted, to the stand-in."""
    clock = HandClock()

    class Redirected(Webhooks):
        """Policy's address is nobody's; this one is the stand-in's."""

        def send(self, message, deadline):
            return hooks.send(changed(message, receiver), deadline)

    host = host_on(
        database,
        playbook(STEPS, start='start: {when: account.status == "active"}\n'),
        real=clock,
        webhook=Redirected({}.get, Outbox(lambda _: None, lambda _: False)),
    )
    acme(host)
    return host, clock


def changed(sent, receiver):
    return Message(id=sent.id, channel="webhook", to=f"{receiver.url}/hooks", body=sent.body, signed_by=sent.signed_by)


def the_effect(host):
    (row,) = host.database.read(effects.listed)
    return row


def test_a_post_that_is_taken_lets_the_run_go_on(begun, receiver):
    host, _ = begun

    perform(host, the_effect(host).id, None, lambda _: None)

    assert (the_effect(host).state, only_run(host).outcome) == ("sent", "completed")
    assert list(receiver.done.values()) == [b'{"arr": 40000}']


def test_a_post_whose_answer_was_lost_is_made_again_with_the_same_key(begun, receiver):
    host, clock = begun
    receiver.fail(Drops("after"))
    effect = the_effect(host).id

    perform(host, effect, None, lambda _: None)
    assert the_effect(host).state == "uncertain"
    clock.go(seconds=6)
    runs.advance(host, the_effect(host).run, None)
    perform(host, effect, None, lambda _: None)

    assert (the_effect(host).state, only_run(host).outcome) == ("sent", "completed")
    assert (len(receiver.requests), len(receiver.done)) == (2, 1)


def test_a_refusal_waits_for_a_person_and_is_done_anew_when_they_have_looked(begun, receiver):
    host, _ = begun
    receiver.fail(Answers(422))

    perform(host, the_effect(host).id, None, lambda _: None)
    assert "crm refused it: HTTP 422" in only_run(host).parked
    runs.operate(host, only_run(host).id, "retry", path="tell")
    runs.advance(host, only_run(host).id, None)
    perform(host, the_effect(host).id, None, lambda _: None)

    assert only_run(host).outcome == "completed"


def test_a_receiver_that_is_down_for_long_holds_only_what_is_for_it(begun, receiver):
    host, clock = begun
    receiver.fail(Answers(503), Answers(503))
    effect = the_effect(host).id

    with pytest.raises(TryAgain):
        perform(host, effect, None, lambda _: None)
    clock.go(minutes=3)
    perform(host, effect, None, lambda _: None)

    put_off = the_effect(host)
    assert (put_off.state, put_off.held) == ("deferred", None)
    clock.go(minutes=6)
    runs.advance(host, put_off.run, None)
    perform(host, effect, None, lambda _: None)
    assert only_run(host).outcome == "completed"


def test_a_second_claim_of_the_same_post_is_none(begun, receiver):
    host, _ = begun
    effect = the_effect(host).id

    perform(host, effect, None, lambda _: None)
    perform(host, effect, None, lambda _: None)

    assert isinstance(ledger.claim(host, effect), ledger.Left)
    assert len(receiver.requests) == 1
