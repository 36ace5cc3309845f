"""The same report for programs."""

from pydantic import JsonValue, TypeAdapter

from engine.stored import to_json
from workers.demo.stage import Outcome
from workers.demo.timeline import Told

_PLAIN: TypeAdapter[object] = TypeAdapter(object)


def report_json(outcome: Outcome) -> JsonValue:
    figures, portfolio = outcome.figures, outcome.portfolio
    return {
        "since": to_json(portfolio.since),
        "until": to_json(portfolio.until),
        "accounts": dict(figures.accounts),
        "runs": [
            {"playbook": playbook, "tier": tier, **_plain(one)}
            for (playbook, tier), one in sorted(figures.runs.items())
        ],
        "not_started": dict(figures.barred),
        "tasks": [{"playbook": playbook, **_plain(one)} for playbook, one in figures.tasks.items()],
        "escalations": _plain(figures.escalations),
        "messages": [
            {"channel": channel, "purpose": purpose, "state": state, "number": number}
            for (channel, purpose, state), number in sorted(figures.effects.items())
        ],
        "told": [_told(one) for one in outcome.told],
        "facts": outcome.fed.model_dump(mode="json", exclude={"day", "over"}),
        "kills": [one.model_dump(mode="json") for one in outcome.kills],
        "checks": [_plain(one) for one in outcome.checks],
        "holds": outcome.holds,
    }


def _told(one: Told) -> dict[str, JsonValue]:
    lines: list[JsonValue] = [
        {"at": to_json(line.at), "playbook": line.playbook, "what": line.what, "because": line.because}
        for line in one.lines
    ]
    return {"account": one.account, "name": one.name, "lines": lines}


def _plain(one: object) -> dict[str, JsonValue]:
    plain = _PLAIN.dump_python(one, mode="json")
    return plain if isinstance(plain, dict) else {}
