"""A plan in words: who it is for, when it starts and ends, and its steps as an outline."""

from collections.abc import Iterator

from engine.filled import Text
from engine.limits import Again
from engine.logic import Expression
from engine.plan import MEANWHILE, Exit, Plan, Start, Step
from engine.raci import Raci
from engine.render.asked import AS_WRITTEN, AsWritten
from engine.render.flow import again_words, flow_words
from engine.render.mails import email_lines, in_short, sequence_lines
from engine.render.specs import way_lines
from engine.render.whys import printable, saw
from engine.steps.branch import BranchSpec
from engine.steps.email import EmailSpec
from engine.steps.end import EndSpec
from engine.steps.escalate import EscalateSpec
from engine.steps.every import EverySpec
from engine.steps.meeting import MeetingSpec
from engine.steps.parallel import ParallelSpec
from engine.steps.play import PlaySpec
from engine.steps.sequence import SequenceSpec
from engine.steps.slack import SlackSpec
from engine.steps.task import TaskSpec
from engine.steps.update import UpdateSpec
from engine.steps.wait import WaitSpec
from engine.steps.watch import WatchSpec
from engine.steps.webhook import WebhookSpec


def plan_lines(plan: Plan) -> list[str]:
    return [
        f"{plan.playbook}: {printable(plan.title)}",
        f"for      {audience(plan)}",
        *([f"each     {each_words(plan.start)}"] if plan.start.each else []),
        f"starts   {start_words(plan.start)}",
        *(f"goal     {exit_words(one)}" for one in plan.goals),
        *(f"stop     {exit_words(one)}" for one in plan.stops),
        *([f"limit    {plan.limit}; more wait for a person"] if plan.limit else []),
        f"days     count from {plan.anchor or 'the day the run starts'}",
        f"owner    {plan.owner or 'none'}; priority {plan.priority}",
        "",
        *_block(plan, "", 0),
        *_meanwhile(plan),
    ]


def _meanwhile(plan: Plan) -> Iterator[str]:
    if MEANWHILE in plan.blocks:
        yield ""
        yield "meanwhile, for as long as the run lives:"
        yield from _block(plan, MEANWHILE, 1)


def audience(plan: Plan) -> str:
    stages = f"stage {_either(plan.stages)}" if plan.stages else "any stage"
    tiers = f"tier {_either(plan.tiers)}" if plan.tiers else "any tier"
    return f"{stages}, {tiers}"


def each_words(start: Start) -> str | None:
    only = f" of which {start.only.text}" if start.only else ""
    return f"a run for each of {start.each}{only}" if start.each else None


def start_words(start: Start) -> str:
    again, often = start.again, again_words(start.again)
    if not start.by_rule:
        return "by hand" if again == Again() else f"by hand; {often}"
    by_hand = "; also by hand" if start.by_hand else ""
    return f"{_when(start)}; {often}{by_hand}"


def _when(start: Start) -> str:
    if start.on is not None:
        return f"on each {start.on}{f' where {start.where.text}' if start.where else ''}"
    held = f" and has been so for {start.lasting}" if start.lasting else ""
    turns = {"becomes": "becomes true", "is": "is true", "leaves": "is no longer true"}[start.mode]
    return f"when {start.when.text} {turns}{held}" if start.when else f"when stage and tier match{held}"


def exit_words(one: Exit) -> str:
    return f"{lasts_words(one)}: {one.outcome}"


def lasts_words(one: Exit, voice: AsWritten = AS_WRITTEN) -> str:
    return f"{voice.said(one.when)}{f' for {one.lasting}' if one.lasting else ''}"


def step_words(step: Step, voice: AsWritten = AS_WRITTEN) -> str:
    """One line: the kind, the id, and what matters most of it."""
    by = f" (by {' and '.join(step.by)})" if step.by else ""
    return f"{step.kind} {step.id}{_most(step, voice)}{by}"


def first_steps(plan: Plan, most: int, voice: AsWritten = AS_WRITTEN) -> list[str]:
    """The steps that a run comes to first, a line each, without what is inside of them."""
    return [step_words(plan.steps[path], voice) for path in plan.blocks.get("", ())[:most]]


def _most(step: Step, voice: AsWritten) -> str:
    match step.spec:
        case TaskSpec() | MeetingSpec() as work:
            return _work(work, voice)
        case EmailSpec() | SequenceSpec() as mail:
            return f" to {voice.whom(mail.to)}: {in_short(mail)}"
        case SlackSpec() | WebhookSpec() as message:
            return _sent(message)
        case EscalateSpec() as escalation:
            return f": {_quoted(escalation.reason)}{_going_on(escalation.goes_on)}"
        case UpdateSpec() as update:
            return ": " + ", ".join(f"{name} = {_set(value)}" for name, value in update.values.items())
        case PlaySpec() as play:
            return f" {play.playbook}{', and waits until it has ended' if play.wait else ''}"
        case EndSpec() | BranchSpec():
            return ""
        case WaitSpec() | EverySpec() | ParallelSpec() | WatchSpec() as flow:
            return f" {flow_words(flow, voice)}"


def _work(work: TaskSpec | MeetingSpec, voice: AsWritten) -> str:
    """What a person is to do, who and when."""
    asked = f'"{printable(work.title)}" for {work.assign}, due {voice.moment(work.due)}'
    if isinstance(work, TaskSpec):
        return f": {asked}{_going_on(work.goes_on)}"
    return f": {asked}{', with ' if work.contacts else ''}{', '.join(work.contacts)}"


def _of_task(task: TaskSpec) -> Iterator[str]:
    if task.instructions:
        yield f"says {_quoted(task.instructions)}"
    yield f"outcomes {', '.join(task.outcomes)}"
    yield from _answering(task.raci) if task.raci else ()
    if task.same_as is not None:
        yield f'one at a time of "{printable(task.same_as)}"'
    for rung in task.rungs:
        when = "before it is due" if rung.before else "overdue"
        yield f"{rung.distance} {when}: {'remind' if rung.event == 'reminded' else 'escalate to'} {rung.to}"
    if closes := task.conditions.get("auto_close"):
        yield f"closes by itself when {closes.text}"


def _of_escalation(escalation: EscalateSpec) -> Iterator[str]:
    for number, one in enumerate(escalation.ladder, 1):
        yield f"rung {number}: {one.to}, who has {one.within}"
    if escalation.channel is not None:
        yield f"told in {escalation.channel} when it opens"
    if clears := escalation.conditions.get("clears"):
        yield f"closes by itself when {clears.text}"


def _below(step: Step) -> Iterator[str]:
    """What else there is to say of a step, a line each."""
    match step.spec:
        case TaskSpec() as task:
            yield from _of_task(task)
        case EscalateSpec() as escalation:
            yield from _of_escalation(escalation)
        case MeetingSpec(conditions=conditions):
            yield f"held when {conditions['held'].text}"
        case SequenceSpec() as sequence:
            yield from sequence_lines(sequence)
        case EmailSpec() as email:
            yield from email_lines(email)
        case WaitSpec(late="skip"):
            yield "passed over where the day had gone by before the run came here"
    if step.spec.at_most is not None:
        yield f"at most {step.spec.at_most}"
    yield from way_lines(step)


def _answering(raci: Raci) -> Iterator[str]:
    yield f"accountable {raci.accountable or 'the manager of whoever has it'}"
    for word, roles in (("consulted", raci.consulted), ("informed", raci.informed)):
        if roles:
            yield f"{word} {', '.join(roles)}"


def _block(plan: Plan, block: str, depth: int) -> Iterator[str]:
    indent = "  " * depth
    for path in plan.blocks.get(block, ()):
        step = plan.steps[path]
        yield f"{indent}{step_words(step)}"
        yield from (f"{indent}    {line}" for line in _below(step))
        for way, words in ways(plan, step):
            yield f"{indent}  {words}:{'' if plan.blocks[way] else ' go on'}"
            yield from _block(plan, way, depth + 2)


def ways(plan: Plan, step: Step) -> Iterator[tuple[str, str]]:
    """The blocks of a step in the order of the file, each with the words that lead there."""
    if isinstance(step.spec, BranchSpec):
        for number, case in enumerate(step.spec.cases, 1):
            yield f"{step.path}/case/{number}", f"case {number}, {case.text}"
    if isinstance(step.spec, EverySpec | WatchSpec):
        yield step.path, "each time"
    if isinstance(step.spec, ParallelSpec):
        yield from ((f"{step.path}/{track}", f"track {track}") for track in step.spec.tracks)
    for name in ("then", "otherwise"):
        if (way := f"{step.path}/{name}") in plan.blocks:
            yield way, name


def _sent(message: SlackSpec | WebhookSpec) -> str:
    if isinstance(message, WebhookSpec):
        return f" to {message.url}: {', '.join(message.body) or 'nothing'}"
    nobody = f", when there is nobody: {message.missing}" if message.missing else ""
    thread = f" in the thread of {message.thread}" if message.thread else ""
    return f" to {message.to}{thread}: {message.template or _quoted(message.text or '')}{nobody}"


def _set(value: object) -> str:
    match value:
        case Expression():
            return value.text
        case Text():
            return _quoted(value.source)
        case _:
            return saw(value if isinstance(value, str | int | bool) else str(value))


def _going_on(goes_on: bool) -> str:  # noqa: FBT001 - a plan's own flag
    return "; the run goes on at once" if goes_on else ""


def _quoted(text: str) -> str:
    return f'"{printable(" ".join(text.split()))}"'


def _either(words: tuple[str, ...]) -> str:
    return " or ".join(words)
