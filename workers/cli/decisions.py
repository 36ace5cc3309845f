"""The decisions of a story, taken apart into what they saw: how the start went, or one step of it."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime

from pydantic import JsonValue

from engine.moments import facts_of
from engine.plan import Plan
from engine.problems import suggest_or_list
from engine.render import Clock, printable, why_lines
from engine.setting import Setting
from engine.simulate import Told
from engine.story import Story
from engine.trace import Entry
from engine.trigger import why
from engine.values import to_json
from workers.cli.faults import CommandFault
from workers.cli.stories import told_up_to
from workers.wording import bars_of

Decision = Mapping[str, JsonValue]
_KEPT = ("at", "path", "event", "subject", "reason", "unfit", "case", "why")


def decisions_at(step: str, plan: Plan, story: Story, setting: Setting, told: Told) -> list[Decision]:
    """Those of a step, by its id or path, with the events that it did not mean. Raises CommandFault where nothing was
    decided.
    """
    unheard = [one for one in told.unheeded if one.path != "start"]
    decided = [entry for entry in (*told.trace, *unheard) if entry.fields.get("why") is not None]
    wanted = [entry for entry in decided if step in {entry.step, entry.path}]
    if not wanted:
        if missed := _came_too_soon(step, plan, story, setting, told):
            raise CommandFault(missed)
        known = dict.fromkeys(entry.step or entry.path for entry in decided)
        raise CommandFault(f"nothing was decided at '{step}' in this story. {suggest_or_list(step, known)}".strip())
    return [_shown(one) for one in sorted(wanted, key=lambda one: one.at)]


def _came_too_soon(step: str, plan: Plan, story: Story, setting: Setting, told: Told) -> str:
    """Of the events that a step waits for, those that came in the very instant in which it opened, or before it."""
    specs = [spec for one in plan.steps.values() if step in {one.id, one.path} for spec in one.specs]
    awaited = {"meeting" if spec.kind == "meeting" else getattr(spec, "on", None) for spec in specs} - {None}
    opened = {one.at for one in told.trace if step in {one.step, one.path} and one.event in {"opened", "waiting"}}
    facts = [fact for moment in story.moments for fact in facts_of(moment, setting.vocabulary)]
    soon = [one for one in facts if one.event in awaited and opened and (one.at in opened or one.at < min(opened))]
    if not soon:
        return ""
    first, clock = soon[0], story.clock(setting)
    return (
        f"nothing was decided at '{step}': {first.event} came {clock(first.at)}, when it had not opened yet. "
        "What comes in the very instant in which a step opens comes before it"
    )


def decisions_of_start(plan: Plan, story: Story, setting: Setting, told: Told) -> list[Decision]:
    """Each start and each that did not come to be, in time; for a playbook that starts on an event also each event that
    is none of those that are meant. Of whom there is nothing of that, how things stand at the end of the story.
    """
    if not plan.start.by_rule:
        raise CommandFault(f"{plan.playbook} is started by hand: there is no condition to explain")
    starts = [one for one in told.trace if one.path == "start" and one.fields.get("why") is not None]
    unheeded = [one for one in told.unheeded if one.path == "start"]
    found = sorted([*starts, *unheeded], key=lambda one: one.at)
    never = () if found and plan.start.on else _never(plan, story, setting, {one.subject for one in found})
    return [*map(_shown, found), *never]


def _never(plan: Plan, story: Story, setting: Setting, told: Collection[str]) -> Iterator[Decision]:
    """How it stands in the end: of the account, or of each that there could be a run of, but for those that are told of
    already.
    """
    desk, now = told_up_to(plan, story, setting)
    never: dict[str, JsonValue] = {"at": str(to_json(now)), "path": "start", "event": "not started"}
    each = plan.start.each
    subjects = sorted(desk.items(each, now)) if each else [""]
    if plan.start.on is not None:
        yield never | {"reason": _unheard(plan, plan.start.on, story, setting)}
    elif not subjects:
        yield never | {"reason": f"the account has none of {each}"}
    for subject in subjects if plan.start.standing else ():
        if subject not in told:
            whose: dict[str, JsonValue] = {"subject": subject} if subject else {}
            tree = why(plan, desk.scope_for(each, subject, now))
            awaited: dict[str, JsonValue] = {"reason": said} if (said := _awaited(plan, tree)) else {}
            yield never | whose | awaited | {"why": tree}


def _awaited(plan: Plan, tree: Mapping[str, JsonValue] | None) -> str:
    """What is still waited for where all that the start asks is so."""
    if tree is None or tree.get("truth") is not True:
        return ""
    if plan.start.mode == "leaves":
        return "it starts when this is true no more"
    return f"this must be true for {plan.start.lasting} without a break" if plan.start.lasting else ""


def decision_lines(decisions: Iterable[Decision], plan: Plan, clock: Clock) -> Iterator[str]:
    bars = bars_of(plan.start)
    for one in decisions:
        reason = str(one.get("reason") or "")
        whose = f"  {printable(str(one['subject']))}" if one.get("subject") else ""
        because = f": {bars.get(reason, reason)}" if reason else ""
        yield f"{clock(datetime.fromisoformat(str(one['at'])))}{whose}  {one['path']}  {one['event']}{because}"
        if isinstance(unfit := one.get("unfit"), list):
            yield from (f"  {printable(str(said))}" for said in unfit)
        if isinstance(tree := one.get("why"), dict):
            yield from (f"  {line}" for line in why_lines(tree))


def _unheard(plan: Plan, event: str, story: Story, setting: Setting) -> str:
    """Why there was nothing to judge."""
    facts = [fact for moment in story.moments for fact in facts_of(moment, setting.vocabulary)]
    came = any(fact.event == event for fact in facts)
    if came and plan.start.each:
        return f"each {event} of the story is about none of the account's {plan.start.each}"
    if came:
        return f"each {event} of the story is told long after it happened, and what is past starts nothing"
    return f"no {event} comes in this story, and it starts on each {event}"


def _shown(entry: Entry) -> Decision:
    told = entry.to_json()
    return {name: told[name] for name in _KEPT if name in told}
