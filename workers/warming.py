"""What the first task of a process would otherwise wait a second for, in the middle of its transaction."""

from importlib import import_module


def warm_up() -> None:
    """Loads calendars and templates, which the engine loads when they are first needed."""
    import_module("jinja2.sandbox")
    holidays = import_module("holidays")
    holidays.list_supported_countries(include_aliases=True)
    holidays.country_holidays("US", years=2026)
