"""What the benchmark says is measured, and judged by what it is held against."""

import os
import time
import urllib.request
from pathlib import Path

import pytest

from tests.support.commands import playbook
from tests.support.wording import scope
from workers.bench import intake
from workers.bench.beginnings import check_workspace
from workers.bench.clicks import Clicks, clicks
from workers.bench.conditions import ACCOUNTS, by_hand, condition, conditions
from workers.bench.counting import Counting
from workers.bench.figure import Figure, Goal
from workers.bench.kinds import kinds
from workers.bench.letters import Campaign, letters
from workers.bench.load import Load, load
from workers.bench.outage import Outage, outage
from workers.bench.promptness import Times, promptness
from workers.bench.simulation import Span, simulation
from workers.bench.sink import sink
from workers.bench.steps import steps
from workers.bench.throughput import Size, throughput
from workers.bench.touchpoints import touchpoints
from workers.devserver import DevServer
from workers.temporal_server import temporal_binary


def figure(value: float, against: float | None, goal: Goal) -> Figure:
    return Figure("runs", value, "runs/s", goal, against)


@pytest.mark.parametrize(
    ("bound", "limit", "holds"),
    [
        ("at least", 2, True),
        ("at least", 2.1, False),
        ("at most", 2, True),
        ("at most", 1.9, False),
        ("under", 2, False),
    ],
)
def test_a_goal_holds_up_to_its_limit(bound, limit, holds):
    assert Goal("value", bound, limit).holds(2) is holds


def test_a_ratio_is_held_against_its_goal_and_not_the_value():
    one = figure(8, 10, Goal("ratio", "at least", 0.8))

    assert one.holds
    assert one.to_json() == {
        "name": "runs", "value": 8.0, "unit": "runs/s", "against": 10.0, "ratio": 0.8, "goal": "ratio at least 0.8",
        "holds": True,
    }  # fmt: skip


def test_without_a_comparison_a_ratio_does_not_hold():
    assert not figure(8, None, Goal("ratio", "at least", 0.8)).holds


def test_the_sink_notes_when_a_call_arrives():
    with sink() as arrivals:
        began = time.perf_counter()
        urllib.request.urlopen(arrivals.url + "chat.postMessage", b"{}", timeout=5).read()

        assert began < arrivals.wait_for(1, 5) < time.perf_counter()
        with pytest.raises(TimeoutError):
            arrivals.wait_for(2, 0.01)


def test_a_benchmark_of_no_such_name_is_refused():
    told = playbook("bench", "speed")

    assert told.code == 1
    assert "promptness" in told.err


def test_the_check_of_a_workspace_is_timed_in_a_fresh_process():
    (one,) = check_workspace(Path("playbooks"))

    assert one.unit == "s"
    assert 0.05 < one.value < 30


def test_the_lambda_written_by_hand_gives_the_answers_of_the_condition():
    ask = condition().truth

    assert [ask(scope(account)) for account in ACCOUNTS] == [by_hand(account) for account in ACCOUNTS]
    assert {ask(scope(account)) for account in ACCOUNTS} == {True, False, None}


def test_conditions_are_answered_beside_a_lambda_written_by_hand():
    (one,) = conditions()

    assert one.unit == "/s"
    assert one.ratio > 0.3


SMALL = intake.Size(accounts=20, batches=1, rounds=1, few=20, many=40, idle=5, singles=2)


def test_facts_are_taken_in_with_and_without_playbooks_that_do_not_care(tmp_path):
    alone, crowded = intake.throughput(tmp_path, SMALL)

    assert alone.value > 0
    assert crowded.against == alone.value


def test_an_intake_is_measured_with_few_accounts_and_with_many(tmp_path):
    once, memory = intake.growth(tmp_path, SMALL)

    assert once.ratio is not None
    assert 20 < memory.value < 1_000


def test_a_cadence_is_simulated_and_its_run_stays_small(tmp_path):
    speed, state = simulation(tmp_path, Span(rounds=1, stories=1, few=20, many=60))

    assert speed.value > 0
    assert state.holds


class TestOnAServer:
    @pytest.fixture
    async def server(self, tmp_path):
        async with DevServer(temporal_binary(os.environ, print), tmp_path / "server") as made:
            yield made

    async def test_both_sides_run_and_ours_costs_no_more_actions_than_is_allowed(self, server, tmp_path):
        speed, actions = await throughput(server, folder(tmp_path), Size(runs=3, rounds=1))

        assert speed.value > 0
        assert speed.against > 0
        # By hand: a start, four activities, a signal, a timer.
        assert actions.against == 7
        assert actions.holds

    async def test_a_slack_call_follows_a_fact(self, server, tmp_path):
        median, worst = await promptness(server, folder(tmp_path), Times(number=3, warm=1))

        assert 0 < median.value <= worst.value < 30_000

    async def test_each_condition_that_is_turned_under_load_has_its_effect_once(self, server, tmp_path):
        p99, lost, twice = await load(server, folder(tmp_path), Load(runs=5, rate=20, seconds=2, flips=8))

        assert 0 < p99.value < 30_000
        assert (lost.value, twice.value) == (0, 0)

    async def test_ten_database_only_steps_cost_no_more_than_one_activity(self, server, tmp_path):
        (one,) = await steps(server, folder(tmp_path))

        assert one.holds

    async def test_what_each_touchpoint_of_a_waiting_run_costs_is_counted_beyond_its_effect(self, server, tmp_path):
        (one,) = await touchpoints(server, folder(tmp_path), weeks=4)

        # At least a timer and an activity each; the run's beginning and end weigh more among so few.
        assert 1 < one.value < 8

    async def test_what_a_step_of_a_kind_costs_is_told_beyond_a_run_that_needs_nobody(self, server, tmp_path):
        told = {one.name: one.value for one in await kinds(server, folder(tmp_path), ("slack", "wait for a time"))}

        assert told["a run, begun and ended"] >= 1
        assert told["slack"] == 1  # its own activity
        assert told["wait for a time"] == 2  # a timer and the look when it fires
        assert told["slack: events"] > told["slack"]

    async def test_each_contact_gets_one_letter(self, server, tmp_path):
        rate, twice, page = await letters(server, folder(tmp_path), Campaign(accounts=2, contacts=2))

        assert rate.value > 0
        assert twice.value == 0
        assert page.unit == "ms"

    async def test_a_click_edits_its_message_and_the_run_goes_on(self, server, tmp_path):
        answered, edited, gone_on, lost = await clicks(server, folder(tmp_path), Clicks(rate=5, seconds=1))

        assert lost.value == 0
        assert 0 < answered.value < 1_000
        assert max(edited.value, gone_on.value) < 5_000

    async def test_mails_that_waited_for_a_provider_go_once_by_priority_when_it_is_back(self, server, tmp_path):
        calls, lost, twice, _, early, actions = await outage(server, folder(tmp_path), Outage(runs=6, hours=0.2))

        assert calls.value >= 1
        assert (lost.value, twice.value) == (0, 0)
        assert early.value < 30
        assert actions.value >= 3


def folder(tmp_path: Path) -> Path:
    made = tmp_path / "ground"
    made.mkdir()
    return made


def test_what_goes_through_is_counted_and_passed_on(tmp_path):
    from activities.outbox import Outbox
    from activities.transport import Message

    kept: list[str] = []
    counting = Counting(Outbox(lambda message: kept.append(message.id), lambda _: False))

    counting.send(Message("one", "slack", "#a", "hello"), None)
    counting.wait_for(1)

    assert (counting.count, kept) == (1, ["one"])
