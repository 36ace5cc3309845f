"""Starts of many accounts and starts that are held, ordered on the command line."""

import json
from pathlib import Path

import pytest

from tests.support.commands import playbook
from tests.support.small_workspace import small_workspace
from tests.support.workspaces import written

VISIT = "playbook: visit\nstage: adoption\nstart: by hand\nowner: csm\nsteps:\n  - task: go\n"
LOW = """\
playbook: low
owner: csm
limit: 1 per month
start: {when: metrics.score.value < 50, again: always}
steps:
  - task: go
"""


def fact(number: int, **said: object) -> str:
    return json.dumps(
        {"id": f"{number}·{next(iter(said))}", "account": f"a{number % 3}", "at": "2026-03-02T14:00:00Z", **said}
    )


@pytest.fixture(autouse=True)
def filled(tmp_path, monkeypatch):
    """Three accounts: a0 and a1 are in adoption, a2 is not."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PLAYBOOK_DATABASE_URL", f"sqlite:///{tmp_path}/data/playbook.db")
    written(small_workspace(tmp_path / "playbooks"), {"visit.yaml": VISIT, "low.yaml": LOW})
    facts = [
        fact(0, fields={"name": "Zero", "stage": "adoption", "arr": 100}),
        fact(1, fields={"name": "One", "stage": "adoption", "arr": 900}),
        fact(2, fields={"name": "Two", "stage": "onboarding", "arr": 900}),
    ]
    Path("facts.ndjson").write_text("\n".join(facts))
    assert playbook("apply").code == 0
    assert playbook("import", "facts.ndjson").code == 0


def low(*numbers: int) -> None:
    """One after the other."""
    for number in numbers:
        Path(f"low{number}.ndjson").write_text(fact(number, metric="score", value=20))
        assert playbook("import", f"low{number}.ndjson").code == 0


def test_many_are_started_with_counts_first():
    asked = playbook("start", "visit", "a0", "a1", "a2", "a9")

    assert asked.code == 1
    assert asked.lines == [
        "2 accounts to start visit",
        "  1 not: the account is not in its stage or tier (a2)",
        "  1 not: there is no such account (a9)",
    ]
    assert "Say --yes to do it" in asked.err
    assert playbook("runs", "--playbook", "visit").out == "no runs\n"


def test_a_persons_yes_starts_them():
    ran = playbook("start", "visit", "a0", "a1", "a2", "--yes")

    assert (ran.code, ran.lines[-1]) == (0, "started: 2 runs")
    assert len(playbook("runs", "--playbook", "visit", "--json").json) == 2


def test_the_accounts_are_chosen_by_a_condition():
    ran = playbook("start", "visit", "--where", "account.arr > 500", "--json", "--yes")

    assert (list(ran.json["started"]), ran.json["barred"]) == (["a1"], {"stage": ["a2"]})


def test_the_accounts_are_chosen_by_stage():
    assert sorted(playbook("start", "visit", "--stage", "adoption", "--json", "--yes").json["started"]) == ["a0", "a1"]


def test_the_accounts_are_named_in_a_file():
    Path("ids.txt").write_text("a0\n\n a1 \n")

    assert sorted(playbook("start", "visit", "--file", "ids.txt", "--json", "--yes").json["started"]) == ["a0", "a1"]


def test_when_nobody_would_start_nobody_is_asked():
    ran = playbook("start", "visit", "a2", "a9")

    assert (ran.code, ran.lines[0]) == (0, "0 accounts to start visit")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("visit",), "name accounts, or say which with --where"),
        (("visit", "a0", "--stage", "adoption"), "not both"),
        (("visit", "--where", "account.ar > 5"), "account.ar is not in the vocabulary. Did you mean account.arr?"),
        (("visit", "--where", 'last_outcome("low") == "complete"'), '"complete" is not one of its outcomes: completed'),
        (("visit", "--stage", "adopton"), "adoption"),
        (("visit", "--file", "none.txt"), "none.txt cannot be read"),
        (("visti", "a0", "a1"), "Did you mean 'visit'?"),
    ],
)
def test_what_cannot_be_meant_is_said(arguments, said):
    ran = playbook("start", *arguments)

    assert (ran.code, said in ran.err) == (1, True)


def test_a_start_over_the_limit_is_held_listed_and_released():
    low(0, 1)

    held = playbook("held", "--json").json
    asked = playbook("attention", "--json").json
    released = playbook("release", "low", "--all", "--by", "ana")

    assert [(one["account"], one["reason"], one["still"]) for one in held] == [("a1", "limit", True)]
    assert [(one["kind"], one["fix"]) for one in asked if one["kind"] == "held"] == [
        ("held", "playbook release low --account a1")
    ]
    assert released.lines[-1] == "started: 1 run"
    assert playbook("held").out == "no start is held\n"


def test_the_listing_is_for_people():
    low(0, 1)

    lines = playbook("held").lines

    assert lines[0].split() == ["playbook", "account", "why", "since", "still", "true"]
    assert "its limit is reached" in lines[1]


def test_a_held_start_is_dropped():
    low(0, 1)

    assert playbook("release", "low", "--account", "a1", "--drop").out == "dropped: 1 held start of low\n"
    assert playbook("held", "--json").json == []


def crowd(number: int) -> None:
    """So many new accounts that all score low, one after the other."""
    named = [
        {"id": f"n{one}", "account": f"b{one:02}", "fields": {"name": "B", "stage": "adoption"}}
        for one in range(number)
    ]
    scored = [{"id": f"s{one}", "account": f"b{one:02}", "metric": "score", "value": 20} for one in range(number)]
    Path("crowd.ndjson").write_text("\n".join(json.dumps(one) for one in [*named, *scored]))
    assert playbook("import", "crowd.ndjson").code == 0


def test_many_held_starts_of_one_playbook_are_one_thing_to_decide():
    crowd(13)

    (held,) = playbook("attention", "--json").json
    lines = playbook("attention").lines

    assert (held["number"], held["account"]) == (12, None)
    assert held["reason"] == "12 starts of low are held (12: its limit is reached)"
    assert held["fix"] == "playbook held --playbook low; playbook release low --all"
    assert lines[-1] == "for a person to decide: 12 things (times in UTC)"


def test_what_attention_does_not_show_is_counted():
    crowd(6)

    lines = playbook("attention", "--limit", "2").lines

    assert lines[-3:] == ["… and 3 more: held", "", "for a person to decide: 5 things (times in UTC)"]


def test_what_is_held_of_a_playbook_that_is_gone_can_be_dropped():
    low(0, 1)
    Path("playbooks/low.yaml").unlink()
    assert playbook("apply").code == 0

    asked = playbook("attention", "--json").json
    released = playbook("release", "low", "--all")

    assert [one["fix"] for one in asked] == ["playbook release low --account a1 --drop"]
    assert "applied no more" in asked[0]["reason"]
    assert (released.code, "playbook release low --all --drop" in released.err) == (1, True)
    assert playbook("release", "low", "--all", "--drop").out == "dropped: 1 held start of low\n"


def test_what_was_held_during_a_pause_that_is_over_says_so():
    playbook("pause", "--playbook", "low", "--starts")
    low(0)
    playbook("resume", "--playbook", "low", "--starts")

    assert "held while its starts were paused" in playbook("held").out
    assert "(held while its starts were paused)" in playbook("attention").out


def test_a_limit_neither_holds_nor_counts_what_a_person_starts():
    low(0)
    Path("playbooks/low.yaml").write_text(LOW.replace("{when:", "{by_hand: true, when:"))
    assert playbook("apply").code == 0

    ran = playbook("start", "low", "a1", "a2", "--yes")

    assert "  its limit of 1 per month neither holds nor counts them: it is for what starts by itself" in ran.lines
    assert ran.lines[-1] == "started: 2 runs"


def test_which_are_released_must_be_said():
    assert "say which" in playbook("release", "low").err
    assert "say which" in playbook("release", "low", "--all", "--account", "a1").err


def test_starts_are_paused_and_resumed():
    assert playbook("pause", "--playbook", "low", "--starts").out == "starts of low: paused\n"
    low(0)

    assert [one["reason"] for one in playbook("held", "--json").json] == ["paused"]
    assert playbook("resume", "--playbook", "low", "--starts", "--json").json == {
        "playbook": "low",
        "starts": "resumed",
    }
    assert "are not paused" in playbook("resume", "--playbook", "low", "--starts").err
    assert len(playbook("held", "--json").json) == 1


def test_it_is_the_playbook_whose_starts_are_paused():
    assert "goes with --playbook alone" in playbook("pause", "--starts").err
    assert "Did you mean 'low'?" in playbook("pause", "--playbook", "lwo", "--starts").err


TIMED = (
    "playbook: timed\nstart: by hand\nowner: csm\nparameters: {notice: 90 days}\n"
    "steps:\n  - task: go\n    due: $notice\n"
)


def test_a_start_may_give_values_which_are_checked():
    written(Path("playbooks"), {"timed.yaml": TIMED})
    assert playbook("apply").code == 0

    wrong = playbook("start", "timed", "a0", "--with", "notise=60 days")
    short = playbook("start", "timed", "a0", "--with", "notice")
    right = playbook("start", "timed", "a0", "--with", "notice=60 days", "--json")

    assert (wrong.code, short.code) == (1, 1)
    assert "the playbook has no parameter 'notise'. Did you mean 'notice'?" in wrong.err
    assert "'--with notice' gives no value" in short.err
    started = playbook("trace", right.json["run"], "--json")
    assert '"parameters"' in started.out
    assert '"60 days"' in started.out
