"""The commands on the database, run as a user runs them, on one that the test itself fills."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from activities import runs
from activities.store import breakers, effects, suppressions
from activities.store import runs as stored_runs
from tests.support.commands import Ran, playbook
from tests.support.small_workspace import CALL, small_workspace
from tests.support.standins.smtp import StandInSmtp
from tests.support.workspaces import written
from workers.cli.output import instant_column
from workers.settings import load_settings
from workers.wiring import host_from

FACTS = """\
{"id": "f1", "account": "acme", "at": "2026-03-02T14:00:00Z", "fields": {"name": "Acme", "stage": "adoption", "arr": 5000, "country": "US"}}
{"id": "f2", "account": "acme", "at": "2026-03-02T14:00:00Z", "team": {"csm": "ben"}}
{"id": "f3", "account": "acme", "at": "2026-03-02T14:00:00Z", "contact": {"id": "c1", "name": "Kim", "role": "champion", "email": "kim@acme.test"}}
{"id": "f4", "account": "acme", "at": "2026-03-02T14:00:00Z", "metric": "score", "value": 40}
{"id": "f5", "account": "calm", "at": "2026-03-02T14:00:00Z", "fields": {"name": "Calm", "stage": "adoption"}}
"""  # noqa: E501 - a line is a fact
BY_HAND = "playbook: visit\ntitle: Visit\nstart: by hand\nowner: csm\nsteps:\n  - task: go\n"


@pytest.fixture(autouse=True)
def installation(tmp_path, monkeypatch) -> Path:
    """A workspace, and a database that nothing is applied to."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PLAYBOOK_DATABASE_URL", f"sqlite:///{tmp_path}/data/playbook.db")
    monkeypatch.setenv("TZ", "UTC")
    Path("facts.ndjson").write_text(FACTS)
    return small_workspace(tmp_path / "playbooks")


@pytest.fixture
def filled() -> str:
    """One account that is in the playbook; its run's id."""
    assert playbook("apply").code == 0
    assert playbook("import", "facts.ndjson").code == 0
    return the_run()


def the_run() -> str:
    (found,) = playbook("runs", "--json").json
    return str(found["id"])


def the_task() -> str:
    (found,) = playbook("tasks", "--json").json
    return str(found["id"])


def fine(ran: Ran) -> Ran:
    assert ran.code == 0, ran.err
    return ran


class TestApply:
    def test_what_is_new_is_told_and_stored_and_then_nothing_differs(self):
        assert playbook("preview").code == 2

        first, second = playbook("apply", "--by", "ops"), playbook("apply")

        assert first.lines == ["+ call (new)", "~ vocabulary, policy, people, templates", "applied (number 1)"]
        assert second.out == "nothing differs from what is applied\n"
        assert playbook("preview").code == 0

    def test_a_change_is_told_in_words_with_the_runs_that_stay_on_theirs(self, installation, filled):
        small_workspace(installation, call=CALL.replace("due: 2 business days", "due: 3 business days"))

        ran = playbook("preview")

        assert ran.code == 2
        assert ran.lines[:3] == [
            "~ call (changed)",
            "    task ring: due: 2 business days -> 3 business days",
            "    1 in flight, which stay on their version: 1 at ring",
        ]

    def test_errors_keep_everything_as_it_was(self, installation):
        small_workspace(installation, call=CALL.replace("    due: 2", "    duo: 2"))

        ran = playbook("apply")

        assert ran.code == 1
        assert "'duo' is not a key of a task" in ran.err
        assert playbook("runs").code == 0
        assert "no playbooks have been applied" in playbook("import", "facts.ndjson").err

    def test_accounts_that_would_start_at_once_are_counted(self, installation, filled):
        more = CALL.replace("playbook: call", "playbook: again").replace(
            "  again: always", "  mode: is\n  again: after 30 days"
        )
        written(installation, {"adoption/again.yaml": more})

        ran = playbook("preview")

        assert "    mode is: would start today: 1, already inside: 1" in ran.lines

    def test_what_is_inside_starts_nothing_under_becomes_and_an_unchanged_start_is_not_counted(
        self, installation, filled
    ):
        other = CALL.replace("playbook: call", "playbook: other")
        written(installation, {"adoption/other.yaml": other})
        small_workspace(installation, call=CALL.replace("due: 2 business days", "due: 3 business days"))

        told = {one["playbook"]: one for one in playbook("preview", "--json").json["playbooks"]}

        assert (told["other"]["mode"], told["other"]["starting"], told["other"]["inside"]) == ("becomes", 0, 1)
        assert (told["call"]["mode"], told["call"]["inside"]) == (None, 0)

    def test_what_bars_those_that_are_inside_is_counted(self, installation, filled):
        changed = CALL.replace("  again: always", "  mode: is\n  again: after 30 days")
        small_workspace(installation, call=changed)

        lines = playbook("preview").lines

        assert "    mode is: would start today: 0, already inside: 1" in lines
        assert "    1 would not: a run of it is live already" in lines

    def test_runs_of_a_removed_playbook_may_be_stopped(self, installation, filled):
        (installation / "adoption/call.yaml").unlink()
        (installation / "adoption/call.test.yaml").unlink()

        ran = fine(playbook("apply", "--in-flight", "stop"))

        assert ran.lines[0] == "- call (removed)"
        assert ran.lines[-1] == "told to stop: 1 run in flight"


class TestImport:
    def test_it_is_idempotent(self):
        playbook("apply")

        first, second = playbook("import", "facts.ndjson"), playbook("import", "facts.ndjson")

        assert first.out == "5 facts: 5 stored, 0 known already, 0 left out\n"
        assert second.out == "5 facts: 0 stored, 5 known already, 0 left out\n"

    def test_a_line_that_cannot_be_taken_is_told_with_its_place_and_the_rest_goes_on(self):
        playbook("apply")
        wrong = '{"id": "x1", "account": "acme", "fields": {"tier": "gold"}}\nnot json\n[1]\n'
        Path("facts.ndjson").write_text(FACTS + wrong)

        ran = playbook("import", "facts.ndjson")

        assert ran.code == 1
        assert ran.out == "6 facts: 5 stored, 0 known already, 3 left out\n"
        assert "facts.ndjson:6: " in ran.err
        assert "'gold'" in ran.err
        assert "facts.ndjson:7: this is not a line of JSON" in ran.err

    def test_rows_that_the_mapping_passes_over_are_counted(self):
        playbook("apply")
        Path("rows.csv").write_text(
            "id,who,sort,day\n" + "".join(f"{n},acme,{sort},2026-03-01\n" for n, sort in enumerate("abcb"))
        )
        head = "sources: {rows: {file: rows.csv, key: id}}\nfacts:\n"
        fact = '  - {fact: %s, from: rows, only: {sort: %s}, account: who, at: {column: day, time: "08:00"}, %s}\n'
        said = "fields: {stage: {value: adoption}}"
        Path("x.mapping.yaml").write_text(head + fact % ("x", "a", said) + fact % ("y", "c", said))

        ran, again = playbook("import", "x.mapping.yaml"), playbook("import", "x.mapping.yaml", "--json")

        assert (ran.out, ran.err) == (
            "2 facts: 2 stored, 0 known already, 0 left out\n",
            "… 2 rows not meant by the mapping\n",
        )
        assert again.json["not_meant"] == 2

    def test_what_another_file_told_is_known(self):
        playbook("apply")
        Path("part.ndjson").write_text("".join(FACTS.splitlines(keepends=True)[:3]))
        playbook("import", "part.ndjson")

        ran = playbook("import", "facts.ndjson", "--json")

        assert ran.json | {"total": 5, "stored": 2, "known": 3, "left_out": [], "left_out_count": 0} == ran.json

    def test_without_anything_applied_it_says_what_to_do_first(self):
        ran = playbook("import", "facts.ndjson")

        assert (ran.code, "`playbook apply` does it" in ran.err) == (1, True)

    def test_a_mapping_that_is_not_there_is_the_callers_fault(self):
        playbook("apply")

        assert playbook("import", "nothing.yaml").code == 1


class TestLook:
    def test_a_run_is_listed_and_shown_by_the_beginning_of_its_id(self, filled):
        listed, shown = playbook("runs", "--live"), playbook("run", filled[:8], "--json").json

        assert filled in listed.out
        assert "1 run: 1 running" in listed.out
        assert (shown["account"], shown["version"], shown["state"]) == ("acme", 1, "running")
        assert [one["path"] for one in shown["open"]] == ["ring"]
        assert [one["channel"] for one in shown["messages"]] == ["slack"]

    def test_a_trace_tells_why_with_the_values_that_were_seen(self, filled):
        ran = fine(playbook("trace", filled))

        assert 'metrics.score.zone = "red"' in ran.out
        assert [one["event"] for one in playbook("trace", filled, "--json").json] == ["started", "opened"]

    def test_why_an_account_is_in_a_playbook(self, filled):
        ran = fine(playbook("why", "acme", "call"))

        assert f"live: run {filled}" in ran.lines
        assert 'true: metrics.score.zone == "red"' in ran.out

    def test_why_an_account_is_not_in_a_playbook(self, filled):
        ran = fine(playbook("why", "calm", "call"))

        assert "live: no run" in ran.lines
        assert "metrics.score.zone = unknown  <-- decided" in ran.out

    def test_tasks_are_listed_by_what_is_due_first(self, filled):
        ran = fine(playbook("tasks", "--person", "ben"))

        assert "Ring Acme" in ran.out
        assert "1 task, 0 overdue" in ran.out
        assert playbook("tasks", "--person", "ana").out == "no tasks\n"

    def test_messages_are_listed_and_shown_whole(self, filled):
        (message,) = playbook("outbox", "--json").json
        shown = fine(playbook("outbox", "--show", message["id"][:6]))

        assert (message["state"], message["to"], message["channel"]) == ("wanted", "ben", "slack")
        assert "Ring Acme" in shown.out
        assert playbook("outbox", "--state", "sent").out == "no messages\n"

    def test_the_messages_of_a_run_are_found_by_the_beginning_of_its_id(self, filled):
        found = playbook("outbox", "--run", filled[:8], "--json").json

        assert found == playbook("outbox", "--run", filled, "--json").json != []

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (("outbox", "--run", "nosuch"), "there is no run 'nosuch'"),
            (("outbox", "--account", "acmee"), "there is no account 'acmee'. Did you mean 'acme'?"),
            (("runs", "--account", "CAL"), "there is no account 'CAL'. Did you mean 'calm'?"),
            (("runs", "--playbook", "cal"), "no playbook 'cal' is applied, and none has run. Did you mean 'call'?"),
            (("tasks", "--account", "zz"), "there is no account 'zz'\n"),
            (("tasks", "--person", "bem"), "'bem' is nobody in people.yaml. Did you mean 'ben'?"),
            (("tasks", "--playbook", "zz"), "no playbook 'zz' is applied, and none has run. Known: call."),
            (("held", "--account", "zz"), "there is no account 'zz'"),
            (("pause", "--account", "zz", "--yes"), "there is no account 'zz'"),
        ],
    )
    def test_a_filter_that_names_what_is_not_there_is_an_error_with_what_is_near(self, filled, arguments, said):
        ran = playbook(*arguments)

        assert (ran.code, ran.out) == (1, "")
        assert said.rstrip() in ran.err

    def test_a_filter_of_what_is_there_and_has_nothing_finds_nothing(self, filled):
        assert playbook("runs", "--account", "calm").out == "no runs\n"
        assert playbook("outbox", "--account", "calm").out == "no messages\n"

    def test_an_account_is_shown_with_all_that_goes_on(self, filled):
        shown = fine(playbook("account", "acme")).out

        assert playbook("account", "acme", "--json").json["fields"]["name"] == "Acme"
        for said in ("Acme", "red", "40%", "ben", "kim@acme.test", filled, "Ring Acme", "opened"):
            assert said in shown

    def test_nothing_waits_for_a_decision(self, filled):
        assert playbook("attention").out == "nothing waits for a decision\n"

    @pytest.mark.parametrize(
        "arguments",
        [
            ("run", "nothing"),
            ("trace", "nothing"),
            ("account", "nobody"),
            ("why", "nobody", "call"),
            ("why", "acme", "cal"),
            ("task", "show", "x"),
            ("outbox", "--show", "x"),
        ],
    )
    def test_what_is_not_there_is_said_in_a_sentence(self, filled, arguments):
        ran = playbook(*arguments)

        assert (ran.code, ran.out) == (1, "")
        assert ran.err.startswith("playbook: there is no ")

    def test_names_from_outside_cannot_command_the_terminal(self):
        playbook("apply")
        Path("facts.ndjson").write_text(FACTS.replace('"Acme"', '"Ac\\u001b[31mme"'))
        playbook("import", "facts.ndjson")

        assert "\x1b" not in playbook("tasks").out


class TestAttention:
    def test_a_parked_step_is_listed_with_its_reason_and_tried_again_on_a_persons_word(self, installation):
        steps = "  - slack: tell\n    to: account.channel\n    text: hello\n"
        written(installation, {"adoption/call.yaml": f"{CALL.partition('steps:')[0]}steps:\n{steps}"})
        (installation / "adoption/call.test.yaml").unlink()
        playbook("apply")
        playbook("import", "facts.ndjson")

        (found,) = playbook("attention", "--json").json

        assert (found["kind"], found["account"], found["run"]) == ("parked", "acme", the_run())
        assert "account.channel is not known" in found["reason"]
        assert found["fix"].startswith(f"playbook resume {the_run()}")
        assert playbook("runs", "--json").json[0]["state"] == "attention"
        assert playbook("resume", the_run()).out == "1 run told to resume\n"

    def test_a_mail_that_may_have_gone_out_waits_for_a_persons_word(self, filled):
        (message,) = playbook("outbox", "--json").json
        barred = playbook("outbox", "--send-again", message["id"])
        in_doubt(message["id"])

        (found,) = playbook("attention", "--json").json
        again = playbook("outbox", "--send-again", message["id"][:6])

        assert (barred.code, "is wanted: only an uncertain message or a refused notice" in barred.err) == (1, True)
        assert (found["kind"], found["id"]) == ("uncertain", message["id"])
        assert again.out == f"{message['id']} is wanted again\n"
        assert playbook("attention", "--json").json == []

    def test_a_provider_that_is_down_is_told_with_what_waits_and_tried_on_a_persons_word(self, filled):
        (message,) = playbook("outbox", "--json").json
        idle = playbook("resume", "--provider", "slack").out
        down(message["id"])

        (found,) = playbook("attention", "--json").json
        told, shown = playbook("attention").out, playbook("outbox").out
        again = playbook("resume", "--provider", "slack")

        assert idle == "slack is not in trouble: nothing waits for it to come back\n"
        assert (found["kind"], found["waiting"]) == ("provider", 1)
        assert "token_revoked (since 20" in told
        assert f"1 message waiting, next try {instant_column(found['next_try'])})" in told
        assert f"deferred (provider down; next try {instant_column(found['next_try'])})" in shown
        assert again.out.startswith("slack is tried at once, for 1 message; ")
        assert playbook("attention", "--json").json[0]["next_try"] < found["next_try"]
        assert playbook("resume", "--provider", "slack", "--playbook", "call").code == 1


def down(message: str) -> None:
    """As it is left when Slack no longer takes the token."""
    host = host_from(load_settings())
    real = host.clock.real()

    def write(connection):
        breakers.open_(connection, "slack", real, real + timedelta(minutes=5), "token_revoked")
        effects.change(connection, message, state="deferred", held="provider", reason="provider down")

    host.database.write(write)
    host.database.close()


def in_doubt(message: str) -> None:
    """As a crash between the provider's answer and its settling leaves it, when nobody could tell at the provider."""
    host = host_from(load_settings())
    host.database.write(lambda connection: effects.change(connection, message, state="uncertain", until=None))
    host.database.close()


def failed(run: str) -> None:
    """As five failed advances leave it."""
    host = host_from(load_settings())
    host.database.write(lambda connection: stored_runs.failed(connection, run, "the engine failed 5 times"))
    host.database.close()


class TestSuppressions:
    def test_an_address_that_gets_no_mail_is_listed_and_lifted(self, filled):
        barred("kim@acme.test", "product")
        asked = playbook("suppressions", "--lift", "Kim@acme.test")

        listed = playbook("suppressions")
        lifted = playbook("suppressions", "--lift", "Kim@acme.test", "--topic", "product", "--yes")

        assert asked.code == 1
        assert asked.err.startswith("playbook: Kim@acme.test gets no mail about product since 2")
        assert asked.err.endswith(". Lifted, it gets mail again. Say --yes to do it\n")
        assert "no mail about product" in listed.out
        assert lifted.out == "Kim@acme.test gets mail again about product\n"
        assert playbook("suppressions").out == "every address gets mail\n"

    def test_what_is_not_barred_cannot_be_lifted(self, filled):
        barred("kim@acme.test", "product")

        ran = playbook("suppressions", "--lift", "kim@acme.test", "--topic", "other", "--yes")

        assert (ran.code, ran.err) == (1, "playbook: nothing keeps mail about other from kim@acme.test\n")


def barred(address: str, topic: str) -> None:
    host = host_from(load_settings())
    host.database.write(lambda connection: suppressions.opt_out(connection, address, topic, host.clock.now()))
    host.database.close()


class TestTask:
    def test_it_is_completed_with_one_of_its_outcomes(self, filled):
        task = the_task()

        unsaid = playbook("task", "complete", task)
        wrong = playbook("task", "complete", task, "--outcome", "reachd")
        right = fine(playbook("task", "complete", task[:8], "--outcome", "reached", "--by", "ben"))
        again = playbook("task", "complete", task, "--by", "ana")

        assert (unsaid.code, "say which outcome: reached" in unsaid.err) == (1, True)
        assert (wrong.code, "Did you mean 'reached'?" in wrong.err) == (1, True)
        assert right.out == "reached: Ring Acme\n"
        assert (again.code, "It is done already: reached by ben." in again.err) == (1, True)

    def test_everything_that_people_do_is_in_its_history(self, filled):
        task = the_task()

        for act in (
            ("snooze", task, "--until", "2 days", "--by", "ben"),
            ("reassign", task, "--to", "ana", "--by", "ben"),
            ("claim", task, "--by", "ben"),
            ("note", task, "Kim is away", "--by", "ben"),
            ("complete", task, "--outcome", "reached", "--by", "ben", "--note", "all is well"),
            ("reopen", task, "--by", "ana"),
        ):
            fine(playbook("task", *act))

        history = playbook("task", "show", task, "--json").json["history"]
        assert [one["verb"] for one in history] == ["snooze", "reassign", "claim", "note", "complete", "reopen"]
        assert history[4]["outcome"] == "reached"

    def test_each_act_says_what_it_did_also_to_a_task_that_is_put_off(self, filled):
        task = the_task()
        until = fine(playbook("task", "snooze", task, "--until", "2 days")).out.partition(", with")[0]
        still = until.replace("snoozed", "still put off")

        said = [
            fine(playbook("task", *act)).out.partition(": Ring Acme")[0]
            for act in (
                ("reassign", task, "--to", "ana"),
                ("reassign", task, "--to", "ana"),
                ("claim", task, "--by", "ben"),
                ("note", task, "Kim is away"),
            )
        ]

        given = [f"given to ana ({still})", f"ana had it already, and keeps it ({still})", f"taken by ben ({still})"]
        assert said == [*given, f"noted ({still})"]

    def test_of_an_outcome_after_the_first_it_is_said_that_the_run_hears_nothing(self, filled):
        first = fine(playbook("task", "complete", the_task(), "--outcome", "reached", "--by", "ben")).lines
        task = playbook("tasks", "--state", "done", "--json").json[0]["id"]

        opened = fine(playbook("task", "reopen", task, "--by", "ana")).lines
        second = fine(playbook("task", "complete", task, "--outcome", "silent", "--by", "ana")).lines

        went_on = "The run went on with 'reached' when it was closed first, and hears nothing of"
        assert first == ["reached: Ring Acme"]
        assert opened == ["opened again, with ben: Ring Acme", f"{went_on} another outcome."]
        assert second == ["silent: Ring Acme", f"{went_on} this one."]

    def test_a_task_that_is_put_off_names_its_holder_and_says_where_that_is_after_it_is_due(self, filled):
        told = playbook("task", "show", the_task(), "--json").json["due"]
        due, later = instant_column(told), f"{datetime.fromisoformat(told) + timedelta(days=300):%Y-%m-%dT%H:%M:%SZ}"
        short = fine(playbook("task", "snooze", the_task(), "--until", "1 hour", "--by", "ben")).out
        far = fine(playbook("task", "snooze", the_task(), "--until", later, "--by", "ben")).out
        shown = playbook("task", "show", the_task())

        until = instant_column(later)
        assert (", with ben" in short, "after it is due" in short) == (True, False)
        assert far == f"snoozed until {until}, with ben (after it is due, {due}, which stays): Ring Acme\n"
        assert shown.lines[1].startswith(f"snoozed until {until}, with ben (after it is due")
        assert shown.lines[-1].endswith(f"  snooze  ben  until {until}")
        assert f"snoozed until {until}" in playbook("tasks").out
        assert f"snoozed until {until}, ben, due" in playbook("run", the_run()).out

    def test_account_and_trace_tell_until_when_as_a_person_reads_it(self, filled):
        at = f"{datetime.now(UTC) + timedelta(days=300):%Y-%m-%dT09:00:00Z}"
        fine(playbook("task", "snooze", the_task(), "--until", at))
        advance_it()
        until = instant_column(at)

        assert f"snoozed until {until}" in playbook("account", "acme").out
        assert playbook("trace", the_run()).lines[-1].startswith("now: ring: ")
        assert f"put off until {until}" in playbook("trace", the_run()).lines[-1]

    @pytest.mark.parametrize(
        ("act", "said"),
        [
            (("snooze", "--until", "yesterday"), "is no duration, day or instant"),
            (("snooze", "--until", "2020-01-01"), "lies ahead"),
            (("reassign", "--to", "ann"), "Did you mean 'ana'?"),
            (("acknowledge",), "Only an escalation"),
        ],
    )
    def test_what_cannot_be_is_refused_in_a_sentence(self, filled, act, said):
        ran = playbook("task", act[0], the_task(), *act[1:])

        assert ran.code == 1
        assert said in ran.err


def advance_it() -> None:
    """As a worker does."""
    host = host_from(load_settings())
    runs.advance(host, the_run())
    host.database.close()


class TestOperate:
    def test_one_run_is_told_at_once_and_several_after_a_count(self, filled):
        one, several, sure = (
            playbook("pause", filled),
            playbook("stop", "--account", "acme"),
            playbook("stop", "--account", "acme", "--outcome", "called_off", "--json"),
        )

        assert one.out == "1 run told to pause\n"
        assert several.code == 0
        assert sure.json == {"runs": [filled]}

    def test_several_runs_need_a_yes(self, filled):
        Path("more.ndjson").write_text(
            FACTS.replace('"acme"', '"zeta"').replace('"id": "f', '"id": "z').replace('"calm"', '"zz"')
        )
        playbook("import", "more.ndjson")

        unsure, sure = playbook("pause", "--playbook", "call"), playbook("pause", "--playbook", "call", "--yes")

        assert (unsure.code, unsure.err) == (1, "playbook: 2 runs to pause. Say --yes to do it\n")
        assert sure.out == "2 runs told to pause\n"

    def test_neither_a_run_nor_a_filter_is_no_order(self, filled):
        assert playbook("stop").err.startswith("playbook: name runs, or --playbook or --account")

    def test_a_step_is_skipped_where_the_run_rests(self, filled):
        wrong, right = playbook("skip", filled, "rng"), playbook("skip", filled)

        assert (wrong.code, "It rests at ring" in wrong.err) == (1, True)
        assert right.out == f"{filled} is told to skip ring\n"

    def test_a_run_that_failed_at_an_input_goes_on_without_it(self, filled):
        assert "has not failed at an input" in playbook("discard", filled, "--yes").err
        playbook("skip", filled)
        failed(filled)

        ran = playbook("discard", filled, "--yes")

        assert (ran.code, "goes on without input " in ran.out, "(operated for ring)" in ran.out) == (0, True, True)
        assert playbook("trace", filled, "--json").json[-1]["event"] == "discarded"

    def test_nothing_to_resume_is_said(self, filled):
        assert playbook("resume", filled).out == "no run to resume\n"

    def test_every_live_run_is_woken(self, filled):
        assert playbook("recover").out == "1 run will be woken; `playbook up` delivers it\n"
        assert playbook("recover", "--restored-from", "last night").code == 1

    def test_a_playbook_is_started_by_hand_where_it_says_so(self, installation, filled):
        written(installation, {"visit.yaml": BY_HAND})
        playbook("apply")

        started, twice, barred = (
            playbook("start", "visit", "acme"),
            playbook("start", "visit", "acme"),
            playbook("start", "call", "calm"),
        )

        assert started.out.startswith("started: visit-")
        assert (twice.code, "a run of it is live already" in twice.err) == (1, True)
        assert (barred.code, "by_hand: true" in barred.err) == (1, True)
        assert playbook("start", "visit", "nobody").code == 1
        assert "Did you mean 'visit'?" in playbook("start", "visti", "acme").err


class TestTroubles:
    def test_a_database_that_cannot_be_reached_is_exit_code_4(self, monkeypatch):
        monkeypatch.setenv("PLAYBOOK_DATABASE_URL", "postgresql://nobody:secret-word@127.0.0.1:1/none")

        ran = playbook("runs")

        assert ran.code == 4
        assert "secret-word" not in ran.err
        assert "PLAYBOOK_DATABASE_URL" in ran.err

    def test_a_folder_that_cannot_be_made_is_exit_code_4(self, tmp_path, monkeypatch):
        (tmp_path / "file").write_text("")
        monkeypatch.setenv("PLAYBOOK_DATABASE_URL", f"sqlite:///{tmp_path}/file/playbook.db")

        assert playbook("runs").code == 4

    def test_wrong_settings_are_told_all_at_once(self, monkeypatch):
        monkeypatch.setenv("PLAYBOOK_CLOCK", "fast")
        monkeypatch.setenv("PLAYBOOK_HTTP_PORT", "many")

        ran = playbook("runs")

        assert ran.code == 1
        assert "PLAYBOOK_CLOCK=fast" in ran.err
        assert "PLAYBOOK_HTTP_PORT=many" in ran.err

    def test_doctor_says_what_is_there_and_what_is_not(self, filled, monkeypatch):
        ran = playbook("doctor", "--json")

        named = {one["name"]: one for one in ran.json}
        assert ran.code == 0
        assert {"settings", "python", "workspace", "database", "applied", "temporal", "email", "slack", "http"} <= set(
            named
        )
        assert "the newest" in named["database"]["message"]

    def test_doctor_tells_a_server_that_does_not_answer_with_its_remedy(self, monkeypatch):
        playbook("apply")
        monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")

        ran = playbook("doctor")

        assert ran.code == 4
        assert "FAIL  temporal" in ran.out
        assert "mend TEMPORAL_ADDRESS" in ran.out

    def test_doctor_tells_what_mails_lack_as_soon_as_any_leaves_the_machine(self, installation, monkeypatch):
        quiet = {one["name"] for one in playbook("doctor", "--json").json}
        monkeypatch.setenv("PLAYBOOK_MAIL_FROM", "success@vendor.example")
        monkeypatch.setenv("PLAYBOOK_SMTP_URL", "smtp://127.0.0.1:9")

        lacking = playbook("doctor")
        policy = installation / "policy.yaml"
        policy.write_text(f"{policy.read_text()}mail: {{company: Vendor, address: Boston}}\n")
        monkeypatch.setenv("PLAYBOOK_PUBLIC_URL", "https://cs.vendor.example")
        monkeypatch.setenv("PLAYBOOK_LINK_SECRET", "a-secret-that-is-long-enough-for-it")
        whole = playbook("doctor")

        assert "mail" not in quiet
        assert "Set 'mail: {company: …, address: …}' in policy.yaml and PLAYBOOK_PUBLIC_URL and" in lacking.out
        assert "every mail says who writes, where they are by post, and how to get no more of them" in whole.out
        assert "mail bounces  they go to the colleague who writes" in whole.out

    def test_doctor_tells_that_nothing_comes_back_from_mails(self, installation, monkeypatch):
        monkeypatch.setenv("PLAYBOOK_MAIL_FROM", "success@vendor.example")
        monkeypatch.setenv("SENDGRID_API_KEY", "SG.key")
        monkeypatch.setenv("SENDGRID_HOST", "http://127.0.0.1:9")

        ran = playbook("doctor")

        assert ran.code == 4  # SendGrid cannot be reached
        assert "FAIL  mail events" in ran.out
        assert "set SENDGRID_EVENT_KEY" in ran.out

    def test_what_a_provider_refuses_is_the_callers_fault_not_a_network_that_is_down(self, installation, monkeypatch):
        monkeypatch.setenv("PLAYBOOK_MAIL_FROM", "success@vendor.example")
        with StandInSmtp() as server:
            monkeypatch.setenv("PLAYBOOK_SMTP_URL", f"smtp://user:password@127.0.0.1:{server.port}")

            ran = playbook("doctor")

        assert "FAIL  SMTP" in ran.out
        assert ran.code == 1

    def test_doctor_tells_that_nothing_moves_and_what_to_start(self, filled):
        with closing(sqlite3.connect("data/playbook.db")) as database, database:
            database.execute("UPDATE wakes SET due_at = '2020-01-01T00:00:00.000000Z'")

        ran = playbook("doctor")

        assert ran.code == 1
        (told,) = [line for line in ran.lines if line.startswith("FAIL")]
        assert "1 wake waits, the first for" in told
        assert "Start `playbook up` (worker and relay)" in told

    def test_doctor_tells_that_no_worker_asks_for_work(self, filled, temporal, monkeypatch):
        monkeypatch.setenv("TEMPORAL_ADDRESS", temporal)
        monkeypatch.setenv("PLAYBOOK_TASK_QUEUE", "lonely")

        ran = playbook("doctor")

        assert ran.code == 1
        queues = "lonely, lonely-email, lonely-slack, lonely-webhook, lonely-notice"
        assert f"No worker asks for the work of {queues}. Start `playbook up`" in ran.out

    def test_doctor_tells_a_namespace_that_is_not_there(self, filled, temporal, monkeypatch):
        monkeypatch.setenv("TEMPORAL_ADDRESS", temporal)
        monkeypatch.setenv("TEMPORAL_NAMESPACE", "nowhere")

        ran = playbook("doctor")

        assert ran.code == 1
        assert "Mend TEMPORAL_NAMESPACE" in ran.out

    def test_doctor_tells_another_clock_beside_everything_else(self, filled, monkeypatch):
        monkeypatch.setenv("PLAYBOOK_CLOCK", "scaled:60")

        ran = playbook("doctor", "--json")

        named = {one["name"]: one for one in ran.json}
        assert (ran.code, named["clock"]["ok"], "http" in named) == (1, False, True)
        assert "Set PLAYBOOK_CLOCK" in named["clock"]["message"]

    def test_doctor_tells_every_wrong_setting(self, monkeypatch):
        monkeypatch.setenv("PLAYBOOK_CLOCK", "fast")

        assert playbook("doctor").code == 1


def test_doctor_says_which_webhook_lacks_its_secret_and_never_shows_one(monkeypatch):
    policy = Path("playbooks/policy.yaml")
    crm, erp = (f'{{url: "https://{one}.test/h", secret_env: {one.upper()}_SECRET}}' for one in ("crm", "erp"))
    hooks = f"{{crm: {crm}, erp: {erp}}}"
    policy.write_text(f"{policy.read_text()}\nwebhooks: {hooks}\n")
    monkeypatch.setenv("CRM_SECRET", "hush-hush")

    told = playbook("doctor").out

    assert "https://crm.test/h, signed with CRM_SECRET" in told
    assert "ERP_SECRET is not set" in told
    assert "hush-hush" not in told
