"""What steps say, key by key, in words: what differs between two of them, or between the ways of one."""

from collections.abc import Iterator, Mapping

from pydantic import BaseModel

from engine.logic import Expression
from engine.plan import AnySpec, Step


def keys(spec: AnySpec) -> Mapping[str, object]:
    return {name: getattr(spec, name) for name in type(spec).model_fields if name != "kind"}


def way_lines(step: Step) -> Iterator[str]:
    """Of a step with values by tier or stage, what it has otherwise for each, a line each."""
    every = {way: keys(spec) for way, spec in (step.ways or {}).items()}
    first = next(iter(every.values()), {})
    differ = [name for name in first if any(one.get(name) != first[name] for one in every.values())]
    # That somebody else has the role follows from who it is given to.
    told = [name for name in differ if name != "conditions"]
    for way, own in every.items():
        if told:
            yield f"for {way}: {', '.join(f'{name} {_own(name, own.get(name))}' for name in told)}"


def _own(name: str, value: object) -> str:
    """As the file says it."""
    return "nobody" if name == "approval" and value is None else said(value)


def said(value: object) -> str:
    match value:
        case None | "" | ():
            return "none"
        case Expression():
            return value.text
        case tuple():
            return ", ".join(said(one) for one in value)
        case Mapping():
            return ", ".join(f"{name} {said(one)}" for name, one in value.items()) or "none"
        case BaseModel() if type(value).__str__ is BaseModel.__str__:
            return " ".join(said(getattr(value, name)) for name in type(value).model_fields)
    return str(value)
