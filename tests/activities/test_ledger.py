"""The ledger: claimed before, settled after, and what is done about everything in between."""

from datetime import timedelta

import pytest

from activities import ledger, runs
from activities.effect import TryAgain, perform
from activities.store import breakers, effects, inputs, suppressions
from activities.store.traces import of_run
from activities.transport import Busy, Refused, Sent, Uncertain, Unsent
from tests.support.hosts import HandClock, Noting, acme, always, host_on, only_run, playbook, tell, then_sent

START = "start: {when: metrics.nps.value < 5}\n"
MAIL = "  - {email: hello, to: champion, subject: Hello, text: Dear Kim}\n"
SLACK = "  - {slack: note, to: csm, text: It is red}\n"
AWAY = Busy("it is down", timedelta(seconds=1))


@pytest.fixture
def made(database):
    """A host, its clock and transports, and a run whose only effect is wanted."""

    def make(steps=MAIL, head="", **answers):
        clock = HandClock()
        email, slack = (Noting(answers.get(name, then_sent())) for name in ("email", "slack"))
        host = host_on(database, playbook(steps, start=START, head=head), real=clock, email=email, slack=slack)
        acme(host)
        tell(host, "acme", metric="nps", value=3)
        return host, clock, email, slack

    return make


def the_effect(host):
    (row,) = host.database.read(effects.listed)
    return row


def done(host, receipt=None):
    remembered = []
    directive = perform(host, the_effect(host).id, receipt, remembered.append)
    return directive, remembered


def events(host):
    return [one.event for one in host.database.read(lambda c: of_run(c, only_run(host).id))]


def test_what_is_sent_is_remembered_settled_and_told_to_the_run(made):
    host, _, email, _ = made()

    directive, remembered = done(host)

    assert (the_effect(host).state, remembered) == ("sent", [f"receipt:{the_effect(host).id}"])
    assert [one.to for one in email.sent] == ["kim@acme.test"]
    assert directive.done
    assert "sent" in events(host)


def test_a_second_attempt_at_what_is_settled_sends_nothing(made):
    host, _, email, _ = made()
    done(host)

    directive, _ = done(host)

    assert (len(email.sent), directive.done) == (1, True)


def test_an_attempt_that_finds_a_remembered_receipt_settles_without_asking_anybody(made):
    host, _, email, _ = made()
    ledger.claim(host, the_effect(host).id)

    directive, _ = done(host, receipt="from the attempt before")

    assert (email.sent, email.asked, the_effect(host).receipt) == ([], [], "from the attempt before")
    assert directive.done


def test_nobody_else_may_claim_while_the_lease_lasts(made):
    host, clock, email, _ = made()
    ledger.claim(host, the_effect(host).id)
    clock.go(seconds=0.5)

    with pytest.raises(ledger.Leased) as held:
        ledger.claim(host, the_effect(host).id)

    assert (held.value.rest, email.sent) == (timedelta(seconds=1.5), [])


def test_a_mail_whose_claim_died_is_looked_for_and_never_sent_again(made):
    host, clock, email, _ = made()
    ledger.claim(host, the_effect(host).id)
    clock.go(seconds=3)

    looks = []
    for _ in range(5):
        directive, _ = done(host)
        if directive.look_at is None:
            break
        clock.at = directive.look_at
        looks.append(clock.at)
        runs.advance(host, only_run(host).id, directive.look_at)

    assert email.sent == []
    assert [later - looks[0] for later in looks] == [timedelta(0), timedelta(minutes=4), timedelta(minutes=29)]
    assert (the_effect(host).state, len(email.asked)) == ("uncertain", 3)
    assert not done(host)[0].effects


def test_a_mail_that_the_provider_knows_is_settled_when_it_is_asked(made):
    host, clock, email, _ = made(email=iter([Uncertain("the line went dead")]))
    directive, _ = done(host)
    email.known.add(the_effect(host).id)
    clock.at = directive.look_at
    named = runs.advance(host, only_run(host).id, directive.look_at)
    assert [one.id for one in named.effects] == [the_effect(host).id]

    directive, remembered = done(host)

    assert (the_effect(host).state, len(email.sent), directive.done) == ("sent", 1, True)
    assert remembered == [f"found:{the_effect(host).id}"]


def test_a_persons_word_is_the_only_way_from_uncertain_to_wanted(made):
    host, _, email, _ = made(email=iter([Uncertain("the line went dead")]))
    done(host)
    done(host)
    assert len(email.sent) == 1

    ledger.send_again(host, the_effect(host).id)
    done(host)

    assert (the_effect(host).state, len(email.sent)) == ("sent", 2)


def test_a_slack_message_whose_claim_died_is_found_again_and_not_posted_twice(made):
    host, clock, _, slack = made(SLACK)
    ledger.claim(host, the_effect(host).id)
    slack.known.add(the_effect(host).id)
    clock.go(seconds=3)

    done(host)

    assert (the_effect(host).state, slack.sent, len(slack.asked)) == ("sent", [], 1)


def test_a_slack_message_is_not_posted_again_while_nobody_can_look_for_it(made):
    host, clock, _, slack = made(SLACK)
    ledger.claim(host, the_effect(host).id)
    slack.known.add(the_effect(host).id)
    slack.deaf.append(Busy("rate limited", timedelta(seconds=30)))
    clock.go(seconds=3)

    done(host)
    clock.go(seconds=29)
    done(host)

    assert (the_effect(host).state, slack.sent, len(slack.asked)) == ("uncertain", [], 1)
    clock.go(seconds=2)
    runs.advance(host, the_effect(host).run)
    done(host)
    assert (the_effect(host).state, slack.sent, len(slack.asked)) == ("sent", [], 2)


def test_a_slack_message_that_is_not_found_is_posted_again(made):
    host, clock, _, slack = made(SLACK)
    ledger.claim(host, the_effect(host).id)
    clock.go(seconds=3)

    done(host)

    assert (the_effect(host).state, len(slack.sent), the_effect(host).attempt) == ("sent", 1, 2)


def test_what_was_certainly_not_delivered_is_wanted_again_before_the_attempt_ends(made):
    host, _, email, _ = made(email=iter([AWAY]))

    with pytest.raises(TryAgain) as again:
        done(host)

    assert (again.value.after, the_effect(host).state) == (timedelta(seconds=1), "wanted")
    done(host)
    assert (the_effect(host).state, len(email.sent)) == ("sent", 2)


def test_what_a_fault_of_ours_kept_back_is_wanted_again_and_the_fault_goes_on(made):
    def breaks(message):
        raise Unsent from KeyError("ours")

    host, _, email, _ = made(email=then_sent(breaks))

    with pytest.raises(KeyError):
        done(host)

    assert the_effect(host).state == "wanted"
    done(host)
    assert (the_effect(host).state, len(email.sent)) == ("sent", 2)


def test_a_provider_that_is_down_for_two_minutes_is_state_and_no_more_retries(made):
    host, clock, _email, _ = made(email=always(AWAY))
    for _ in range(3):
        with pytest.raises(TryAgain):
            done(host)
        clock.go(seconds=50)

    directive, _ = done(host)

    assert the_effect(host).state == "deferred"
    assert directive.look_at == clock.at + timedelta(minutes=5)
    assert directive.effects == ()


def test_a_deferred_effect_is_wanted_again_at_its_instant_under_a_higher_revision(made):
    host, clock, _email, _ = made(email=iter([Refused("bad key", "http_401", credentials=True)]))
    directive, _ = done(host)
    assert (directive.effects, the_effect(host).state) == ((), "deferred")

    clock.at = directive.look_at
    again = runs.advance(host, only_run(host).id, directive.look_at)

    assert again.order > directive.order
    assert [one.id for one in again.effects] == [the_effect(host).id]
    done(host)
    assert the_effect(host).state == "sent"


def test_while_a_provider_is_down_claims_do_not_call_it(made):
    host, _clock, email, _ = made(email=iter([Refused("bad key", "http_401", credentials=True)]))
    done(host)
    acme(host, account="other")
    tell(host, "other", metric="nps", value=3)
    (other,) = [one for one in host.database.read(effects.listed) if one.account == "other"]

    perform(host, other.id, None, lambda receipt: None)

    assert len(email.sent) == 1
    assert host.database.read(lambda c: effects.find(c, other.id)).state == "deferred"


def test_a_refusal_is_told_to_the_run_which_waits_for_a_person(made):
    host, _, _, _ = made(email=iter([Refused("no such address", "http_400")]))

    directive, _ = done(host)

    assert (the_effect(host).state, the_effect(host).reason) == ("failed", "no such address")
    assert "no such address" in only_run(host).parked
    assert not directive.done


def test_a_parked_mail_that_an_operator_retries_is_sent(made):
    host, _, _email, _ = made(email=iter([Refused("no such address", "http_400")]))
    done(host)

    runs.operate(host, only_run(host).id, "retry", path="hello", by="ana")
    directive = runs.advance(host, only_run(host).id)

    assert [one.id for one in directive.effects] == [the_effect(host).id]
    done(host)
    assert (the_effect(host).state, only_run(host).outcome) == ("sent", "completed")


def test_a_goal_latched_a_moment_before_a_mails_turn_stops_that_mail(made):
    host, clock, email, _ = made(head="goal: {when: metrics.nps.value >= 8, outcome: happy}\n")
    clock.go(seconds=1)
    tell(host, "acme", metric="nps", value=9)

    directive, _ = done(host)

    assert (email.sent, the_effect(host).state) == ([], "skipped")
    assert (directive.done, only_run(host).outcome) == (True, "happy")


def test_without_that_look_at_the_inputs_the_mail_would_go(made):
    host, clock, email, _ = made(head="goal: {when: metrics.nps.value >= 8, outcome: happy}\n")
    clock.go(seconds=1)
    tell(host, "acme", metric="nps", value=9)
    waiting = host.database.read(lambda c: inputs.waiting(c, only_run(host).id))
    host.database.write(lambda c: inputs.consume(c, [seq for seq, _ in waiting], clock.at))

    done(host)

    assert len(email.sent) == 1


def test_a_paused_run_claims_nothing_and_goes_on_when_it_is_resumed(made):
    host, _, email, _ = made()
    run = only_run(host).id
    runs.operate(host, run, "pause")

    paused, _ = done(host)
    assert (email.sent, paused.effects, paused.look_at) == ([], (), None)
    runs.operate(host, run, "resume")
    resumed = runs.advance(host, run)

    assert resumed.order > paused.order
    assert [one.id for one in resumed.effects] == [the_effect(host).id]
    done(host)
    assert len(email.sent) == 1


def test_a_stopped_run_sends_nothing_more(made):
    host, _, email, _ = made()
    runs.operate(host, only_run(host).id, "stop", by="ana")

    directive, _ = done(host)

    assert (email.sent, the_effect(host).state, directive.done) == ([], "skipped", True)


def test_a_suppressed_address_gets_no_mail_whatever_a_playbook_wants(made):
    host, clock, email, _ = made()
    host.database.write(lambda c: suppressions.add(c, "Kim@Acme.test", "bounced", clock.at))

    done(host)

    (mail,) = host.database.read(lambda c: effects.listed(c, channel="email"))
    assert (email.sent, mail.state, mail.reason) == ([], "skipped", "suppressed")
    assert only_run(host).outcome == "completed"


def test_a_settle_that_comes_after_the_run_has_ended_is_kept(made):
    host, _clock, _email, _ = made()
    effect = the_effect(host).id
    ledger.claim(host, effect)
    runs.operate(host, only_run(host).id, "stop")
    runs.advance(host, only_run(host).id)

    ledger.settle(host, effect, "sent", "late")
    directive = runs.advance(host, only_run(host).id)

    assert (the_effect(host).state, the_effect(host).receipt, directive.done) == ("sent", "late", True)
    assert host.database.read(lambda c: inputs.waiting(c, only_run(host).id)) == []


def test_a_failing_advance_takes_no_settle_with_it(made):
    host, _, email, _ = made()
    host.applied._plans.clear()
    host.database.write(_forget_the_plans)

    with pytest.raises(runs.AdvanceFailed):
        done(host)

    assert (the_effect(host).state, len(email.sent)) == ("sent", 1)
    with pytest.raises(runs.AdvanceFailed):
        done(host)
    assert len(email.sent) == 1


def test_a_row_that_the_database_refuses_of_an_advance_takes_no_settle_with_it(made):
    host, _, email, _ = made()
    for refusing in ("DELETE FROM trace", "CREATE UNIQUE INDEX one_line ON trace (playbook)"):
        host.database.write(lambda connection, said=refusing: connection.exec_driver_sql(said))

    with pytest.raises(runs.AdvanceFailed):
        done(host)

    assert (the_effect(host).state, len(email.sent), only_run(host).failures) == ("sent", 1, 1)


def _forget_the_plans(connection):
    from sqlalchemy import update

    from activities.store.tables import runs as rows

    connection.execute(update(rows).values(state="{}"))


def test_an_effect_that_nobody_knows_is_said_so(made):
    host, *_ = made()

    with pytest.raises(ledger.NoSuchEffect):
        perform(host, "nobody", None, lambda receipt: None)


def test_a_scaled_clock_counts_a_prompt_claim_as_made_at_the_effects_own_instant(database):
    clock = HandClock()
    host = host_on(database, playbook(MAIL, start=START), real=clock, scale=86_400)
    acme(host)
    tell(host, "acme", metric="nps", value=3)
    wanted_at = the_effect(host).at

    clock.go(seconds=0.1)  # two and a half hours in the story
    done(host)

    assert the_effect(host).settled_at == wanted_at


TASK = "  - {task: call, assign: csm, title: Call}\n"


def test_a_notice_that_was_refused_is_told_of_and_sent_again_by_a_persons_word(made):
    host, _, _, slack = made(TASK, slack=iter([Refused("no such user", "user_not_found"), Sent("outbox:1")]))
    done(host)
    (refused,) = host.database.read(lambda connection: effects.refused(connection, 10))

    ledger.send_again(host, refused.id)
    done(host)

    assert (refused.state, refused.reason) == ("failed", "no such user")
    assert (the_effect(host).state, len(slack.sent)) == ("sent", 2)
    assert host.database.read(lambda connection: effects.refused(connection, 10)) == []


def test_what_a_run_waits_for_is_not_sent_again_beside_it(made):
    host, _, email, _ = made(email=iter([Refused("no such mailbox", "rejected")]))
    done(host)

    ledger.send_again(host, the_effect(host).id)

    assert (the_effect(host).state, len(email.sent)) == ("failed", 1)
    assert host.database.read(lambda connection: effects.refused(connection, 10)) == []


def test_a_mailbox_that_takes_nothing_now_waits_alone_and_the_provider_is_not_down(made):
    host, clock, *_ = made(email=then_sent(Busy("mailbox full", timedelta(seconds=30), alone=True)))

    done(host)

    row = the_effect(host)
    assert (row.state, row.reason) == ("deferred", "receiver down: mailbox full")
    assert row.until == clock.at + host.channels["email"].down_for
    assert host.database.read(lambda connection: breakers.find(connection, "email")) is None
