"""Stories of one account from a file, for `simulate` and `explain`."""

from dataclasses import replace
from datetime import datetime, time
from pathlib import Path

import click

from engine.account import Account
from engine.desk import Desk
from engine.document import Document
from engine.document import Path as Where
from engine.facts import Fact, read_fact
from engine.plan import Plan
from engine.playtest import check_values
from engine.problems import InvalidWorkspace, Problems
from engine.quantities import Duration, parse_duration
from engine.setting import Setting
from engine.simulate import played, telling
from engine.source import read
from engine.story import Story, read_story
from engine.trigger import Rules
from engine.values import read_date, read_instant
from workers.cli.faults import CommandFault
from workers.cli.places import Chosen

story_option = click.option(
    "--story",
    "story",
    type=click.Path(path_type=Path),
    help="A file with the story of one account. Default: the tests beside the playbook.",
)
test_option = click.option("--test", "word", default="", help="Of a file of tests: the one whose name has this in it.")


def told_in(file: Path, chosen: Chosen, word: str = "") -> tuple[Story, Plan]:
    """The story of that file (of a file of tests, the one that `word` picks), and the playbook with the values that it
    gives. Raises InvalidWorkspace.
    """
    if not file.is_file():
        raise CommandFault(f"there is no story file {file}. A story is one test of a *.test.yaml")
    document = read(file)
    if isinstance(document, Problems):
        raise InvalidWorkspace(document)
    found = read_story(document, chosen.setting, _place(document, word))
    wrong = found if isinstance(found, Problems) else check_values(document, chosen.plan, found, chosen.setting)
    if isinstance(found, Problems) or wrong:
        raise InvalidWorkspace(wrong)
    return found, played(chosen.plan, found, chosen.setting)


def _place(document: Document, word: str) -> Where:
    tests = document.data.get("tests") if isinstance(document.data, dict) else None
    if not isinstance(tests, list):
        return ()
    names = [str(one.get("test", "")) if isinstance(one, dict) else "" for one in tests]
    fitting = [index for index, name in enumerate(names) if word in name]
    if len(fitting) == 1:
        return ("tests", fitting[0])
    listed = "".join(f"\n  {names[index]}" for index in fitting or range(len(names)))
    which = f"none of its tests has '{word}' in its name" if not fitting else "it is a file of several tests"
    raise CommandFault(f"{document.file}: {which}. Pick one with --test WORD:{listed}")


def until(text: str, story: Story, setting: Setting) -> datetime:
    """An instant, the end of a local day, or a duration from the start of the story."""
    calendar = story.calendar(setting)
    found = parse_duration(text)
    if isinstance(found, Duration):
        return calendar.add(found, story.start, "exact")
    try:
        return read_instant(text)
    except ValueError:
        pass
    try:
        return calendar.at(read_date(text), time.max)
    except ValueError:
        hint = "Write '90 days', 2026-06-01 or 2026-06-01T09:00:00Z"
        raise CommandFault(f"--until: '{text}' is no duration, day or instant. {hint}") from None


def told_up_to(plan: Plan, story: Story, setting: Setting, at: datetime | None = None) -> tuple[Desk, datetime]:
    """The account's desk with everything that the story tells up to `at` (its end), and that instant."""
    telling_setting = replace(setting, vocabulary=telling(setting.vocabulary, story))
    desk = Desk(
        setting=telling_setting,
        rules=Rules.of([]),
        account=Account(story.account),
        plans={plan.hash: plan}.__getitem__,
        new_run=lambda account, playbook: f"{account}/{playbook}",
    )
    moments = [one for one in story.moments if at is None or one.at <= at] or list(story.moments[:1])
    for moment in moments:
        facts = [read_fact(raw, telling_setting.vocabulary, moment.at) for raw in moment.facts]
        desk.take(*(fact for fact in facts if isinstance(fact, Fact)), now=moment.at)
    return desk, at or moments[-1].at
