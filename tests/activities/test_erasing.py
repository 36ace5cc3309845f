"""An account and a person forgotten: nothing is left of what was known, and nothing is done that had not been done."""

import json
import re
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta
from functools import partial

import pytest
import sqlalchemy as sa

from activities import erasing, erasing_contact, facts, ledger, runs, tasks
from activities.effect import perform
from activities.erasing_contact import NoSuchContact
from activities.starts import NoSuchAccount
from activities.store import accounts, effects, inputs, kept, outbox, suppressions, tables, traces
from activities.store import facts as fact_rows
from activities.store import runs as run_rows
from activities.store import tasks as task_rows
from activities.store.overwriting import overwrite
from engine.account import Account
from tests.support.erased import LEE, bytes_of, do_all, everything, outboxed
from tests.support.hosts import acme, only_run, playbook, tell
from tests.support.playbooks import ACME

STEPS = """\
  - email: hello
    to: champion
    subject: Hello {{ contact.name | first_name }}
    text: Dear {{ contact.name }} of {{ account.name }}
  - task: call
    title: Call {{ account.slack_channel }} of {{ account.name }}"""
PASSED_ON = """\
  - slack: tell
    to: csm
    text: "They wrote: {{ event.comment }}"
  - task: answer
    title: "Answer: {{ event.comment }}"
  - wait: enough
    for: event.comment == "fine"
    at_most: 30 days
    otherwise: []"""
WROTE = ["slow &", "as the rest is", "hopeless"]
RED = "start: {when: metrics.nps.value < 5}\n"
WORDS = ("lee", "varga")


def greeting(database, **given):
    """Acme's champion is Lee, whose mail is wanted; a colleague has written a note of a call."""
    host = outboxed(database, playbook(STEPS, "greet", start=RED), **given)
    acme(host, slack_channel="Lee Varga (desk)")
    tell(host, "acme", contact=LEE)
    tell(host, "acme", contact={**LEE, "name": "Lee Old", "email": "lee@old.test"}, at=host.clock.now())
    tell(host, "acme", contact=LEE)
    tell(host, "acme", event="login", data={"user": "lee.varga@acme.test"})
    tell(host, "acme", event="survey", data={"score": 3, "comment": "Varga was unhappy"})
    tell(host, "acme", metric="nps", value=3)
    return host


def greeted(database):
    """The mail has gone, and the task is open, with a note."""
    host = greeting(database)
    do_all(host)
    (task,) = host.database.read(partial(task_rows.listed, account="acme"))
    tasks.note(host, task.id, "Spoke with Lee Varga today")
    do_all(host)
    return host


def complained(database):
    """Acme's champion has answered two surveys, and a playbook has passed on what they wrote; somebody else a third."""
    host = outboxed(database, playbook(PASSED_ON, "answer", start="start: {on: survey}\n"))
    acme(host)
    tell(host, "acme", contact=LEE)
    tell(host, "acme", event="survey", data={"contact": "c1", "score": 2, "comment": "Slow & dear,\nas the rest is"})
    tell(host, "acme", event="survey", data={"contact": "c1", "score": 3, "comment": "Hopeless"})
    tell(host, "acme", event="survey", data={"contact": "c2", "score": 9, "comment": "the lift is broken"})
    do_all(host)
    return host


def states(host):
    return {row.state for row in host.database.read(effects.listed)}


def found(host, *words):
    text = everything(host.database).lower()
    return [word for word in words if word in text]


def test_every_table_either_holds_something_of_an_account_or_nothing_of_any():
    held = {table.name for table in kept.HELD} | kept.APART | {"answers"}

    assert {table.name for table in tables.metadata.tables.values()} == held


class TestAnAccount:
    def test_is_gone_from_every_table_with_all_who_belonged_to_it(self, database):
        host = greeted(database)
        assert found(host, "acme", *WORDS) == ["acme", *WORDS]

        told = erasing.erase(host, "acme")

        assert (told.runs, told.tasks) == (1, 1)
        assert found(host, "acme", *WORDS) == []

    def test_another_account_is_left_as_it_is(self, database):
        host = greeted(database)
        acme(host, "other", name="Other")
        tell(host, "other", metric="nps", value=2)
        before = only_run(host, "other"), host.database.read(partial(accounts.find, account="other"))

        erasing.erase(host, "acme")

        assert (only_run(host, "other"), host.database.read(partial(accounts.find, account="other"))) == before

    def test_counts_come_first_and_change_nothing(self, database):
        host = greeted(database)
        before = everything(database)

        told = erasing.preview(host, "acme")

        assert everything(database) == before
        assert erasing.erase(host, "acme") == told

    def test_its_runs_are_over_and_their_workflows_are_told_so(self, database):
        host = greeting(database)
        run = only_run(host)

        erasing.erase(host, "acme")

        directive = runs.advance(host, run.id)
        assert (directive.done, directive.effects, directive.order > (run.epoch, run.rev)) == (True, (), True)
        assert host.database.read(lambda c: c.scalar(sa.select(tables.wakes.c.run))) == run.id

    def test_what_was_wanted_is_not_sent(self, database):
        host = greeting(database)
        (mail,) = host.database.read(effects.listed)

        erasing.erase(host, "acme")
        perform(host, mail.id, None, lambda _: None)

        assert states(host) == {"skipped"}
        assert host.database.read(outbox.listed) == []

    def test_a_mail_on_its_way_is_settled_and_leaves_no_text(self, database):
        host = greeting(database, before=lambda _: erasing.erase(host, "acme"))

        do_all(host)

        assert states(host) == {"sent"}
        assert found(host, "acme", *WORDS) == []

    def test_a_claim_that_is_given_back_is_not_sent_again(self, database):
        host = greeting(database)
        (mail,) = host.database.read(effects.listed)
        ledger.claim(host, mail.id)
        erasing.erase(host, "acme")

        ledger.give_back(host, mail.id, "busy", timedelta(seconds=1))
        do_all(host)

        assert states(host) == {"skipped"}

    def test_is_erased_once(self, database):
        host = greeting(database)
        erasing.erase(host, "acme")

        with pytest.raises(NoSuchAccount):
            erasing.erase(host, "acme")

    def test_a_fact_that_comes_later_makes_a_new_account(self, database):
        host = greeted(database)
        erasing.erase(host, "acme")

        acme(host)
        tell(host, "acme", metric="nps", value=1)

        assert only_run(host, "acme").outcome is None
        assert found(host, *WORDS) == []

    def test_a_fact_that_makes_no_account_is_refused_as_ever(self, database):
        host = greeted(database)
        erasing.erase(host, "acme")

        (answer,) = facts.post(host, [{"id": "x", "account": "acme", "fields": {"arr": 1}}])

        assert answer.status == "rejected"

    def test_an_address_that_gets_no_mail_gets_none_after_it(self, database):
        host = greeting(database)
        database.write(lambda c: suppressions.add(c, "Lee@Old.test", "unsubscribed", host.clock.now()))

        erasing.erase(host, "acme")

        assert database.read(lambda c: suppressions.reason_of(c, "lee@OLD.test")) == "unsubscribed"
        assert database.read(lambda c: suppressions.reason_of(c, "lee.varga@acme.test")) is None
        assert found(host, "lee") == []

    def test_a_suppression_that_is_kept_as_a_digest_can_be_lifted(self, database):
        host = greeting(database)
        database.write(lambda c: suppressions.add(c, "lee@old.test", "bounced", host.clock.now()))
        erasing.erase(host, "acme")

        database.write(lambda c: suppressions.lift(c, "lee@old.test"))

        assert database.read(lambda c: suppressions.reason_of(c, "lee@old.test")) is None


def test_a_fact_that_waited_for_an_account_while_it_was_erased_makes_a_new_one(postgres):
    host = greeting(postgres)
    item = {"id": "late", "account": "acme", "fields": ACME}

    with ThreadPoolExecutor() as pool:
        with postgres.engine.begin() as connection:
            erasing._erased(connection, host, "acme")
            late = pool.submit(facts.post, host, [item])
            wait([late], timeout=0.5)
        (answer,) = late.result()

    assert answer.status == "stored"
    assert list(Account.from_json(json.loads(postgres.read(lambda c: accounts.state_of(c, "acme")))).contacts) == []


def test_who_waited_for_an_account_while_it_was_erased_goes_on_without_it(postgres):
    host = greeting(postgres)
    run = only_run(host).id
    (mail,) = postgres.read(effects.listed)

    with ThreadPoolExecutor() as pool:
        with postgres.engine.begin() as connection:
            erasing._erased(connection, host, "acme")
            waiting = [pool.submit(runs.advance, host, run), pool.submit(ledger.claim, host, mail.id)]
            wait(waiting, timeout=0.5)
        directive, claim = (one.result() for one in waiting)

    assert (directive.done, claim) == (True, ledger.Left(run))


class TestAPerson:
    def test_is_gone_from_every_table_and_the_rest_stays(self, database):
        host = greeted(database)
        before = only_run(host)

        told = erasing_contact.erase(host, "acme", "c1")

        assert (told.facts, told.mails, told.withdrawn) == (4, 1, 0)
        assert found(host, *WORDS, "kim") == []
        after = only_run(host)
        assert (after.run.open.keys(), after.outcome) == (before.run.open.keys(), None)
        (task,) = database.read(partial(task_rows.listed, account="acme"))
        assert task.title == "Call [erased] (desk) of Acme"

    def test_counts_come_first_and_change_nothing(self, database):
        host = greeted(database)
        before = everything(database)

        told = erasing_contact.preview(host, "acme", "c1")

        assert everything(database) == before
        assert erasing_contact.erase(host, "acme", "c1") == told

    def test_a_mail_to_them_is_skipped_and_the_run_goes_on(self, database):
        host = greeting(database)

        told = erasing_contact.erase(host, "acme", "c1")
        runs.advance(host, only_run(host).id)

        assert told.withdrawn == 1
        skipped, *_ = [e for e in database.read(partial(traces.of_run, run=only_run(host).id)) if e.event == "skipped"]
        assert (skipped.path, skipped.fields["reason"]) == ("hello", "erased")
        assert list(only_run(host).run.open) == ["call"]

    def test_a_mail_on_its_way_is_settled_and_leaves_no_text(self, database):
        host = greeting(database, before=lambda m: m.channel == "email" and erasing_contact.erase(host, "acme", "c1"))

        do_all(host)

        assert states(host) <= {"sent", "wanted"}
        assert list(only_run(host).run.open) == ["call"]
        assert found(host, *WORDS) == []

    def test_what_hangs_on_contacts_is_judged_anew(self, database):
        alone = playbook(
            "  - task: find", "alone", start='start: {when: not any(c.role == "champion" for c in contacts)}\n'
        )
        host = outboxed(database, alone)
        acme(host)

        erasing_contact.erase(host, "acme", "c1")

        assert only_run(host).playbook == "alone"

    def test_is_not_there_again_when_the_facts_are_taken_in_anew(self, database):
        host = greeted(database)
        erasing_contact.erase(host, "acme", "c1")
        state = json.loads(str(database.read(partial(accounts.state_of, account="acme"))))
        database.write(
            lambda c: c.execute(
                sa.update(tables.accounts).values(state=json.dumps({**state, "vocabulary": "an older one"}))
            )
        )

        tell(host, "acme", metric="nps", value=4)

        again = Account.from_json(json.loads(str(database.read(partial(accounts.state_of, account="acme")))))
        assert [{name: value for name, (value, _) in one.items()} for one in again.contacts.values()] == [
            {"active": False}
        ]

    def test_an_event_of_theirs_still_counts(self, database):
        host = greeted(database)

        erasing_contact.erase(host, "acme", "c1")

        state = json.loads(str(database.read(partial(accounts.state_of, account="acme"))))
        assert len(Account.from_json(state).series["logins"]) == 1

    def test_what_they_wrote_goes_wherever_it_was_passed_on(self, database):
        host = complained(database)
        assert found(host, *WROTE) == WROTE

        told = erasing_contact.erase(host, "acme", "c1")

        assert (told.facts, told.texts > 3) == (2, True)
        assert found(host, *WROTE) == []
        assert found(host, "the lift is broken") == ["the lift is broken"]
        (task,) = database.read(partial(task_rows.listed, account="acme"))
        assert task.title == "Answer: [erased]\n[erased]"

    def test_what_they_wrote_still_counts_with_its_numbers(self, database):
        host = complained(database)

        erasing_contact.erase(host, "acme", "c1")

        kept_ = database.read(partial(fact_rows.of_account, account="acme"))
        assert [one.data for one in kept_ if one.event == "survey"] == [
            {"contact": "c1", "score": 2, "comment": "[erased]"},
            {"contact": "c1", "score": 3, "comment": "[erased]"},
            {"contact": "c2", "score": 9, "comment": "the lift is broken"},
        ]

    def test_whose_words_are_all_that_is_known_of_them_is_erased_once(self, database):
        host = outboxed(database, playbook("  - task: call", "call"))
        acme(host)
        tell(host, "acme", event="survey", data={"contact": "zed", "score": 2, "comment": "Quite useless"})

        erasing_contact.erase(host, "acme", "zed")

        assert found(host, "useless") == []
        with pytest.raises(NoSuchContact):
            erasing_contact.erase(host, "acme", "zed")

    def test_facts_that_are_sent_again_bring_nobody_back(self, database):
        host = greeting(database)
        fact = {"id": "again", "account": "acme", "contact": {**LEE, "influence": 3}}
        facts.post(host, [fact])
        erasing_contact.erase(host, "acme", "c1")

        (answer,) = facts.post(host, [fact])

        assert answer.status != "stored"
        assert found(host, *WORDS) == []

    def test_an_address_that_is_an_id_goes_too(self, database):
        host = greeting(database)
        tell(host, "acme", contact={"id": "kay@acme.test", "name": "Kay Zuber", "role": "end_user"})
        each = {"id": "kay@acme.test-1", "account": "acme", "event": "survey", "data": {"contact": "kay@acme.test"}}
        facts.post(host, [each])

        erasing_contact.erase(host, "acme", "kay@acme.test")

        assert found(host, "kay@", "kay", "zuber") == []
        assert found(host, "varga") == ["varga"]

    def test_is_erased_once(self, database):
        host = greeting(database)
        erasing_contact.erase(host, "acme", "c1")

        with pytest.raises(NoSuchContact):
            erasing_contact.erase(host, "acme", "c1")
        with pytest.raises(NoSuchAccount):
            erasing_contact.erase(host, "nobody", "c1")

    def test_the_account_can_be_erased_after_them(self, database):
        host = greeted(database)
        erasing_contact.erase(host, "acme", "c1")

        erasing.erase(host, "acme")

        assert found(host, "acme") == []

    def test_an_input_that_waits_says_nothing_of_them(self, database):
        host = greeted(database)
        (task,) = database.read(partial(task_rows.listed, account="acme"))
        tasks.complete(host, task.id, note="Lee Varga is fine")

        erasing_contact.erase(host, "acme", "c1")

        run = only_run(host).id
        assert database.read(lambda c: inputs.any_waiting(c, [run])) == {run}
        assert found(host, *WORDS) == []


class TestTheFile:
    @pytest.mark.parametrize("contact", [True, False], ids=["a person", "an account"])
    def test_of_sqlite_holds_nothing_of_it_any_more(self, sqlite, tmp_path, contact):
        host = greeted(sqlite)
        tell(host, "acme", event="survey", data={"contact": "c1", "score": 3, "comment": "Utterly hopeless"})
        assert {b"Varga", b"Utterly"} <= set(re.findall(rb"\w+", bytes_of(tmp_path)))

        erasing_contact.erase(host, "acme", "c1") if contact else erasing.erase(host, "acme")

        assert overwrite(sqlite)
        left = bytes_of(tmp_path).lower()
        assert [word for word in (b"varga", b"lee.", b"lee ", b"utterly", b"hopeless") if word in left] == []

    def test_that_is_too_large_is_left_to_an_hour_of_quiet(self, sqlite):
        assert not overwrite(sqlite, most=10)


def test_a_run_is_not_listed_under_the_erased_account(database):
    host = greeting(database)

    erasing.erase(host, "acme")

    assert database.read(partial(run_rows.listed, account="acme")) == []
