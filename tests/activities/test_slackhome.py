"""A Home in Slack's blocks, held to Slack's own models and to the limits of its reference."""

import json
from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.models.blocks import Block

from activities.slack.home_blocks import filters_in, stranger, view
from engine.render.home import Filters, Viewer, home
from tests.support.cards import NOW, person, task
from tests.support.pages_of_slack import controls, texts
from tests.support.playbooks import setting

LETTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
anything = st.one_of(st.text(LETTERS, max_size=20), st.text("&<>*~`_ \n", max_size=900), st.text("ä😀", max_size=900))


def shown(titles, name="Acme", notice="", linked=False, **filters):
    tasks = [
        task(
            id=f"t{n}", title=title, account=f"{n}{name}", playbook=f"{n}{name}", due=NOW + timedelta(hours=n * 7 - 50)
        )
        for n, title in enumerate(titles)
    ]
    policy = replace(setting().policy, account_url=f"https://crm.test/{'x' * 170}/{{id}}" if linked else "")
    directory = replace(setting().directory, policy=policy)
    viewer = Viewer(person("ana"), directory, NOW, lambda one: one[:700], lambda one: one[:700])
    return view(home(tasks, Filters(**filters), viewer), notice)


@given(
    many=st.integers(0, 150), title=anything, name=anything, notice=anything, page=st.integers(0, 20),
    linked=st.booleans(),
)  # fmt: skip
def test_a_home_is_within_slacks_limits_for_any_number_of_tasks_and_any_names(many, title, name, notice, page, linked):
    drawn = shown([title] * many, name, notice, linked, page=page, account=f"0{name}"[:64])

    blocks = drawn["blocks"]
    for block in blocks:
        Block.parse(block).validate_json()
        names = [one["action_id"] for one in block.get("elements", []) if "action_id" in one]
        assert len(set(names)) == len(names)
    ids = [one["block_id"] for one in blocks if "block_id" in one]
    assert (len(set(ids)), max(map(len, ids), default=0) <= 255) == (len(ids), True)
    assert len(blocks) <= 100
    assert sum(map(len, texts(blocks))) < 10_000
    assert len(json.dumps(drawn)) < 100_000
    assert len(drawn["private_metadata"]) <= 3_000
    assert filters_in(drawn["private_metadata"]) == Filters(page=page, account=f"0{name}"[:64])


@given(name=anything)
def test_no_name_mentions_anybody(name):
    drawn = shown([f"<!channel> {name}"], f"<@U0ANA> {name}", f"<!here> {name}")

    marked = [one["text"]["text"] for one in drawn["blocks"] if one["type"] == "section"]
    assert "<" not in "".join(marked).replace("<!date^", "")


def test_each_task_has_the_buttons_of_its_card():
    drawn = shown(["Ring Acme"])

    assert [name for name in controls(drawn) if name.startswith("task.")] == [
        f"task.{verb} t0" for verb in ("done", "snooze", "reassign", "note")
    ]


def test_who_has_nothing_to_do_and_who_is_nobody_are_told_so():
    assert next(texts(shown([]))).startswith("*You have nothing to do.*")
    assert list(texts(stranger("You are <nobody>"))) == ["You are &lt;nobody&gt;"]


def test_filters_that_nothing_fits_can_be_taken_away():
    drawn = shown(["Ring Acme"] * 3, account="gone")

    assert "No task of yours fits these filters." in list(texts(drawn))
    assert controls(drawn)["home.account"]["initial_option"]["value"] == "*"


def test_a_view_of_another_making_shows_all():
    assert filters_in("{") == filters_in('{"account": 7}') == Filters()
