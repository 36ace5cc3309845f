"""The Home in Slack: opened, filtered, turned over, and acted in."""

import json
import time

import pytest

from activities.store import tasks as rows
from tests.support.clicks import APP, TEAM, click, counter, sent
from tests.support.hosts import acme, host_on, playbook, tell
from tests.support.pages_of_slack import controls, texts
from tests.support.standins import Answers, StandInSlack

START = "start: {when: metrics.nps.value < 5}\n"
STEPS = "".join(
    f"  - {{task: ring_{n}, title: Ring {n}, due: {n} business days, then: continue}}\n" for n in range(1, 13)
)


@pytest.fixture
def slack():
    with StandInSlack() as stand_in:
        stand_in.people |= {"stranger@vendor.test": "U9STRANGE"}
        yield stand_in


@pytest.fixture
def at(sqlite, slack):
    host = host_on(sqlite, playbook(STEPS, start=START))
    acme(host)
    tell(host, "acme", metric="nps", value=3)
    made = counter(host, slack)
    yield made
    made.receiver.close()


def open_home(at, user="U0ANA", event="Ev1", tab="home"):
    happened = {"type": "app_home_opened", "user": user, "tab": tab}
    said = {"type": "event_callback", "team_id": TEAM["id"], "api_app_id": APP, "event_id": event, "event": happened}
    before = at.slack.homes.get(user)
    assert at.post("/slack/events", json.dumps(said).encode()).status_code == 200
    return before


def press(at, name, **chosen):
    """A control of Ana's Home as it is shown; then the Home as it is after that."""
    view = at.slack.homes["U0ANA"]
    element = controls(view)[name]
    action = {"action_id": element["action_id"], "value": element.get("value", ""), **chosen}
    at.act(click("U0ANA", "", "", view=view, actions=[action]))
    return home(at, view)


def home(at, before, user="U0ANA"):
    """All that it says, once it has been shown anew."""
    until = time.monotonic() + 5
    while at.slack.homes.get(user) is before and time.monotonic() < until:
        time.sleep(0.005)
    return list(texts(at.slack.homes[user]["blocks"]))


def titles(said):
    return [one.split("\n")[0].strip("*") for one in said if one.startswith("*Ring")]


def first(at, verb):
    return next(name for name in controls(at.slack.homes["U0ANA"]) if name.startswith(f"task.{verb} "))


def test_a_home_shows_what_somebody_has_to_do_page_by_page(at):
    said = home(at, open_home(at))

    assert said[0] == "*Your tasks:* 12 coming"
    assert titles(said) == [f"Ring {n}" for n in range(1, 11)]
    assert titles(press(at, "home.on")) == ["Ring 11", "Ring 12"]


def test_an_event_that_is_told_again_counts_once_and_another_tab_is_none_of_ours(at):
    open_home(at)
    open_home(at)
    open_home(at, event="Ev2", tab="messages")
    at.receiver.close()

    assert at.slack.calls("views.publish") == 1


def test_what_is_done_in_a_home_shows_there_at_once_and_its_filters_stay(at):
    home(at, open_home(at))
    press(at, "home.on")
    done = first(at, "done")

    said = press(at, done)

    assert titles(said) == ["Ring 12"]
    task = at.host.database.read(lambda c: rows.find(c, done.split()[1]))
    assert (task.state, task.by) == ("done", "ana")


def test_a_form_that_a_home_opened_shows_it_anew_when_it_is_sent(at):
    home(at, open_home(at))
    press(at, first(at, "reassign"))
    before = at.slack.homes["U0ANA"]

    form = next(one for one in at.slack.views if one["type"] == "modal")
    at.act(sent("U0ANA", form, to={"selected_user": "U0BEN"}))

    assert home(at, before)[0] == "*Your tasks:* 11 coming"


def test_who_comes_second_in_a_home_is_told_there(at):
    home(at, open_home(at))
    done = first(at, "done")
    at.press("U0MAX", "done", done.split()[1])

    said = press(at, done)

    assert said[0] == ":information_source: This is closed already. Done by Max Roth."
    assert at.slack.whispers == []


def test_who_is_no_colleague_is_told_what_would_make_them_one(at):
    [said] = home(at, open_home(at, "U9STRANGE"), "U9STRANGE")

    assert "nobody has the Slack id U9STRANGE or with stranger@vendor.test in people.yaml" in said


def test_an_account_is_chosen_and_let_go_again(at):
    home(at, open_home(at))
    everything, acme_ = controls(at.slack.homes["U0ANA"])["home.account"]["options"]

    for option, chosen in ((acme_, "acme"), (everything, "")):
        press(at, "home.account", selected_option=option)
        assert json.loads(at.slack.homes["U0ANA"]["private_metadata"])["account"] == chosen


def test_a_home_that_slack_did_not_take_is_shown_when_it_does(at):
    before = titles(home(at, open_home(at)))
    at.slack.fail(Answers(429, {"Retry-After": "1"}, on="views.publish"))

    said = press(at, first(at, "done"))

    assert titles(said)[:9] == before[1:]
