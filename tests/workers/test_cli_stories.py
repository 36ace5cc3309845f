"""test, simulate, explain, show, vocabulary: what an author uses before anything runs."""

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from engine.conditions.wording import FUNCTIONS as WRITTEN
from engine.conditions.wording import QUANTIFIERS
from tests.support.commands import playbook
from tests.support.small_workspace import CALL, CALL_TEST, STORY, small_workspace
from workers.cli.vocabulary import FUNCTIONS


@pytest.fixture(autouse=True)
def workspace(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("story.yaml").write_text(STORY)
    return small_workspace(Path("playbooks"))


class TestTest:
    def test_each_test_is_told_with_its_place(self):
        ran = playbook("test")

        assert ran.code == 0
        assert ran.lines == [
            "PASS  playbooks/adoption/call.test.yaml:3: who is reached is thanked",
            "PASS  playbooks/adoption/call.test.yaml:14: another stage is not called",
            "2 tests: 2 passed",
        ]

    def test_a_failure_shows_the_values_that_decided_and_marks_the_line(self, workspace):
        wrong = CALL_TEST.replace("{at: day 1, email: thanks}", "{at: day 1, slack: tell}").replace(
            "reached}", "silent}"
        )
        small_workspace(workspace, test=wrong)

        ran = playbook("test", "-k", "thanked")

        assert ran.code == 1
        assert ran.lines[0] == "FAIL  playbooks/adoption/call.test.yaml:3: who is reached is thanked"
        assert "expected as number 2: {at: day 1, slack: tell}; but it was: {at: day 1, email: thanks, " in ran.lines[1]
        assert "false: account.arr >= 1000   account.arr = 500  <-- decided" in ran.out
        assert ran.lines[-1] == "1 test: 0 passed, 1 failed"

    def test_one_that_never_started_shows_how_its_start_reads(self, workspace):
        small_workspace(
            workspace,
            test=CALL_TEST.replace("stage: onboarding}", "stage: onboarding, tier: growth}").replace(
                "    expect: []\n", "    expect: [{task: ring}]\n"
            ),
        )

        ran = playbook("test", "-k", "another")

        assert ran.code == 1
        assert 'account.stage = "onboarding"  <-- decided' in ran.out

    def test_a_playbook_with_errors_is_an_error_and_the_others_go_on(self, workspace):
        (workspace / "other.yaml").write_text("playbook: other\nsteps: []\n")
        (workspace / "other.test.yaml").write_text("playbook: other\ntests: [{test: x, start: 2026-03-02T14:00:00Z}]\n")

        ran = playbook("test")

        assert ran.code == 1
        assert "ERROR playbooks/other.test.yaml: its tests cannot be run" in ran.out
        assert ran.lines[-1] == "2 tests: 2 passed, 1 file with errors"

    @pytest.mark.parametrize("name", ["call", "playbooks/adoption/call.yaml", "playbooks/adoption/call.test.yaml"])
    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            (CALL_TEST.replace("email: thanks}", "slack: tell, to: #wins}"), "error: # begins a comment here"),
            ("playbook: call\n", "'tests' is missing"),
            (CALL_TEST.replace("playbook: call\n", ""), "'playbook' is missing"),
        ],
    )
    def test_tests_that_cannot_be_read_are_an_error_however_they_are_asked_for(self, workspace, name, wrong, said):
        small_workspace(workspace, test=wrong)

        tested, checked = playbook("test", name), playbook("check", name)

        assert (tested.code, tested.lines[-1]) == (1, "0 tests: 0 passed, 1 file with errors")
        assert "ERROR playbooks/adoption/call.test.yaml: its tests cannot be run" in tested.out
        assert said in tested.out
        assert (checked.code, said in checked.out) == (1, True)

    def test_a_playbook_without_tests_that_is_no_yaml_is_an_error_of_test_too(self, workspace):
        (workspace / "other.yaml").write_text("playbook: other\nsteps: [\n")

        ran = playbook("test", "other")

        assert (ran.code, ran.lines[-1]) == (1, "0 tests: 0 passed, 1 file with errors")

    @pytest.mark.parametrize("command", ["test", "check", "simulate"])
    def test_a_playbook_that_is_no_yaml_is_found_by_its_id_and_its_file_is_named(self, workspace, command):
        small_workspace(workspace, call=CALL.replace("due: 2", "due: [2"))

        ran = playbook(command, "call")

        assert ran.code == 1
        assert "playbooks/adoption/call.yaml:1" in ran.out + ran.err
        assert "there is no" not in ran.out + ran.err

    def test_coverage_names_the_steps_and_ways_that_no_test_goes(self):
        ran = playbook("test", "--coverage")

        assert "call: 5 of 6 steps and ways covered (83 %)" in ran.out
        assert (
            '  playbooks/adoption/call.yaml:22: never reached: slack tell to lead: "{{ account.name }} is silent"'
            in ran.out
        )

    def test_a_playbooks_own_file_names_its_tests(self):
        for name in ("playbooks/adoption/call.yaml", "call"):
            assert playbook("test", name).lines[-1] == "2 tests: 2 passed"

    def test_a_word_that_no_test_has_is_the_callers_fault(self):
        ran = playbook("test", "-k", "nothing like it")

        assert (ran.code, ran.out) == (1, "no test has 'nothing like it' in its name\n")

    def test_json_tells_each_result(self):
        ran = playbook("test", "--json", "--coverage")

        assert [one["result"] for one in ran.json["tests"]] == ["pass", "pass"]
        assert ran.json["coverage"][0]["covered"] == 5


class TestSimulate:
    def test_the_timeline_is_in_the_accounts_own_time(self):
        ran = playbook("simulate", "call", "--story", "story.yaml")

        assert ran.code == 0
        assert ran.lines[0] == "story (times in America/New_York)"
        assert ran.lines[2].startswith("2026-03-02 Mon 09:00  ring ")
        assert ran.lines[2].endswith("csm (ben) due 2026-03-04 Wed 17:00")
        assert ran.lines[-1] == "outcome: called"

    def test_a_step_may_be_left_out_with_all_that_it_did(self):
        whole, ran = (
            playbook("simulate", "call", "--story", "story.yaml", *more) for more in ((), ("--without", "then_what"))
        )
        wrong = playbook("simulate", "call", "--story", "story.yaml", "--without", "rung")

        assert {line.split()[3] for line in whole.lines[1:-1]} >= {"then_what", "then_what/case/1/tell"}
        assert [line.split() for line in ran.lines] == [line.split() for line in whole.lines if "then_what" not in line]
        assert (wrong.code, wrong.err) == (1, "playbook: the playbook has no step 'rung'. Did you mean 'ring'?\n")

    def test_without_a_story_it_is_one_of_the_tests_beside_the_playbook_and_words_are_what_people_read(self):
        ran = playbook("simulate", "call", "--test", "thanked", "--words")

        assert ran.code == 0
        assert ran.lines[0] == "who is reached is thanked (times in America/New_York)"
        assert ran.lines[3].strip() == '"Ring Acme"'

    def test_json_has_the_promised_shape_and_the_same_bytes_each_time(self):
        first, second = (playbook("simulate", "call", "--story", "story.yaml", "--json") for _ in range(2))

        assert first.out == second.out
        assert list(first.json) == ["outcome", "ended_at", "trace"]
        assert [(one["path"], one["event"]) for one in first.json["trace"]] == [
            ("start", "started"),
            ("ring", "opened"),
            ("ring", "completed"),
            ("then_what", "branched"),
            ("then_what/case/1/tell", "posted"),
            ("thanks", "sent"),
            ("called", "ended"),
        ]
        assert all(one["at"].endswith("Z") for one in first.json["trace"])

    def test_a_file_may_stand_for_the_id(self):
        by_id, by_file = (
            playbook("simulate", name, "--story", "story.yaml", "--json").out
            for name in ("call", "playbooks/adoption/call.yaml")
        )

        assert by_id == by_file

    def test_until_cuts_the_story(self):
        ran = playbook("simulate", "call", "--story", "story.yaml", "--until", "3 hours", "--json")

        assert ran.json["outcome"] is None
        assert [one["event"] for one in ran.json["trace"]] == ["started", "opened"]

    @pytest.mark.parametrize("said", ["2026-03-02", "2026-03-03T13:00:00Z"])
    def test_until_may_be_a_local_day_or_an_instant(self, said):
        ran = playbook("simulate", "call", "--story", "story.yaml", "--until", said, "--json")

        assert [one["event"] for one in ran.json["trace"]] == ["started", "opened"]

    def test_a_story_that_never_starts_is_no_fault(self):
        Path("story.yaml").write_text("start: 2026-03-02T14:00:00Z\naccount: {name: Acme, stage: onboarding}\n")

        ran = playbook("simulate", "call", "--story", "story.yaml", "--json")

        assert (ran.code, ran.json) == (0, {"outcome": None, "ended_at": None, "trace": []})

    def test_only_errors_in_the_files_that_it_needs_stop_it(self, workspace):
        (workspace / "broken.yaml").write_text("playbook: broken\n")

        assert playbook("simulate", "call", "--story", "story.yaml").code == 0

    def test_an_unknown_playbook_is_answered_with_the_nearest(self):
        ran = playbook("simulate", "cal", "--story", "story.yaml")

        assert (ran.code, ran.err.strip().endswith("Did you mean 'call'?")) == (1, True)

    def test_where_there_is_no_workspace_the_setting_is_named(self, monkeypatch):
        monkeypatch.setenv("PLAYBOOK_WORKSPACE", "nowhere")

        ran = playbook("simulate", "call")

        assert (ran.code, "there is no workspace nowhere. Set PLAYBOOK_WORKSPACE" in ran.err) == (1, True)

    def test_what_the_story_asks_for_and_cannot_be_is_told(self):
        Path("story.yaml").write_text(STORY + "  - {after: 9 days, complete: nothing}\n")

        ran = playbook("simulate", "call", "--story", "story.yaml")

        assert ran.code == 1
        assert "there is no open task or escalation 'nothing'" in ran.err

    def test_a_run_that_has_not_ended_says_where_it_waits(self):
        Path("story.yaml").write_text(STORY.partition("then:")[0])

        ran = playbook("simulate", "call", "--story", "story.yaml")

        assert ran.lines[-1] == "it has not ended: the run waits at task ring since 2026-03-02 Mon 09:00"

    def test_a_story_with_a_fault_is_told_at_its_place(self):
        Path("story.yaml").write_text(STORY.replace("metrics: {score", "metrics: {scroe"))

        ran = playbook("simulate", "call", "--story", "story.yaml")

        assert ran.code == 1
        assert "story.yaml:5:" in ran.err
        assert "Did you mean 'score'?" in ran.err

    @pytest.mark.parametrize("command", ["simulate", "explain"])
    def test_values_of_a_story_that_the_playbook_does_not_have_are_told_at_their_place(self, command):
        Path("story.yaml").write_text(STORY.partition("then:")[0] + "with: {days: 3}\n")

        ran = playbook(command, "call", "--story", "story.yaml")

        assert (ran.code, ran.out) == (1, "")
        assert "story.yaml:6:14: error: test 'story' > with > days: the playbook has no parameter 'days'" in ran.err

    def test_one_test_of_a_file_is_picked_by_a_word(self):
        both = playbook("simulate", "call", "--story", "playbooks/adoption/call.test.yaml")
        one = playbook(
            "simulate", "call", "--story", "playbooks/adoption/call.test.yaml", "--test", "thanked", "--json"
        )

        assert (both.code, "Pick one with --test" in both.err) == (1, True)
        assert one.json["outcome"] == "called"


def told(start: str, *then: str) -> None:
    """A story of an account in adoption, with something each day."""
    lines = [f"  - {{after: {day} days, {said}}}" for day, said in enumerate(then, 1)]
    Path("story.yaml").write_text("\n".join([start, *(["then:", *lines] if lines else [])]))


@pytest.fixture
def on_login(workspace) -> str:
    """A playbook that an event starts; the beginning of a story about it."""
    on = CALL.replace('  when: metrics.score.zone == "red"', '  on: login\n  where: event.user == "ana"')
    small_workspace(workspace, call=on)
    return STORY.partition("metrics")[0]


class TestExplain:
    def test_a_start_is_taken_apart_with_its_values(self):
        ran = playbook("explain", "call", "--story", "story.yaml")

        assert ran.code == 0
        assert ran.lines[0] == "2026-03-02 Mon 09:00  start  started"
        assert 'true: metrics.score.zone == "red"   metrics.score.zone = "red"  <-- decided' in ran.out

    def test_what_did_not_start_is_explained_as_it_stands_at_the_end(self):
        Path("story.yaml").write_text("start: 2026-03-02T14:00:00Z\naccount: {name: Acme, stage: adoption}\n")

        ran = playbook("explain", "call", "--story", "story.yaml")

        assert "start  not started" in ran.lines[0]
        assert 'unknown: metrics.score.zone == "red"   metrics.score.zone = unknown  <-- decided' in ran.out

    @pytest.mark.parametrize(
        ("start", "awaited"),
        [
            ("for: 6 months", "this must be true for 6 months without a break"),
            ("mode: leaves", "it starts when this is true no more"),
        ],
    )
    def test_what_is_so_and_has_not_started_says_what_is_waited_for(self, workspace, start, awaited):
        small_workspace(workspace, call=CALL.replace("  again: always", f"  {start}"))
        Path("story.yaml").write_text(STORY.partition("then:")[0] + "until: 30 days\n")

        ran = playbook("explain", "call", "--story", "story.yaml")

        assert ran.lines[0] == f"2026-03-02 Mon 09:00  start  not started: {awaited}"

    def test_each_event_that_started_nothing_is_told_with_what_it_was_asked(self, on_login):
        told(
            on_login,
            'event: login, data: {user: "bob"}',
            "account: {stage: onboarding}",
            'event: login, data: {user: "ana"}',
        )

        ran = playbook("explain", "call", "--story", "story.yaml")

        assert ran.lines == [
            "2026-03-03 Tue 09:00  start  not_started: the event is none of those that start it",
            '  false: on login where event.user == "ana"',
            '    true: account.stage in ["adoption"]   account.stage = "adoption"',
            '    false: event.user == "ana"   event.user = "bob"  <-- decided',
            "2026-03-05 Thu 09:00  start  not_started: the event is none of those that start it",
            '  false: on login where event.user == "ana"',
            '    false: account.stage in ["adoption"]   account.stage = "onboarding"  <-- decided',
            '    true: event.user == "ana"   event.user = "ana"',
        ]

    def test_where_no_such_event_came_that_is_said(self, on_login):
        told(on_login)

        ran = playbook("explain", "call", "--story", "story.yaml")

        assert ran.lines[-1].endswith("start  not started: no login comes in this story, and it starts on each login")

    def test_where_there_is_a_run_for_each_it_is_told_of_every_one(self, workspace):
        each = CALL.replace("owner: csm", "owner: csm\neach: contacts")
        each = each.replace('metrics.score.zone == "red"', 'item.role == "champion"')
        small_workspace(workspace, call=each)
        told(STORY.partition("metrics")[0], "contacts: [{id: c2, name: Lee, role: end_user}]")

        ran = playbook("explain", "call", "--story", "story.yaml", "--json")

        assert [(one["subject"], one["event"], one["why"]["truth"]) for one in ran.json] == [
            ("c1", "started", True),
            ("c2", "not started", False),
        ]

    def test_a_branch_is_explained_by_its_id(self):
        ran = playbook("explain", "call", "--story", "story.yaml", "--step", "then_what", "--json")

        assert ran.json[0]["case"] == 1
        assert ran.json[0]["why"]["truth"] is True

    def test_a_step_at_which_nothing_was_decided_is_the_callers_fault(self):
        ran = playbook("explain", "call", "--story", "story.yaml", "--step", "then_wat")

        assert (ran.code, "Did you mean 'then_what'?" in ran.err) == (1, True)

    def test_an_event_that_a_wait_did_not_mean_is_explained_with_its_parts(self, workspace):
        waits_for_ana(workspace, "{after: 1 hour, event: login, data: {user: ben}}")

        ran = playbook("explain", "call", "--story", "story.yaml", "--step", "back")

        assert ran.lines[0] == "2026-03-02 Mon 10:00  back  not_heard: it is no login that is meant here"
        assert 'event.user = "ben"' in ran.out

    def test_an_event_in_the_instant_in_which_a_wait_opens_is_said_to_have_come_before_it(self, workspace):
        waits_for_ana(workspace, "{after: 0 days, event: login, data: {user: ana}}")

        ran = playbook("explain", "call", "--story", "story.yaml", "--step", "back")

        assert ran.code == 1
        assert "login came 2026-03-02 Mon 09:00, when it had not opened yet" in ran.err


def waits_for_ana(workspace: Path, then: str) -> None:
    wait = "  - {wait: back, on: login, where: event.user == 'ana', at_most: 9 days, otherwise: []}"
    small_workspace(workspace, call=CALL.replace("steps:\n", f"steps:\n{wait}\n"))
    Path("story.yaml").write_text(f"{STORY.partition('then:')[0]}then: [{then}]\n")


class TestShow:
    def test_the_plan_is_told_in_words(self):
        ran = playbook("show", "call")

        assert ran.lines[0] == "call: Call who is low"
        assert 'task ring: "Ring {{ account.name }}" for csm, due 2 business days' in ran.lines
        assert '  case 1, outcome.ring == "silent" and account.arr >= 1000:' in ran.lines

    def test_mermaid_can_be_pasted(self):
        assert playbook("show", "call", "--mermaid").out.startswith("flowchart TD\n")

    def test_a_version_is_the_same_from_wherever_it_is_read(self, monkeypatch):
        here = playbook("show", "call", "--json").json["hash"]
        monkeypatch.chdir("playbooks/adoption")

        assert playbook("show", "call.yaml", "--json").json["hash"] == here


class TestVocabulary:
    def test_every_word_is_listed(self):
        ran = playbook("vocabulary")

        assert "account.arr        a number (USD)" in ran.lines
        assert "metrics.score  Score: a number, reported, with a target" in ran.lines

    def test_one_word_is_shown_by_itself(self):
        assert list(playbook("vocabulary", "score", "--json").json) == ["Metrics"]

    def test_a_word_that_is_not_there_is_answered_with_the_nearest(self):
        ran = playbook("vocabulary", "scroe")

        assert (ran.code, "Did you mean 'score'?" in ran.err) == (1, True)

    def test_every_function_of_the_language_is_told(self):
        assert set(FUNCTIONS) == WRITTEN | set(QUANTIFIERS.values())

    def test_the_schema_takes_a_right_playbook_and_refuses_a_wrong_one(self):
        schema = playbook("vocabulary", "--json-schema").json
        jsonschema.Draft202012Validator.check_schema(schema)
        validator = jsonschema.Draft202012Validator(schema)

        assert validator.is_valid(yaml.safe_load(CALL))
        assert not validator.is_valid(yaml.safe_load(CALL.replace("    due:", "    duo:")))
        assert not validator.is_valid(yaml.safe_load(CALL.replace("stage: adoption", "stage: adopted")))

    @pytest.mark.parametrize("name", ["task", "account"])
    def test_a_part_has_a_schema_of_its_own(self, name):
        jsonschema.Draft202012Validator.check_schema(json.loads(playbook("vocabulary", name, "--json-schema").out))
