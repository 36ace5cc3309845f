"""The same desk in a plain loop, over a virtual clock: a story goes in, the timeline of one account comes out. Nothing
is sent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from pydantic import JsonValue

from engine.account import Account
from engine.acting import heard, unfit
from engine.answering import LASTING, fact_of, heard_by, is_heard_of
from engine.desk import Changes, Desk
from engine.held import Counting, Held
from engine.instants import told_together
from engine.mailing import EVERY, in_turn, left_by_link, topic_of
from engine.moments import Act, Answer, Ended, Moment, facts_of
from engine.parameters import packed
from engine.plan import Plan
from engine.postbox import Postbox
from engine.run import Effect, Input, Open, Run, Task
from engine.setting import Setting
from engine.sharing import JOINED, joined
from engine.standing import standing
from engine.stored import to_json
from engine.story import Story, with_readings
from engine.subjects import CONTACTS
from engine.tailoring import Unfit, varied
from engine.trace import Entry
from engine.trigger import Rules
from engine.vocabulary import Vocabulary
from engine.words import Words

LONGEST = timedelta(days=400)
FARTHEST = timedelta(days=36_525)
_NEVER = datetime.max.replace(tzinfo=UTC)
Others = Mapping[str, Plan]


@dataclass(slots=True)
class Told:
    """The timeline. `outcome` and `ended_at` are the last run's; `faults` are what the story asked for and could not
    be, such as a task that is not open; `runs` are all that began, as they stand in the end; `mails` are those that
    went out; `words` what people read where something happened, by the entry's place in the trace; `unheeded` are the
    events that started nothing as they are not the ones that are meant.
    """

    trace: list[Entry] = field(default_factory=list)
    outcome: str | None = None
    ended_at: datetime | None = None
    faults: list[str] = field(default_factory=list)
    runs: dict[str, Run] = field(default_factory=dict)
    words: dict[int, str] = field(default_factory=dict)
    mails: list[Effect] = field(default_factory=list)
    unheeded: list[Entry] = field(default_factory=list)

    def to_json(self) -> dict[str, JsonValue]:
        """What `simulate --json` prints."""
        ended = to_json(self.ended_at) if self.ended_at else None
        return {"outcome": self.outcome, "ended_at": ended, "trace": [entry.to_json() for entry in self.trace]}


def simulate(
    plan: Plan, story: Story, setting: Setting, until: datetime | None = None, others: Others | None = None
) -> Told:
    """Goes on until nothing is left to happen, at most 400 days, or to `until` (of the story, if none is given), which
    is at most a hundred years away. `others` are the playbooks beside it: when it plays one of them, what stands in
    its head may bar that.
    """
    return Simulation(plan, story, setting, until, others).tell()


def played(plan: Plan, story: Story, setting: Setting) -> Plan:
    """The playbook as the story has it played: with the values that it gives. Raises Unfit."""
    return varied(plan, packed(story.model.with_), setting)


def telling(vocabulary: Vocabulary, story: Story) -> Vocabulary:
    """A metric that the story sets is a reading, of whatever kind it is otherwise."""
    return with_readings(vocabulary, story.readings)


class Simulation:
    """A world in which everything that is asked for is done at once."""

    def __init__(
        self, plan: Plan, story: Story, setting: Setting, until: datetime | None = None, others: Others | None = None
    ) -> None:
        self.story = story
        self.last = min(until or story.last or story.start + LONGEST, story.start + FARTHEST)
        self.told = Told()
        self.plan = plan = self.with_values(plan, setting)
        self.postbox = Postbox(setting.policy)
        self.words = Words()
        self.inputs: dict[str, list[Input]] = {}
        self.started: Counter[str] = Counter()
        self.tasks: dict[str, Task] = {}
        self.plans = {plan.hash: plan}
        self.clock = story.clock(setting)
        self.held: dict[str, Held] = {}
        self.early: list[tuple[Answer, datetime]] = []
        self.gate = Counting(setting.policy.calendar())
        self.desk = Desk(
            setting=replace(setting, vocabulary=telling(setting.vocabulary, story)),
            rules=Rules.of([plan]),
            account=Account(story.account),
            plans=self.plans.__getitem__,
            new_run=self.name_run,
            gate=self.gate,
            working=self.tasks.values,
            elsewhere=others or {},
            unheeded=self.told.unheeded,
        )

    def with_values(self, plan: Plan, setting: Setting) -> Plan:
        """One whose values do not fit is not told at all."""
        try:
            return played(plan, self.story, setting)
        except Unfit as unfit:
            self.told.faults += [f"'with': {reason}" for reason in unfit.reasons]
            return plan

    def name_run(self, account: str, playbook: str) -> str:
        self.started[playbook] += 1
        return f"{account}/{playbook}/{self.started[playbook]}"

    def tell(self) -> Told:
        coming = [] if self.told.faults else list(self.story.moments)
        while (now := self.next_instant(coming)) is not None and now <= self.last:
            together = [moment for moment in coming if moment.at == now]
            coming = coming[len(together) :]
            self.happen(together, now)
            self.desk.tick(now)
            self.absorb(now)
            self.run_until_quiet(now)
        self.look_back()
        return self.told

    def next_instant(self, coming: list[Moment]) -> datetime | None:
        waiting = [run.look_at for run in self.desk.runs.values() if run.look_at is not None]
        due = [one for one in (self.desk.due_at, self.postbox.due_at) if one is not None]
        return min((*(moment.at for moment in coming[:1]), *waiting, *due), default=None)

    # --- what the story says

    def happen(self, together: Iterable[Moment], now: datetime) -> None:
        """Of several things at one instant the facts come first, then what people do; timers follow."""
        moments = list(together)
        for moment in moments:
            self.count(moment, now)
        self.start_others(moments, now, begins=True)
        for facts in told_together(f for moment in moments for f in facts_of(moment, self.desk.setting.vocabulary)):
            self.desk.take(*facts, now=now)
        if moments and now == self.story.start and self.plan.start.by_hand and not self.plan.start.by_rule:
            self.start_by_hand(now)
        self.start_others(moments, now, begins=False)
        for ended in [ended for moment in moments for ended in moment.ended]:
            self.end_another(ended, now)
        self.absorb(now)
        if any(moment.release for moment in moments):
            self.release(now)
        for moment in moments:
            for answer in moment.answers:
                self.answer(answer, now)
            for act in moment.acts:
                self.do(act, now)

    def start_by_hand(self, now: datetime) -> None:
        name = self.plan.playbook
        for subject in self.desk.meant(name, now):
            self.desk.start(name, now, by="the story", subject=subject)

    def start_others(self, moments: Iterable[Moment], now: datetime, *, begins: bool) -> None:
        """Those that run as the story begins run already when its first facts come."""
        here = moments if (now == self.story.start) == begins else ()
        for one in [started for moment in here for started in moment.started]:
            if one.playbook == self.plan.playbook:
                self.unfounded(
                    f"'started' is for other playbooks, and '{one.playbook}' is the one that is told of", now
                )
            elif fault := self.desk.another_started(one.playbook, now, one.subject, self.items_at_first):
                self.unfounded(fault, now)

    def items_at_first(self, each: str) -> list[str]:
        """The subjects that are there from the beginning."""
        model = self.story.model
        told = model.contacts if each == CONTACTS else model.records.get(each, [])
        return [str(one["id"]) for one in told if "id" in one]

    def end_another(self, ended: Ended, now: datetime) -> None:
        if fault := self.desk.another_ended(ended.playbook, ended.outcome, now, ended.subject):
            self.told.faults.append(f"{self.clock(now)}: {fault}")

    def count(self, moment: Moment, now: datetime) -> None:
        if moment.others and self.plan.limit is None:
            self.told.faults.append(f"at {to_json(now)}: 'others_started' says nothing, as there is no limit")
        self.gate.others_started(self.plan, moment.others, now)

    def release(self, now: datetime) -> None:
        """What is held is let in, whatever the limit."""
        if not self.held:
            self.told.faults.append(f"at {to_json(now)}: nothing is held that could be released")
        for held in self.held.values():
            self.desk.release(held, now, by="a release")
        self.held = {}
        self.absorb(now)

    def answer(self, answer: Answer, at: datetime) -> None:
        """It is an event of the account, and whoever writes to the contact hears of it."""
        contact, verb = answer.contact, answer.verb
        name, mail = f"{contact} {verb} {to_json(at)}", self.answered(answer, at)
        said = {"playbook": self.plan.playbook, "step": mail.step} if mail else {}
        if answer.link is not None:
            said["link"] = answer.link
        topic = self.left(answer, mail)
        if topic:
            said["topic"] = topic
        if mail and verb == "unsubscribe" and self.postbox.has_left(contact, topic):
            return  # said again, it is no news
        self.desk.take(fact_of(name, self.desk.account.id, contact, verb, at, said), now=at)
        self.absorb(at)
        self.postbox.hear(contact, verb, topic)
        told = [(run, one) for run in self.desk.runs.values() for one in heard_by(run, contact, verb, at)]
        for run, one in told:
            if self.postbox.is_about(one, run.id, topic):
                self.inputs.setdefault(run.id, []).append(one)
        if not (told or mail or answer.step):
            self.unheard(answer, at)

    def left(self, answer: Answer, mail: Effect | None) -> str:
        """The topic of which no more mail is wanted: as the mail's link has it, where the story does not say."""
        if answer.verb != "unsubscribe":
            return EVERY
        own = answer.topic if answer.topic is not None else topic_of(mail) if mail else EVERY
        return left_by_link(own, self.desk.setting.policy) if own else EVERY

    def answered(self, answer: Answer, at: datetime) -> Effect | None:
        """The mail that it answers: the last that has gone to the contact, where one has."""
        mine = [one for one in self.told.mails if one.to == answer.contact and answer.step in {None, one.step}]
        if answer.step is not None and not mine:
            self.unfounded(f"no mail of '{answer.step}' has gone to {answer.contact} that could be answered", at)
        return mine[-1] if mine else None

    def unheard(self, answer: Answer, at: datetime) -> None:
        """Somebody answers who got no mail: that may say what becomes of mails to come, else it says nothing."""
        if is_heard_of(answer.verb, self.plan, self.desk.setting.vocabulary):
            return
        if answer.verb in LASTING:
            self.early.append((answer, at))
        else:
            self.unfounded(f"no mail has gone to {answer.contact}, so '{answer.verb}' says nothing", at)

    def unfounded(self, fault: str, at: datetime) -> None:
        self.told.faults.append(f"{self.clock(at)}: {fault}")

    def look_back(self) -> None:
        """What keeps mails from somebody says nothing where none was ever to go to them."""
        written = {to for _, _, to, _ in self.postbox.written}
        for answer, at in self.early:
            if answer.contact not in written:
                self.unfounded(f"no mail was for {answer.contact}, so '{answer.verb}' says nothing", at)

    def do(self, act: Act, at: datetime) -> None:
        place = self.open_task(act)
        if place is None:
            # What it acts on may be opened by what has just come.
            self.run_until_quiet(at)
            place = self.open_task(act)
        fault = unfit(act, place[1], at) if place else f"there is no open task or escalation '{act.step}' to {act.verb}"
        if fault or not place:
            where = "" if place else f": {standing(self.told.runs.values(), self.plan, self.clock)}"
            self.told.faults.append(f"{self.clock(at)}: {fault}{where}")
            return
        run, open_ = place
        self.inputs.setdefault(run.id, []).append(heard(act, open_, at))

    def open_task(self, act: Act) -> tuple[Run, Open] | None:
        """The latest open task or escalation of that step id or path, of the subject that is named; where that waits
        for what another has opened, the one that it waits for.
        """
        for run in reversed(self.desk.runs.values()):
            if act.subject not in {None, run.subject}:
                continue
            for open_ in reversed(run.open.values()):
                if act.step in _names(self.plan, open_):
                    if "task" in open_.memo:
                        return run, open_
                    if joined(open_):
                        return self.opened(open_.memo[JOINED])
        return None

    def opened(self, task: JsonValue) -> tuple[Run, Open] | None:
        """Where the task with this id is open."""
        for run in self.desk.runs.values():
            for open_ in run.open.values():
                raw = open_.memo.get("task")
                if isinstance(raw, dict) and raw["id"] == task:
                    return run, open_
        return None

    # --- what follows

    def run_until_quiet(self, now: datetime) -> None:
        """Advances every run that something has come for, until none has; then the mails that are due are sent, so that
        what ends a run at the same instant keeps its mail from going. What has expired by then ends before.
        """
        for run_id, expired in self.postbox.expire(now):
            self.inputs.setdefault(run_id, []).append(expired)
        while due := self.awaited(now) or self.send(now):
            for run_id in due:
                inputs, self.inputs[run_id] = self.inputs.get(run_id, []), []
                self.desk.advance(run_id, inputs, now)
                self.absorb(now)

    def awaited(self, now: datetime) -> list[str]:
        """The runs that something has come for."""
        runs = self.desk.runs.items()
        return [name for name, run in runs if self.inputs.get(name) or (run.look_at or _NEVER) <= now]

    def send(self, now: datetime) -> list[str]:
        """The mails that may go now; the runs that are told of it."""
        for effect, came in self.postbox.empty(self.desk.account, now):
            if isinstance(came, Entry):
                self.note(effect.run, came.model_copy(update={"subject": self.told.runs[effect.run].subject}))
            else:
                self.inputs.setdefault(effect.run, []).append(came)
                if came.state == "sent":
                    self.has_gone(effect, now)
                break  # its run goes on before another mail is looked at
        return self.awaited(now)

    def has_gone(self, effect: Effect, now: datetime) -> None:
        """One that was put off says what is so now."""
        if effect.at < now:
            effect = self.desk.reworded(effect, now)
            self.words.hear(effect)
        self.told.mails.append(effect)

    def post(self, changes: Changes, now: datetime) -> None:
        """Mails wait for their moment; everything else that is wanted is done, in a ledger's order."""
        for run_id, path, visit, _ in changes.withdrawn:
            self.postbox.withdraw(run_id, (path, visit))
        for run_id, path, visit, to, _ in changes.spared:
            self.postbox.withdraw(run_id, (path, visit), to)
        for effect in sorted(changes.effects.values(), key=in_turn):
            if effect.channel == "email":
                self.postbox.put(effect, now)
            elif effect.blocking:
                self.inputs.setdefault(effect.run, []).append(effect.settled(now, "sent"))

    def note(self, run: str, entry: Entry) -> None:
        """A line of the trace; `run` is empty for a start that did not happen."""
        if said := self.words.of(run, entry):
            self.told.words[len(self.told.trace)] = said
        self.told.trace.append(entry)

    def absorb(self, now: datetime) -> None:
        """Takes the desk's changes: the world does at once what is asked of it."""
        changes, self.desk.changes = self.desk.changes, Changes()
        self.plans |= changes.plans
        self.held |= changes.held
        self.words.take(changes)
        for name, _, entry in changes.trace:
            self.note(name, entry)
        self.tasks |= changes.tasks
        for run_id, latched in (*changes.latched.items(), *changes.left.items()):
            self.inputs.setdefault(run_id, []).extend(latched)
        self.post(changes, now)
        self.told.runs |= changes.runs
        for run in changes.runs.values():
            if run.id == f"{run.account}/{run.playbook}/{self.started[run.playbook]}":
                self.told.outcome, self.told.ended_at = run.outcome, run.ended
            if not run.live:
                self.postbox.withdraw(run.id)
            if run.over:
                self.desk.runs.pop(run.id, None)


def _names(plan: Plan, open_: Open) -> set[str]:
    """What a story may call it: its path or the step's id, also with what stands below it (`mail/approval`)."""
    own = plan.steps[open_.step].id if open_.path == plan.path_like(open_) else open_.path
    raw = open_.memo.get("task")
    below = str(raw["path"]).removeprefix(open_.path) if isinstance(raw, dict) else ""
    return {f"{name}{more}" for name in (open_.path, own) for more in ("", below)}
