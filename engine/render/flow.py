"""What a step waits for, how often it comes and what stands beside it, in words."""

from engine.limits import Again
from engine.render.asked import AS_WRITTEN, AsWritten
from engine.steps.every import EverySpec
from engine.steps.parallel import ParallelSpec
from engine.steps.wait import WaitSpec
from engine.steps.watch import WatchSpec


def flow_words(spec: WaitSpec | EverySpec | ParallelSpec | WatchSpec, voice: AsWritten = AS_WRITTEN) -> str:
    match spec:
        case WaitSpec():
            return _awaited(spec, voice)
        case EverySpec():
            return f"{spec.schedule}{_until(spec, voice)}"
        case ParallelSpec():
            return f"until {spec.until} of {', '.join(spec.tracks)}"
        case WatchSpec():
            return _watched(spec, voice)


def again_words(again: Again) -> str:
    often = {"never": "once", "always": "each time", "after": f"again {again.after} after the last ended"}
    limit = f", at most {again.at_most} times" if again.at_most is not None else ""
    return f"{often[again.mode]}{limit}"


def _until(every: EverySpec, voice: AsWritten) -> str:
    said = [f"until {voice.moment(every.until)}"] if every.until else []
    said += [f"until {voice.said(condition)}"] if (condition := every.conditions.get("until")) else []
    said += [f"{every.times} times"] if every.times else []
    return "".join(f", {one}" for one in said)


def _watched(watch: WatchSpec, voice: AsWritten) -> str:
    again = again_words(watch.again)
    if watch.on is not None:
        return f"on {watch.on}{f' where {voice.said(watch.where)}' if watch.where else ''}, {again}"
    held = f" for {watch.lasting}" if watch.lasting else ""
    return f"{voice.said(watch.conditions['rise'])}{held}, {again}"


def _awaited(wait: WaitSpec, voice: AsWritten) -> str:
    if wait.on is not None:
        return f"for {wait.on}{f' where {voice.said(wait.where)}' if wait.where else ''}"
    return f"until {voice.said(wait.condition)}" if wait.condition else f"for {voice.moment(wait.until)}"
