"""`/playbook` in Slack: what a colleague is told of accounts, and what they may start."""

import json
from urllib.parse import urlencode

import pytest

from activities.store import accounts, runs
from tests.support.clicks import APP, TEAM, click, counter
from tests.support.hosts import acme, host_on, playbook, tell
from tests.support.playbooks import TEAM as OWNERS

RISK = playbook(
    "  - {task: ring, title: Ring them, due: 2 business days}\n", "risk", start="start: {when: metrics.nps.value < 5}\n"
)
VISIT = playbook(
    "  - {task: book, title: Book a visit}\n  - {wait: a_while, for: 3 days}\n  - {end: visited}\n",
    "visit",
    start="start: by hand\n",
)


@pytest.fixture
def at(sqlite, slack):
    host = host_on(sqlite, RISK, VISIT)
    acme(host)
    acme(host, "acme-2", name="Acme Labs <&>")
    tell(host, "acme", metric="nps", value=3)
    made = counter(host, slack)
    yield made
    made.receiver.close()


def ask(at, text, user="U0ANA", url=""):
    said = {"command": "/playbook", "text": text, "user_id": user, "team_id": TEAM["id"], "api_app_id": APP}
    told = at.post("/slack/commands", urlencode(said | {"response_url": url}).encode())
    assert told.status_code == 200
    return told.json() if told.content else None


def press(at, answer, name="start.go", user="U0ANA"):
    [row] = [one for one in answer["blocks"] if one["type"] == "actions"]
    [button] = [one for one in row["elements"] if one["action_id"] == name]
    at.act(click(user, "", "", f"{at.slack.url}/hooks/click", actions=[button]))


def live(at, account="acme"):
    return [one.playbook for one in at.host.database.read(lambda c: runs.listed(c, account=account, live=True))]


def test_an_account_is_shown_with_its_runs_and_why_they_began(at):
    told = ask(at, "account acme")

    assert told["response_type"] == "ephemeral"
    lines = told["text"].split("\n")
    assert lines[:2] == ["*Acme* (`acme`)", "Tier: Growth · Stage: Adoption · ARR: $40,000 · Renewal: 1 June 2026"]
    assert "*Open tasks:* 1" in lines
    assert lines[-1].strip() == "Started because NPS is 3 (less than 5)"
    assert [one["text"]["text"] for one in told["blocks"]] == [told["text"]]


def test_a_name_or_a_part_of_it_will_do_and_where_several_are_meant_they_are_listed(at):
    assert ask(at, "runs labs")["text"] == "*Runs of Acme Labs &lt;&amp;&gt;*\nThere is none."
    assert ask(at, "runs ACME")["text"].startswith("*Runs of Acme*\n• *")
    assert ask(at, "runs acm")["text"] == (
        "Several accounts may be meant:\n• Acme (`acme`)\n• Acme Labs &lt;&amp;&gt; (`acme-2`)\n"
        "Say the id that you mean."
    )
    assert "no account whose name or id has “champion”" in ask(at, "account champion")["text"]
    assert ask(at, "account")["text"].startswith("Say which account")


def test_names_are_looked_for_alike_on_both_databases(database):
    host = host_on(database, VISIT)
    for id_, name in (("a%b", 'Ärzte "Süd"'), ("a_b", "Globex"), ("c", "a%b Inc.")):
        acme(host, id_, name=name)

    def called(words, limit=9):
        return [id_ for id_, _ in host.database.read(lambda c: accounts.called(c, words, limit))]

    assert (called("A%B"), called("a%b", 1), called('"süd"'), called("globex")) == (
        ["a%b", "c"],
        ["a%b"],
        ["a%b"],
        ["a_b"],
    )
    assert (called("growth"), called("")) == ([], ["a%b", "a_b", "c"])


def test_why_an_account_is_in_a_playbook_or_is_not(at):
    told = ask(at, "why acme risk")["text"]
    other = ask(at, "why risk Acme Labs")["text"]

    assert "It runs: risk-" in told
    assert "```\ntrue: metrics.nps.value &lt; 5   metrics.nps.value = 3" in told
    assert "It does not run.\n```\nunknown: metrics.nps.value &lt; 5" in other
    assert ask(at, "why acme rsk")["text"] == "There is no playbook `rsk`. Did you mean 'risk'?"


def test_a_start_first_shows_what_would_happen_and_then_does_it_once(at):
    asked = ask(at, "start visit Acme Labs")
    before = live(at, "acme-2")

    press(at, asked)
    press(at, asked)

    assert asked["text"].split("\n")[1:] == [
        "It has 1 task. First:",
        '1. task book: "Book a visit" for csm, due 5 business days',
        "2. wait a_while for 3 days",
        "3. end visited",
    ]
    assert (before, live(at, "acme-2")) == ([], ["visit"])
    told = at.whispers()
    assert len(told) == 2
    assert any("has started for Acme Labs &lt;&amp;&gt;" in one for one in told)
    assert any("does not start for Acme Labs &lt;&amp;&gt;: a run of it is live already" in one for one in told)


def test_what_would_happen_is_told_in_words_and_not_in_conditions(sqlite, slack):
    head = "goal: {when: account.arr >= 100000 and metrics.nps.value >= 9, for: 2 days, outcome: won}\n"
    steps = (
        '  - {task: ring, title: "Ring {{ account.name }} at {{ account.arr | money }}", due: 9 days}\n'
        "  - {wait: near, until: 30 days before account.renewal_date, otherwise: []}\n"
        "  - {wait: well, for: 'metrics.nps.zone != \"red\"', at_most: 3 days, otherwise: []}\n"
    )
    host = host_on(sqlite, playbook(steps, "visit", head=head, start="start: by hand\n"))
    acme(host)
    at = counter(host, slack)

    lines = ask(at, "start visit acme")["text"].split("\n")
    at.receiver.close()

    assert lines[2:] == [
        '1. task ring: "Ring Acme at …" for csm, due 9 days',
        "2. wait near for 30 days before renewal date",
        "3. wait well until NPS is not red",
        "It ends at once as won when ARR is $100,000 or more and NPS is 9 or more for 2 days.",
    ]


def test_what_would_bar_a_start_is_told_and_offers_no_button(at):
    told = ask(at, "start risk acme")

    assert "does not start for Acme: it starts by its condition only" in told["text"]
    assert [one["type"] for one in told["blocks"]] == ["section"]


def test_a_start_that_is_left_starts_nothing(at):
    press(at, ask(at, "start visit acme"), "start.not")

    assert at.whispers() == ["Nothing was started."]
    assert live(at) == ["risk"]


def test_playbooks_are_started_by_the_team_of_an_account_and_their_managers(at):
    assert OWNERS == {"csm": "ana"}

    told = {user: ask(at, "start visit acme", user)["text"].split("\n")[0] for user in ("U0MAX", "U0NOOR")}
    press(at, ask(at, "start visit acme"), user="U0NOOR")

    refused = "Playbooks of Acme are started by its team (ana), by whoever covers for them and by their managers."
    assert told["U0MAX"].startswith("Start *")
    assert told["U0NOOR"] == refused
    assert at.whispers() == [refused]
    assert live(at) == ["risk"]


def test_what_may_take_long_comes_by_slacks_address_for_it(at):
    told = ask(at, "account acme", url=f"{at.slack.url}/hooks/click")

    assert told is None
    [said] = at.whispers()
    assert said.startswith("*Acme* (`acme`)")


def test_an_answer_is_within_slacks_limits_whatever_the_names(at):
    tell(at.host, "acme", fields={"name": "&" * 190})

    for text in ("account acme", "runs acme", "why acme risk", "start visit acme", "x" * 3_000, "runs " + "y" * 3_000):
        told = ask(at, text)
        assert len(told["text"]) <= 4_000
        assert len(json.dumps(told["blocks"], ensure_ascii=False)) < 10_000
