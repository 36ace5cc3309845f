"""What a step waits for, how often it comes and what stands beside it, in words."""

from engine.limits import Again
from engine.steps.every import EverySpec
from engine.steps.parallel import ParallelSpec
from engine.steps.wait import WaitSpec
from engine.steps.watch import WatchSpec


def flow_words(spec: WaitSpec | EverySpec | ParallelSpec | WatchSpec) -> str:
    match spec:
        case WaitSpec():
            return _awaited(spec)
        case EverySpec():
            return f"{spec.schedule}{_until(spec)}"
        case ParallelSpec():
            return f"until {spec.until} of {', '.join(spec.tracks)}"
        case WatchSpec():
            return _watched(spec)


def again_words(again: Again) -> str:
    often = {"never": "once", "always": "each time", "after": f"again {again.after} after the last ended"}
    limit = f", at most {again.at_most} times" if again.at_most is not None else ""
    return f"{often[again.mode]}{limit}"


def _until(every: EverySpec) -> str:
    said = [f"until {every.until}"] if every.until else []
    said += [f"until {condition.text}"] if (condition := every.conditions.get("until")) else []
    said += [f"{every.times} times"] if every.times else []
    return "".join(f", {one}" for one in said)


def _watched(watch: WatchSpec) -> str:
    again = again_words(watch.again)
    if watch.on is not None:
        return f"on {watch.on}{f' where {watch.where.text}' if watch.where else ''}, {again}"
    held = f" for {watch.lasting}" if watch.lasting else ""
    return f"{watch.conditions['rise'].text}{held}, {again}"


def _awaited(wait: WaitSpec) -> str:
    if wait.on is not None:
        return f"for {wait.on}{f' where {wait.where.text}' if wait.where else ''}"
    return f"until {wait.condition.text}" if wait.condition else f"for {wait.until}"
