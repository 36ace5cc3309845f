"""What the engine knows as text for people: traces, reasons, plans. Problems say themselves (`str(problem)`)."""

from engine.render.mermaid import mermaid
from engine.render.plans import plan_lines, start_words, step_words
from engine.render.traces import Clock, details, timeline
from engine.render.whys import printable, saw, why_lines

__all__ = [
    "Clock",
    "details",
    "mermaid",
    "plan_lines",
    "printable",
    "saw",
    "start_words",
    "step_words",
    "timeline",
    "why_lines",
]
