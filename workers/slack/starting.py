"""`/playbook start`: first what would happen, with a button; then, when it is pressed, the start itself."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from activities import starts
from activities.slack.card_blocks import Block, shown
from activities.slack.text import sections
from activities.starts import Barred, NoSuchAccount, NoSuchPlaybook, Tally
from activities.store import accounts
from engine.people import Person
from engine.plan import Plan
from engine.render.asked import AsWritten, InWords
from engine.render.plans import first_steps, lasts_words
from engine.rights import may_start
from engine.tailoring import Unfit
from workers.slack.finding import account_meant, account_of, apart, playbook_meant
from workers.slack.office import Kindly, Office, Reply
from workers.slack.payloads import Chosen, Interaction, read
from workers.wording import why_barred

START = "start."  # what the ids of the buttons begin with
COUNTED = frozenset({"task", "email", "sequence", "meeting"})  # what people do and customers get
STEPS = 5
SUBJECTS = 10
_ROOM = 1_900  # characters of a button's value
_NAME = re.compile(r"\{\{\s*account\.name\s*\}\}")
_FILLED = re.compile(r"\{\{.*?\}\}|\{%.*?%\}")


def asked(office: Office, person: Person, words: str) -> Reply:
    """What a start would do, and what would bar it. Raises Kindly."""
    playbook, rest = apart(office, words)
    plan, (account, name) = playbook_meant(office, playbook), account_meant(office, rest)
    _allow(office, person, account, name or account)
    foreseen = _foreseen(office, plan, account)
    if not foreseen.started:
        return Reply(whisper=_barred(plan, name or account, next(iter(foreseen.barred))))
    text = "\n".join(_told(plan, account, name or account, foreseen, InWords(office.setting().vocabulary)))
    value = Chosen(playbook=plan.playbook, account=account).model_dump_json()
    if len(value) > _ROOM:
        raise Kindly(f"The id of this account is too long for a button. `playbook start {plan.playbook}` starts it.")
    return Reply(whisper=text, blocks=(*_sections(text), _buttons(value)))


def pressed(office: Office, said: Interaction) -> Reply:
    """Asked anew whether it may be: much may have happened since the question was read."""
    go = next((one for one in said.actions if one.action_id == f"{START}go"), None)
    if go is None:
        return Reply(whisper="Nothing was started.", url=said.response_url, replaces=True)
    chosen = read(Chosen, go.value)
    try:
        person = office.colleague(said.user.id)
        told = _started(office, playbook_meant(office, chosen.playbook), chosen.account, person)
    except Kindly as why:
        told = str(why)
    return Reply(whisper=told, url=said.response_url, replaces=True)


def _started(office: Office, plan: Plan, account: str, person: Person) -> str:
    name = (account_of(office, account) or (account, ""))[1] or account
    _allow(office, person, account, name)
    try:
        answer = starts.start(office.host, plan.playbook, account, person.id)
    except (NoSuchAccount, NoSuchPlaybook, Unfit) as why:
        raise Kindly(f"{shown(plan.title, 100)} could not be started: {shown(str(why), 400)}") from None
    if isinstance(answer, Barred):
        return _barred(plan, name, answer.reason)
    runs = f", {len(answer.runs)} runs" if len(answer.runs) > 1 else ""
    return f":white_check_mark: *{shown(plan.title, 100)}* has started for {shown(name, 100)}{runs}."


def _foreseen(office: Office, plan: Plan, account: str) -> Tally:
    try:
        return starts.foresee(office.host, plan.playbook, [account])
    except (NoSuchPlaybook, Unfit) as why:
        raise Kindly(f"{shown(plan.title, 100)} cannot be started here: {shown(str(why), 400)}") from None


def _allow(office: Office, person: Person, account: str, name: str) -> None:
    row = office.host.database.read(lambda connection: accounts.find(connection, account))
    team = row.known.team if row else {}
    if not may_start(person, team, office.setting().directory, office.host.clock.now()):
        who = ", ".join(sorted(set(team.values())))
        raise Kindly(
            f"Playbooks of {shown(name, 100)} are started by its team ({shown(who, 200)}), by whoever covers for them "
            "and by their managers."
        )


def _told(plan: Plan, account: str, name: str, foreseen: Tally, voice: AsWritten) -> Iterator[str]:
    yield f"Start *{shown(plan.title, 100)}* for *{shown(name, 100)}*?"
    if plan.start.each:
        subjects = [one.removeprefix(f"{account}/") for one in foreseen.started]
        some = ", ".join(shown(one, 60) for one in subjects[:SUBJECTS])
        yield f"One run for each of {len(subjects)}: {some}{' and more' if len(subjects) > SUBJECTS else ''}."
    counted = Counter(step.kind for step in plan.steps.values() if step.kind in COUNTED)
    told = ", ".join(f"{count} {kind if count == 1 else f'{kind}s'}" for kind, count in counted.items())
    yield f"It has {told}. First:" if told else "First:"
    first = (_with_name(line, name) for line in first_steps(plan, STEPS, voice))
    yield from (f"{number}. {shown(line, 200)}" for number, line in enumerate(first, 1))
    for one in (*plan.goals, *plan.stops)[:2]:
        yield f"It ends at once as {shown(one.outcome, 60)} when {shown(lasts_words(one, voice), 200)}."
    for reason, several in foreseen.barred.items():
        yield f"Not for {len(several)}: {why_barred(reason)}."


def _with_name(line: str, name: str) -> str:
    """What else a text is to be filled with is known when it is told."""
    return _FILLED.sub("…", _NAME.sub(lambda _: name, line))


def _barred(plan: Plan, name: str, reason: str) -> str:
    return f"*{shown(plan.title, 100)}* does not start for {shown(name, 100)}: {why_barred(reason)}."


def _sections(text: str) -> list[Block]:
    return [{"type": "section", "text": {"type": "mrkdwn", "text": one}} for one in sections(text)]


def _buttons(value: str) -> Block:
    go: dict[str, Any] = _button("go", "Start", value) | {"style": "primary"}
    return {"type": "actions", "block_id": "start", "elements": [go, _button("not", "Leave it", "no")]}


def _button(name: str, label: str, value: str) -> dict[str, Any]:
    text = {"type": "plain_text", "text": label}
    return {"type": "button", "action_id": f"{START}{name}", "text": text, "value": value}
