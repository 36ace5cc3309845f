"""The account: a fact in, and what is known afterwards; a picture of it at any instant.

`apply` costs what the fact changes, not what the account holds. Late facts take their place by their own instant: they
mend what is known now, and nothing that was decided before.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from engine import pruning
from engine.facts import Fact
from engine.folding import entries, fold
from engine.known import Account, Mark
from engine.metrics import standings
from engine.picture import Picture, picture
from engine.pruning import Cut
from engine.reliance import NONE, reliance
from engine.series import EMPTY
from engine.ticks import DAY, Ticks, ticks
from engine.values import UNKNOWN
from engine.view import View
from engine.vocabulary import Vocabulary

if TYPE_CHECKING:
    from engine.policy import Policy

__all__ = ["Account", "Picture", "apply", "may_touch", "missing_required", "picture"]

# How old a mark may grow, and how many entries may come after it, before the next fact moves it on.
_SHORT: Final = 4
_MONTH: Final = 30 * DAY


def apply(
    account: Account, fact: Fact, vocabulary: Vocabulary, policy: Policy | None = None
) -> tuple[Account, frozenset[str]]:
    """The account with the fact in it, and the flat paths that may read otherwise now.

    `policy` gives the time zone of an account that has none of its own (UTC without it), by whose midnights the zone of
    a `days_since` is walked. Raises ValueError for a fact that `read_fact` would have refused.
    """
    return _Applying(account, fact, vocabulary, policy).applied()


def may_touch(account: Account, facts: Iterable[Fact], vocabulary: Vocabulary) -> set[str]:
    """The flat paths that facts may make read otherwise: no less than `apply` will say, and known before it."""
    rely, paths = reliance(vocabulary), {"account.id"} if account.first is None else set()
    for fact in facts:
        touched = rely.on((fact.metric,) if fact.metric is not None else rely.fed_by.get(fact.event or "", ()))
        if account.first is None or ticks(fact.at) < account.first:
            touched |= rely.on_first
        if fact.kind == "fields":
            names = fact.fields or {}
            touched = touched.union(*(rely.on_field.get(name, NONE) for name in names))
            paths |= {f"{room}account.{name}" for name in names for room in ("", "since.")}
        paths |= _items_touched(fact)
        paths = paths.union(*(rely.paths[name] for name in touched))
    return paths


def _items_touched(fact: Fact) -> set[str]:
    match fact.kind:
        case "contact":
            return {"contacts"}
        case "record":
            return {f"records.{fact.record}"}
        case "team":
            return {f"team.{role}" for role in fact.team or ()}
        case _:
            return set()


def missing_required(account: Account, vocabulary: Vocabulary) -> list[str]:
    """The fields that every account must have and this one lacks."""
    known = {name: series.values[-1] for name, series in account.fields.items()}
    required = (name for name, field in vocabulary.fields.items() if field.required and name != "id")
    return [name for name in required if known.get(name, UNKNOWN) is UNKNOWN]


class _Applying:
    """One fact on its way into an account."""

    __slots__ = ("account", "at", "fact", "policy", "rely", "vocabulary")

    def __init__(self, account: Account, fact: Fact, vocabulary: Vocabulary, policy: Policy | None) -> None:
        self.account = account
        self.fact = fact
        self.vocabulary = vocabulary
        self.policy = policy
        self.at = ticks(fact.at)
        self.rely = reliance(vocabulary)

    def applied(self) -> tuple[Account, frozenset[str]]:
        before, fact = self.account, self.fact
        fed = self.rely.fed_by.get(fact.event or "", ())
        entered = entries(fact, fed, self.vocabulary, lambda: self.view(before, self.at).calendar)
        grown = (fact.metric,) if fact.metric is not None else tuple(entered)
        touched = self.touched(grown)
        after = replace(
            fold(self.marked(touched, grown), fact, self.vocabulary, entered),
            vocabulary=before.vocabulary or self.vocabulary.digest,
            first=self.at if before.first is None else min(before.first, self.at),
            last=self.at if before.last is None else max(before.last, self.at),
        )
        return self.pruned(after, grown), self.changed(after, touched)

    def view(self, account: Account, at: Ticks) -> View:
        return View(account, self.vocabulary, self.policy, at)

    def touched(self, grown: Iterable[str]) -> frozenset[str]:
        """The metrics that may read otherwise, now or in the past."""
        touched = self.rely.on(grown)
        if self.fact.kind == "fields":
            touched = touched.union(*(self.rely.on_field.get(name, NONE) for name in self.fact.fields or ()))
        first = self.account.first
        return touched | self.rely.on_first if first is None or self.at < first else touched

    def marked(self, touched: frozenset[str], grown: Iterable[str]) -> Account:
        """Zones that have far to go since their mark are settled up to the tick before the fact; a late one that may
        move them sets them back to a base.
        """
        first, before, account = self.account.first, self.at - 1, self.account
        if first is None or not self.rely.zoned:
            return account
        late = [name for name, mark in account.marks.items() if mark.at > before and name in touched]
        marks = {name: mark for name, mark in account.marks.items() if name not in late} if late else account.marks
        known = {**account.bases, **marks}
        since = {name: known[name].at if name in known else first for name in self.rely.zoned}
        far = [name for name, at in since.items() if at < before and self.is_far(name, at, touched, grown)]
        if far:
            now = standings(self.view(replace(account, marks=marks), before), far)
            marks = {**marks, **{name: Mark(before, standing) for name, standing in now.items()}}
        return account if marks is account.marks else replace(account, marks=marks)

    def is_far(self, name: str, since: Ticks, touched: frozenset[str], grown: Iterable[str]) -> bool:
        """What the fact does not touch goes on as it was, and little happens to it in a month."""
        gone = self.at - 1 - since
        return gone > (DAY if name in touched else _MONTH) or self.grew(name, grown, since)

    def grew(self, name: str, grown: Iterable[str], since: Ticks) -> bool:
        """Whether so much has come of what the metric hangs on that walking it each time would cost."""
        account = self.account
        for one in grown:
            if name in self.rely.on_metric[one]:
                series = account.readings.get(one) or account.series.get(one, EMPTY)
                if len(series) - series.until(since) > _SHORT:
                    return True
        return False

    def changed(self, after: Account, touched: frozenset[str]) -> frozenset[str]:
        paths = frozenset().union(*(self.rely.paths[name] for name in touched))
        paths |= self.changed_fields(after) if self.fact.kind == "fields" else _items_touched(self.fact)
        return paths | {"account.id"} if self.account.first is None else paths

    def changed_fields(self, after: Account) -> frozenset[str]:
        """A late fact that a newer one has overtaken changes no field, but perhaps since when it is what it is."""
        at = after.last or self.at
        then, now = self.view(self.account, at), self.view(after, at)
        paths = (f"{room}account.{name}" for name in self.fact.fields or () for room in ("", "since."))
        return frozenset(path for path in paths if then.value(path) != now.value(path))

    def pruned(self, account: Account, grown: Iterable[str]) -> Account:
        for name in grown:
            account = self.pruned_metric(account, name)
        if self.fact.kind == "fields":
            for name in self.fact.fields or ():
                account = self.pruned_field(account, name)
        return account

    def pruned_metric(self, account: Account, name: str) -> Account:
        posted = name in account.readings
        series = (account.readings if posted else account.series).get(name, EMPTY)
        metric = self.vocabulary.metrics[name]
        cut = pruning.cut_readings(series) if posted else pruning.cut(metric, series, account.last or self.at)
        if cut is None:
            return account
        based = self.based(account, self.rely.on_metric[name], cut)
        if posted:
            return replace(based, readings={**based.readings, name: series.from_(cut.drop)})
        carried = {**based.carried}
        if pruning.is_ever(metric):
            carried[name] = pruning.carried(series, cut.drop, carried.get(name, (0, Decimal(0))))
        return replace(based, series={**based.series, name: series.from_(cut.drop)}, carried=carried)

    def pruned_field(self, account: Account, name: str) -> Account:
        relying = self.rely.on_field.get(name, NONE) & self.rely.zoned
        series = pruning.condensed(account.fields[name])
        cut = pruning.cut_field(series, relied_on=bool(relying))
        if cut is None:
            return replace(account, fields={**account.fields, name: series})
        based = self.based(account, relying, cut)
        return replace(based, fields={**based.fields, name: series.from_(cut.drop)})

    def based(self, account: Account, hanging: frozenset[str], cut: Cut) -> Account:
        """With the standings fixed from which zones that hang on the series are reckoned once its oldest are gone."""
        bases, marks = dict(account.bases), dict(account.marks)
        view = self.view(account, cut.base)
        for name in hanging & self.rely.zoned:
            base = bases.get(name)
            if base is None or base.at < cut.base:
                bases[name] = Mark(cut.base, standings(view, [name])[name])
            if name in marks and marks[name].at < cut.base:
                del marks[name]
        return replace(account, bases=bases, marks=marks)
