"""How values look in texts: `{{ account.arr | money }}`, `{{ account.renewal_date | date }}`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from decimal import Context as DecimalContext
from functools import wraps
from typing import TYPE_CHECKING, Any, Final, Self

from engine.calendar import Calendar
from engine.types import NUMERIC, TEXTUAL

if TYPE_CHECKING:
    from jinja2.runtime import Context

_SIGNS: Final = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
# In the languages whose words stand under a mail too: how a day is written, with its month in place of {month}.
_ABROAD: Final[Mapping[str, tuple[str, str]]] = {
    "de": (
        "{day}. {month} {year}",
        "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    ),
    "fr": (
        "{day} {month} {year}",
        "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    ),
    "es": (
        "{day} de {month} de {year}",
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    ),
    "nl": (
        "{day} {month} {year}",
        "januari februari maart april mei juni juli augustus september oktober november december",
    ),
}
_WIDE: Final = DecimalContext(prec=100)
_TITLES: Final = frozenset(
    {
        "dr",
        "prof",
        "mr",
        "mrs",
        "ms",
        "mx",
        "sir",
        "frau",
        "herr",
        "dipl.-ing",
        "mag",
        "mme",
        "mlle",
        "monsieur",
        "madame",
    }
)


class Amount(Decimal):
    """A number that knows what it counts."""

    unit: str

    def __new__(cls, value: Decimal, unit: str) -> Self:
        amount = super().__new__(cls, value)
        amount.unit = unit
        return amount


class Reckoned(Amount):
    """A number that a text has calculated. It is shown with at most two decimals, whatever its digits are."""

    def rounded(self) -> Decimal:
        return self.quantize(Decimal("0.01"), ROUND_HALF_UP, _WIDE).normalize(_WIDE)


class Words(str):
    """What `or` shows in the place of a value."""

    __slots__ = ()


def money(value: int | Decimal, unit: str = "") -> str:
    """`$40,000`, `40,000 CHF`; cents only where there are some."""
    unit = unit or getattr(value, "unit", "")
    amount = _number(value)
    cents = amount.quantize(Decimal("0.01"), ROUND_HALF_UP)
    text = f"{abs(cents):,.0f}" if cents == cents.to_integral_value() else f"{abs(cents):,.2f}"
    minus = "-" if cents < 0 else ""
    if sign := _SIGNS.get(unit):
        return f"{minus}{sign}{text}"
    return f"{minus}{text} {unit}".rstrip()


def percent(value: int | Decimal, digits: int = 0) -> str:
    """0.725 is `73%`; `percent(1)` makes it `72.5%`."""
    return f"{(_number(value) * 100).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP):f}%"


def date_(context: Context, value: date, form: str = "") -> str:
    """`2 March 2026`, `2. März 2026`, and `2026-03-02` in a language whose months are not known; `form` as in strftime.
    An instant's date is that of the contact's time zone, else the account's.
    """
    if isinstance(value, datetime):
        value = Calendar(zone=str(context.get("_zone") or "UTC")).date_of(value)
    if not isinstance(value, date):
        raise TypeError(f"{value!r} is not a date")
    if form:
        return value.strftime(form)
    return _written(value, str(context.get("_language") or "en").lower().partition("-")[0])


def _written(day: date, language: str) -> str:
    if language == "en":
        return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
    if language not in _ABROAD:
        return day.isoformat()
    form, months = _ABROAD[language]
    return form.format(day=day.day, month=months.split()[day.month - 1], year=day.year)


def first_name(value: str) -> str:
    """Of "Kim Lee", "Lee, Kim", "Dr. Kim Lee", and of an address that stands in the place of a name."""
    words = full_name(value).split()
    named = [word for word in words if word.rstrip(".").lower() not in _TITLES]
    return (named or words or [""])[0]


def full_name(value: str) -> str:
    """As one is addressed: "Lee, Kim" is "Kim Lee", and "kim.lee@acme.example" is too."""
    local, at, _ = value.strip().partition("@")
    if at and " " not in value.strip():
        return " ".join(word.capitalize() for word in re.split(r"[._+\d-]+", local) if word) or value
    last, comma, first = value.partition(",")
    return " ".join((f"{first} {last}" if comma and first.strip() else last).split())


def _number(value: int | Decimal) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise TypeError(f"{value!r} is not a number")
    return Decimal(value)


def known_or(context: Context, value: object, otherwise: object) -> object:
    """A number in the place of one that is not known counts what that would."""
    from jinja2 import Undefined

    if not isinstance(value, Undefined):
        return value
    if isinstance(otherwise, bool) or not isinstance(otherwise, int | float | Decimal):
        return Words(otherwise) if isinstance(otherwise, str) else otherwise
    number, path = Decimal(str(otherwise)), str(value._undefined_name)  # noqa: SLF001
    unit = value._undefined_hint or context.get("_units", {}).get(path)  # noqa: SLF001
    return Amount(number, unit) if unit else number


def _where_known(filter_: Callable[..., Any], *, at: int = 0, words: bool = False) -> Callable[..., Any]:
    """What is not known goes through any filter as it is, so that `or` may stand behind it, and says which name it is
    as soon as it is shown. So do the `words` that `or` has put in the place of a number or a date.
    """
    from jinja2 import Undefined

    @wraps(filter_)
    def passing(*given: Any, **more: Any) -> Any:
        value = given[at]
        return (
            value if isinstance(value, Undefined) or (words and isinstance(value, Words)) else filter_(*given, **more)
        )

    return passing


def all_filters() -> dict[str, Callable[..., Any]]:
    from jinja2 import pass_context

    return {
        "money": _where_known(money, words=True),
        "percent": _where_known(percent, words=True),
        "date": pass_context(_where_known(date_, at=1, words=True)),
        "first_name": _where_known(first_name),
        "full_name": _where_known(full_name),
        "or": pass_context(known_or),
    }


# The kinds of value that each takes.
FITS: Final[Mapping[str, frozenset[str]]] = {
    "money": NUMERIC - {"percent", "points"},
    "percent": frozenset({"percent", "number"}),
    "date": frozenset({"date", "instant"}),
    "first_name": frozenset(TEXTUAL),
    "full_name": frozenset(TEXTUAL),
}
