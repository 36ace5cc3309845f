"""Random conditions that are well typed against tests.support.wording, and random values for what they read."""

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from tests.support.wording import CONTACT, TIERS

NUMBERS = ("account.arr", "account.seats", "metrics.nps.value")
ROLES = CONTACT["role"].choices

# Quarters of small size are exact in floats too, which the oracle reckons with.
quarters = st.integers(-40, 40).map(lambda quarter: Decimal(quarter) / 4).map(lambda n: int(n) if n == int(n) else n)


def var(path):
    return {"var": path}


def pair(name, of):
    return st.tuples(of, of).map(lambda both: {name: list(both)})


def numbers(leaves):
    return st.recursive(
        st.one_of(quarters, leaves),
        lambda inner: st.one_of(
            st.sampled_from(["+", "-", "*"]).flatmap(lambda name: pair(name, inner)),
            st.lists(inner, min_size=1, max_size=3).map(lambda items: {"max": items}),
            st.lists(inner, min_size=1, max_size=3).map(lambda items: {"min": items}),
            inner.map(lambda one: {"/": [one, 4]}),
        ),
        max_leaves=5,
    )


def comparisons(number):
    names = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
    between = st.tuples(st.sampled_from(["<", "<="]), number, number, number)
    return st.one_of(
        names.flatmap(lambda name: pair(name, number)),
        between.map(lambda four: {four[0]: list(four[1:])}),
    )


def joined(part):
    return st.recursive(
        part,
        lambda inner: st.one_of(
            st.lists(inner, min_size=2, max_size=3).map(lambda parts: {"and": parts}),
            st.lists(inner, min_size=2, max_size=3).map(lambda parts: {"or": parts}),
            inner.map(lambda one: {"!": [one]}),
            st.tuples(inner, inner, inner).map(lambda three: {"if": list(three)}),
        ),
        max_leaves=4,
    )


of_tier = st.one_of(
    st.sampled_from(TIERS.choices).map(lambda tier: {"==": [var("account.tier"), tier]}),
    st.lists(st.sampled_from(TIERS.choices), min_size=1, max_size=3).map(
        lambda some: {"in": [var("account.tier"), some]}
    ),
    st.just(var("account.vip")),
)
of_contact = joined(
    st.one_of(
        comparisons(numbers(st.just(var("relationship")))),
        st.sampled_from(ROLES).map(lambda role: {"==": [var("role"), role]}),
    )
)
kept = st.one_of(st.just(var("contacts")), of_contact.map(lambda which: {"filter": [var("contacts"), which]}))
over_contacts = st.tuples(st.sampled_from(["some", "all", "none"]), kept, of_contact).map(
    lambda three: {three[0]: [three[1], three[2]]}
)
counted = st.tuples(st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), kept, of_contact, st.integers(0, 3)).map(
    lambda four: {four[0]: [{"count": [four[1], four[2]]}, four[3]]}
)
of_account = st.one_of(comparisons(numbers(st.sampled_from(NUMBERS).map(var))), of_tier)

# What else standard JsonLogic has: remainders, lists made of lists, text in pieces, what is missing.
names = st.just(var("account.name"))
pieces = st.one_of(
    names,
    st.tuples(names, st.sampled_from(["", "x", " "])).map(lambda two: {"cat": list(two)}),
    st.tuples(names, st.integers(-3, 3)).map(lambda two: {"substr": list(two)}),
    st.tuples(names, st.integers(-3, 3), st.integers(-2, 3)).map(lambda three: {"substr": list(three)}),
)
relationships = {"map": [var("contacts"), var("relationship")]}
of_lists = st.tuples(st.integers(0, 6), st.lists(st.integers(0, 5), max_size=3)).map(
    lambda two: {"in": [two[0], {"merge": [relationships, two[1], 7]}]}
)
over = st.integers(0, 5).map(lambda n: {"filter": [var("contacts"), {">": [var("relationship"), n]}]})
rest = st.one_of(
    st.tuples(pieces, pieces).map(lambda two: {"==": list(two)}),
    st.tuples(st.sampled_from(["a", "bx", ""]), pieces).map(lambda two: {"in": list(two)}),
    st.tuples(st.sampled_from(NUMBERS).map(var), st.sampled_from([2, 3, 5])).map(
        lambda two: {"<": [{"%": list(two)}, 1]}
    ),
    st.one_of(pieces, st.sampled_from(NUMBERS).map(var), over).map(lambda one: {"!!": [one]}),
    st.lists(st.sampled_from(NUMBERS), min_size=1, max_size=2).map(lambda paths: {"!": {"missing": paths}}),
    st.lists(st.sampled_from(NUMBERS), min_size=2, max_size=2).map(lambda paths: {"!": {"missing_some": [1, paths]}}),
    st.integers(0, 9).map(
        lambda n: {">": [{"reduce": [var("contacts"), {"+": [var("accumulator"), var("current.relationship")]}, 0]}, n]}
    ),
    of_lists,
)

# Standard JsonLogic alone, for the oracle; and with what is our own.
standard_conditions = joined(st.one_of(of_account, over_contacts, rest))
conditions = joined(st.one_of(of_account, over_contacts, counted))

a_contact = st.fixed_dictionaries({"relationship": st.integers(0, 5), "role": st.sampled_from(ROLES)})
whole_accounts = st.fixed_dictionaries(
    {
        **dict.fromkeys(NUMBERS, quarters),
        "account.tier": st.sampled_from(TIERS.choices),
        "account.vip": st.booleans(),
        "account.name": st.sampled_from(["a", "abx", "xa", "b x", ""]),
        "contacts": st.lists(a_contact, min_size=1, max_size=3).map(tuple),
    }
)

# --- conditions of few values, so that many of them contradict themselves

few_numbers = st.one_of(
    st.sampled_from(["account.arr", "account.seats", "metrics.nps.value"]).map(var),
    st.sampled_from(["days_until", "days_since"]).map(lambda name: {name: [var("account.renewal_date")]}),
    st.just({"/": [var("account.arr"), var("account.seats")]}),
    st.just({"count": [var("contacts"), {"==": [var("role"), "champion"]}]}),
    st.tuples(st.sampled_from(["account.arr", "account.seats"]), st.sampled_from([1, 2, -2])).map(
        lambda two: {"%": [var(two[0]), two[1]]}
    ),
    st.tuples(
        st.sampled_from(["min", "max"]), st.sampled_from(["account.arr", "account.seats"]), st.integers(0, 1)
    ).map(lambda three: {three[0]: [var(three[1]), three[2]]}),
)
few_sums = st.one_of(
    few_numbers,
    st.tuples(st.sampled_from(["+", "-", "*"]), few_numbers, st.integers(-1, 2)).map(lambda t: {t[0]: [t[1], t[2]]}),
    st.tuples(st.sampled_from(["+", "-"]), few_numbers, few_numbers).map(lambda t: {t[0]: [t[1], t[2]]}),
)
few_comparisons = st.one_of(
    comparisons(st.one_of(few_sums, st.integers(-1, 2))),
    st.tuples(few_sums, st.lists(st.integers(-1, 2), max_size=2)).map(lambda t: {"in": list(t)}),
)
few_items = st.one_of(
    st.sampled_from(["champion", "other"]).map(lambda role: {"==": [var("role"), role]}),
    comparisons(st.one_of(st.just(var("relationship")), st.integers(0, 2))),
)
few_truths = st.one_of(
    few_comparisons,
    st.sampled_from(TIERS.choices).map(lambda tier: {"==": [var("account.tier"), tier]}),
    st.lists(st.sampled_from(TIERS.choices), max_size=3).map(lambda some: {"in": [var("account.tier"), some]}),
    st.sampled_from(["a", "B"]).map(lambda word: {"==": [{"lower": [var("account.name")]}, word]}),
    st.just(var("account.vip")),
    few_comparisons.map(lambda one: {"==": [var("account.vip"), one]}),
    st.sampled_from(["a", "A"]).map(lambda word: {"contains": [{"lower": [var("account.name")]}, word]}),
    st.one_of(few_numbers, st.sampled_from(["account.vip", "account.tier", "contacts"]).map(var)).map(
        lambda one: {"known": [one]}
    ),
    st.tuples(st.sampled_from(["some", "all", "none"]), joined(few_items)).map(
        lambda t: {t[0]: [var("contacts"), t[1]]}
    ),
)
few_conditions = st.one_of(joined(few_truths), joined(few_comparisons))
few_values = st.fixed_dictionaries(
    {},
    optional={
        "account.arr": st.integers(-6, 6).map(lambda half: Decimal(half) / 2),
        "metrics.nps.value": st.integers(-6, 6).map(lambda half: Decimal(half) / 2),
        "account.seats": st.integers(-2, 3),
        "account.tier": st.sampled_from(TIERS.choices),
        "account.name": st.sampled_from(["a", "A", "b"]),
        "account.vip": st.booleans(),
        "account.renewal_date": st.integers(0, 5).map(lambda day: date(2026, 2, 28) + timedelta(day)),
        "contacts": st.lists(
            st.fixed_dictionaries(
                {}, optional={"relationship": st.integers(0, 2), "role": st.sampled_from(["champion", "other"])}
            ),
            max_size=2,
        ).map(tuple),
    },
)
