"""What is applied: versions that stay, a setting that is read again, decisions that follow."""

import pytest

from activities import facts
from activities.applied import Applied, NothingApplied, read_setting, texts_of
from activities.store import accounts, versions
from tests.support.hosts import HandClock, acme, apply, host_on, only_run, playbook, tell
from tests.support.playbooks import setting
from tests.support.workspaces import FOLDER

RED = "start: {when: metrics.nps.value < 5}\n"
WAITS = "  - {wait: pause, for: 2 days}\n"
TELLS = "  - {slack: note, to: csm, text: It is red}\n"


def active(host):
    return [(one.playbook, one.number) for one in host.database.read(versions.active_versions)]


def test_a_database_without_playbooks_says_so(database):
    with pytest.raises(NothingApplied):
        database.read(Applied().current)


def test_the_stored_texts_declare_what_the_files_did():
    found = read_setting(texts_of(FOLDER), ("example",))

    assert found.vocabulary.digest == setting().vocabulary.digest
    assert (found.policy, found.people) == (setting().policy, setting().people)


def test_a_changed_playbook_is_a_new_version_and_an_unchanged_one_is_not(database):
    host = host_on(database, playbook(WAITS, "a"), playbook(WAITS, "b"))

    apply(host, playbook(TELLS, "a"), playbook(WAITS, "b"))

    assert active(host) == [("a", 2), ("b", 1)]


def test_a_version_that_comes_back_is_numbered_anew_and_one_that_is_gone_starts_nothing(database):
    host = host_on(database, playbook(WAITS, "a", start=RED))
    apply(host)
    assert active(host) == []
    acme(host)
    tell(host, "acme", metric="nps", value=3)

    apply(host, playbook(WAITS, "a", start=RED))

    assert active(host) == [("a", 2)]


def test_what_runs_stays_pinned_to_the_plan_that_it_started_with(database):
    first = playbook(WAITS, start=RED)
    host = host_on(database, first)
    acme(host)
    tell(host, "acme", metric="nps", value=3)

    apply(host, playbook(TELLS, start=RED))
    tell(host, "acme", metric="nps", value=2)

    assert only_run(host).plan == first.hash


def test_time_that_moves_an_account_does_not_pass_for_its_first_judgement(database):
    soon = "start: {when: days_until(account.renewal_date) <= 30}\n"
    host = host_on(database, playbook(WAITS, "soon", start=soon), real=HandClock())
    acme(host)
    due = host.database.read(accounts.next_due)
    apply(host, playbook(WAITS, "soon", start=soon), playbook(WAITS, "red", start=RED))
    host.clock.real.at = due

    facts.wake_due(host)

    assert facts.fill(host) == 1
    assert facts.fill(host) == 0
