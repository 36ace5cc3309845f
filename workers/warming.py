"""What a process does before its first task, so that the task does not wait for it."""

import gc
from importlib import import_module


def warm_up() -> None:
    """Loads calendars and templates, which the engine loads when first needed, in the middle of a transaction."""
    import_module("jinja2.sandbox")
    holidays = import_module("holidays")
    holidays.list_supported_countries(include_aliases=True)
    holidays.country_holidays("US", years=2026)


def calm_the_collector() -> None:
    """After the imports: what they made is never looked through again, and what a transaction makes is let live that
    long. A full collection that stops all threads for two seconds looks like a deadlock to Temporal.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
