"""A day of a CSM with forty accounts, as it stands in Slack in the evening."""

import os
import re
from collections import Counter
from pathlib import Path

import pytest

from activities.store.database import Database
from activities.store.tables import metadata
from tests.support import csm_day
from tests.support.csm_day import GWEN, NOOR, RAVI
from tests.support.pages_of_slack import texts
from tests.support.slack_days import days
from tests.support.slack_pictures import album
from tests.support.standins import StandInSlack

CRYPTIC = re.compile(
    r"(metrics|account|event|outcome)\.[a-z]|\bNone\b|\d{4}-\d\d-\d\d|\b[a-z]+_[a-z]+\b|/(case|otherwise)/"
)
SLACKS = re.compile(r"<!date\^[^>]*>|:[a-z_]+:")  # what Slack shows as something else
DIGEST = "Your tasks this morning"
HANDED_OVER = "Decide what to ask Willowbrook Care for"


@pytest.fixture(scope="module")
def day(tmp_path_factory):
    """Played once, looked at by every test. `SLACK_PICTURES=folder` keeps its pages, to be seen in a browser."""
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('day')}/day.db")
    metadata.create_all(database.engine)
    with StandInSlack() as slack:
        played = days(database, slack, "2024-11-20 10:00")
        csm_day.play(played)
        played.counter.receiver.close()
        if folder := os.environ.get("SLACK_PICTURES"):
            album(played, Path(folder))
        yield played
        database.close()


def cards(day, user=NOOR):
    return [one for one in day.shown_to(user) if one.thread_ts is None and DIGEST not in one.text]


def starting(day, words, user=NOOR):
    [found] = [one for one in cards(day, user) if one.blocks[0]["text"]["text"].strip("*~").startswith(words)]
    return found


def test_forty_accounts_make_no_more_messages_in_a_day_than_a_person_can_read(day):
    today = [one for one in cards(day) if day.came[one.ts].date() == csm_day.TODAY]

    assert 5 <= len(today) <= 15


def test_nothing_is_said_twice_to_anybody(day):
    said = Counter((one.channel, one.effect) for one in day.slack.messages)
    titles = Counter((one.channel, one.blocks[0]["text"]["text"].split("\n")[0]) for one in cards(day))

    assert set(said.values()) == set(titles.values()) == {1}


def test_there_is_one_digest_each_working_morning(day):
    mornings = [day.came[one.ts].date().day for one in day.shown_to(NOOR) if DIGEST in one.text]

    assert mornings == [20, 21, 22, 25, 26]


def test_every_card_is_brought_to_what_its_task_is_and_loses_its_buttons_when_that_is_closed(day):
    closed = [one for one in cards(day) if one.blocks[0]["text"]["text"].startswith("~")]

    assert len(closed) >= 6
    assert all(one.edits and not one.buttons for one in closed)
    assert [one for one in cards(day) if one not in closed and not one.buttons] == [starting(day, HANDED_OVER)]


def test_who_hears_it_read_out_hears_what_the_blocks_show(day):
    for one in [*cards(day), *cards(day, GWEN), *cards(day, RAVI)]:
        title = one.blocks[0]["text"]["text"].split("\n")[0].strip("*~")
        assert one.text.startswith(title.replace("&lt;", "<")[:40])


def test_no_message_shows_the_keys_ids_or_instants_of_the_files(day):
    shown = [one.shown for one in day.slack.messages]
    shown += [text for view in day.slack.views for text in texts(view["blocks"])]

    assert [text for text in shown if CRYPTIC.search(SLACKS.sub("", text))] == []


def test_a_mail_that_was_edited_goes_as_it_was_edited_and_one_that_was_declined_does_not_go(day):
    subjects = [one.subject for one in day.mail.sent if "renewal" in one.subject.lower()]

    assert "Your renewal at the end of December" in subjects
    assert not any("one month" in one for one in subjects)


def test_what_has_recovered_closes_by_itself_and_says_so(day):
    card = starting(day, "Oakridge Capital is red", GWEN)

    assert card.buttons == []
    assert "Health is green" in card.shown or "ecovered" in card.shown


def test_who_covers_gets_the_tasks_of_who_is_away(day):
    card = starting(day, "Call Beacon Charities")

    assert "for Eli Navarro" in card.shown


def test_a_second_click_is_told_who_was_first(day):
    assert "This is closed already. Done by Noor Haddad: fix needed." in day.slack.whispers
