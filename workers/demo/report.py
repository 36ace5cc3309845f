"""The manager's report: what the playbooks did with the portfolio, and whether each effect happened once."""

from collections import Counter
from collections.abc import Iterable, Sequence

from engine.render import printable
from workers.demo.columns import hanging, several, table
from workers.demo.figures import BARRED, Entered, Raised, Worked
from workers.demo.stage import Outcome
from workers.demo.timeline import Told

KINDS = {
    ("email", "email"): "mail to customers",
    ("slack", "task"): "tasks handed to people",
    ("slack", "remind"): "reminders",
    ("slack", "escalate"): "escalations told",
    ("slack", "slack"): "other messages",
}
STATES = ("sent", "skipped", "failed", "deferred", "uncertain", "wanted", "claimed")
SLOW = 2.0  # real seconds of a fact held back, from which a slower pace is recommended


def report(outcome: Outcome) -> list[str]:
    sections = [
        _head(outcome),
        _section("Runs", _runs(outcome)),
        _section("Tasks of people", _tasks(outcome)),
        _section("Escalations", _raised(outcome.figures.escalations)),
        _section("Mail and messages", _messages(outcome)),
        *(
            _section(f"{one.account}: {printable(one.name)} ({one.standing})", _told(one, outcome))
            for one in outcome.told
        ),
        _section("Facts and time", _time(outcome)),
        _section("Crashes", _kills(outcome)) if outcome.kills else [],
        _section("Did every effect happen once?", _checks(outcome)),
    ]
    return [line for section in sections for line in section]


def _head(outcome: Outcome) -> list[str]:
    portfolio, tiers = outcome.portfolio, outcome.figures.accounts
    accounts = ", ".join(f"{tiers[tier]} {tier}" for tier in sorted(tiers))
    first, last = f"{portfolio.since:%-d %B %Y}", f"{portfolio.until:%-d %B %Y}"
    return [
        f"{several(portfolio.days, 'day')} of {several(tiers.total(), 'account')}, {first} to {last}",
        *hanging(
            "", f"{accounts}. Facts: RavenStack by River @ Rivalytics, synthetic; people and contacts are made up."
        ),
    ]


def _section(title: str, lines: Sequence[str]) -> list[str]:
    return ["", title, "─" * len(title), *lines]


# --- runs


def _runs(outcome: Outcome) -> list[str]:
    rows: list[Sequence[str]] = []
    before = ""
    for (playbook, tier), one in sorted(outcome.figures.runs.items()):
        rows.append((playbook if playbook != before else "", tier, *_entered(one)))
        before = playbook
    rows.append(("all", "", *_all(outcome.figures.runs.values())))
    columns = ("playbook", "tier", "started", "running", "ended", "ended as")
    return [*table(columns, rows, columns[2:5]), *_barred(outcome.figures.barred)]


def _entered(one: Entered) -> tuple[str, str, str, str]:
    ended = ", ".join(f"{number} {word}" for word, number in sorted(one.ended.items(), key=lambda of: (-of[1], of[0])))
    return str(one.started), str(one.running), str(one.ended.total()), ended


def _all(several_: Iterable[Entered]) -> tuple[str, str, str, str]:
    runs = list(several_)
    attention = sum(one.attention for one in runs)
    started, running = sum(one.started for one in runs), sum(one.running for one in runs)
    said = f"{attention} of those running need attention" if attention else ""
    return str(started), str(running), str(sum(one.ended.total() for one in runs)), said


def _barred(barred: Counter[str]) -> list[str]:
    """Starts that came true and began nothing."""
    if not barred:
        return []
    said = ", ".join(f"{number} {BARRED.get(reason, reason)}" for reason, number in barred.most_common())
    return hanging("", f"{several(barred.total(), 'start')} did not happen: {said}.")


# --- people


def _tasks(outcome: Outcome) -> list[str]:
    figures = outcome.figures
    rows = [(playbook, *_worked(one)) for playbook, one in figures.tasks.items()]
    total = Worked()
    for one in figures.tasks.values():
        for name in Worked.__dataclass_fields__:
            setattr(total, name, getattr(total, name) + getattr(one, name))
    columns = ("playbook", "opened", "done", "of it late", "escalated", "taken back", "open", "of it overdue", "")
    lines = table(columns, [*rows, ("all", *_worked(total))], columns[1:])
    return [*lines, *hanging("", f"{_reminded(figures.reminders)}. {_listed(total, figures.escalations)}")]


def _reminded(reminders: Counter[str]) -> str:
    became = ", ".join(f"{reminders[state]} {state}" for state in STATES if reminders[state])
    return f"{several(reminders.total(), 'reminder')}{': ' if became else ''}{became}"


def _listed(total: Worked, raised: Raised) -> str:
    """As another listing puts it, which counts both."""
    open_, overdue = total.open + raised.open, total.overdue + raised.overdue
    return (
        f"Escalations stand below; `playbook tasks` lists them too: {open_} open, {overdue} of them overdue "
        "when the demo ended."
    )


def _worked(one: Worked) -> tuple[str, ...]:
    numbers = (one.opened, one.done, one.late, one.escalated, one.withdrawn, one.open, one.overdue)
    return (*map(str, numbers), "")


def _raised(raised: Raised) -> list[str]:
    if not raised.opened:
        return ["none"]
    said = (
        f"{raised.opened} raised; {raised.acknowledged} acknowledged, {raised.late} of them after they had moved up; "
        f"{raised.cleared} cleared by themselves, {raised.withdrawn} taken back, {raised.open} open. "
        f"{raised.higher} moved up at least one rung."
    )
    return hanging("", said)


# --- mail


def _messages(outcome: Outcome) -> list[str]:
    effects = outcome.figures.effects
    states = [state for state in STATES if state == "sent" or any(of[2] == state for of in effects)]
    kinds = [kind for kind in KINDS if any((*kind, state) in effects for state in STATES)]
    rows = [(KINDS[kind], *(str(effects.get((*kind, state), 0)) for state in states), "") for kind in kinds]
    all_ = [str(sum(number for of, number in effects.items() if of[2] == state)) for state in states]
    lines = table(("kind", *states, ""), [*rows, ("all", *all_, "")], states)
    return [*lines, *hanging("", "All of it is in the local outbox (`playbook outbox`): nothing left this machine.")]


# --- one account


def _told(one: Told, outcome: Outcome) -> list[str]:
    width = max((len(line.playbook) for line in one.lines), default=0)
    lines: list[str] = []
    for line in one.lines:
        because = f", because {line.because}" if line.because else ""
        lines += hanging(f"{line.at:%a %d %b %H:%M}  {line.playbook:<{width}}  ", f"{line.what}{because}")
    return [*lines, f"(times in {outcome.zone})"] if lines else ["nothing happened"]


# --- facts and time


def _time(outcome: Outcome) -> list[str]:
    fed, scale = outcome.fed, outcome.portfolio.scale
    history = len(outcome.portfolio.history)
    rejected = sum(fed.rejected.values())
    answers = f"{fed.stored:,} stored, {fed.duplicates:,} duplicates, {rejected:,} refused"
    waited, held = _lag(fed.lag, scale), _lag(fed.held, scale)
    lines = [
        f"{history:,} facts of history imported; {fed.posted:,} fed as they happened: {answers}.",
        f"People did {fed.acts:,} things; {fed.too_late:,} more came after the playbook had closed them.",
        f"A day took {86_400 / scale:.2f} s. Largest lag: what was due waited {waited}, a fact was held back {held}.",
    ]
    if outcome.kills:
        lines.append("That is while something was down: whoever is killed is missed, and facts wait for it.")
    elif fed.held > SLOW:
        lines.append("This machine was busy; `playbook demo --seconds 180` tells the story closer to its days.")
    reasons = [line for reason, number in fed.rejected.items() for line in hanging(f"  {number} times: ", reason)]
    return [*(line for one in lines for line in hanging("", one)), *reasons]


def _lag(seconds: float, scale: int) -> str:
    return f"{seconds:.2f} s ({seconds * scale / 3600:.1f} h of the story)"


def _kills(outcome: Outcome) -> list[str]:
    rows = [
        (
            f"SIGKILL to the {one.victim}",
            f"{one.at:%-d %B %H:%M}",
            f"{one.back_after:.1f} s",
            _meanwhile(one.effects, one.inputs),
        )
        for one in outcome.kills
    ]
    return table(("what", "when", "back after", "under way at that moment"), rows, ("back after",))


def _meanwhile(effects: int, inputs: int) -> str:
    return f"{several(effects, 'effect')}, {several(inputs, 'input')} of runs"


def _checks(outcome: Outcome) -> list[str]:
    rows = [("yes" if one.holds else "NO", one.rule, one.found) for one in outcome.checks]
    return table(("holds", "rule", "found"), rows)
