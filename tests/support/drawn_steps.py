"""Steps of every kind, nested at will, as an author could write them; without ids."""

from functools import cache
from typing import Any

from hypothesis import strategies as st

Step = dict[str, Any]

CONDITIONS = (
    "metrics.nps.value >= 8",
    "metrics.nps.value < 5",
    "metrics.nps.change <= -30%",
    'account.status == "paused"',
    'account.tier == "growth"',
    "account.arr >= 50000",
    "days_until(account.renewal_date) <= 60",
    "metrics.sev2_tickets.value == 0",
    "metrics.quiet_days.value > 7",
    'any(c.role == "champion" for c in contacts)',
)
CLOCK = ("1 hour", "48 hours", "30 minutes")
LONG = ("1 day", "$pause", "3 days", "2 weeks", "1 month", "1 business day", "4 business days")
conditions = st.sampled_from(CONDITIONS)
durations = st.sampled_from((*CLOCK, *LONG))


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), strategy)


def step(kind: str, **keys: st.SearchStrategy[Any]) -> st.SearchStrategy[Step]:
    """A step that has no id yet, its kind first, without the keys that came out as nothing."""
    return st.fixed_dictionaries(keys).map(
        lambda made: {kind: ""} | {key: value for key, value in made.items() if value is not None}
    )


def some(steps: st.SearchStrategy[list[Step]]) -> st.SearchStrategy[list[Step]]:
    """At least one. Not by a filter: whenever one fails, hypothesis writes out what it is made of, all the way down."""
    return steps.map(lambda drawn: drawn or [{"wait": "", "for": "1 day"}])


def by_tier(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """One for all, or one for each tier."""
    return st.one_of(strategy, st.fixed_dictionaries(dict.fromkeys(("enterprise", "growth", "starter"), strategy)))


def limited(steps: st.SearchStrategy[list[Step]]) -> st.SearchStrategy[Step]:
    return st.one_of(st.just({}), st.fixed_dictionaries({"at_most": by_tier(durations), "otherwise": steps}))


def joined(*parts: st.SearchStrategy[Step]) -> st.SearchStrategy[Step]:
    return st.tuples(*parts).map(lambda made: {key: value for part in made for key, value in part.items()})


def tasks(steps: st.SearchStrategy[list[Step]], *, ladders: bool) -> st.SearchStrategy[Step]:
    rung = st.fixed_dictionaries({"after": by_tier(durations)}).flatmap(
        lambda when: st.sampled_from([when | {"remind": "assignee"}, when | {"escalate": "cs_manager"}])
    )
    own = step(
        "task",
        due=maybe(st.one_of(durations, st.sampled_from(["day 10", "30 days before account.renewal_date"]))),
        overdue=maybe(st.lists(rung, max_size=3)) if ladders else st.none(),
        then=st.sampled_from([None, "continue"]),
        auto_close=maybe(conditions),
        raci=st.sampled_from([None, {"accountable": "vp_cs", "consulted": ["ae"], "informed": ["technical_lead"]}]),
        same_as=st.sampled_from([None, None, "this", "that"]),
    )
    return joined(own, limited(steps))


def escalations(steps: st.SearchStrategy[list[Step]]) -> st.SearchStrategy[Step]:
    rung = st.fixed_dictionaries({"to": st.sampled_from(["csm", "cs_manager", "vp_cs"]), "within": by_tier(durations)})
    own = step(
        "escalate",
        reason=st.just("{{ account.name }} {{ days_since(run.started) * 1.5 }} {{ at_start(account.arr) | or('?') }}"),
        ladder=st.lists(rung, min_size=1, max_size=3),
        clears=maybe(conditions),
        then=st.sampled_from([None, "continue"]),
    )
    return joined(own, limited(steps))


def waits(steps: st.SearchStrategy[list[Step]]) -> st.SearchStrategy[Step]:
    on_date = step(
        "wait",
        until=st.sampled_from(
            ["30 days before account.renewal_date", "account.renewal_date", "5 days after account.asked"]
        ),
        otherwise=steps,
        then=maybe(steps),
        late=st.sampled_from([None, "skip"]),
    )
    for_long = step("wait", **{"for": durations}, then=maybe(steps))
    until_day = step("wait", until=st.sampled_from(["day 3", "day 30 on a business day"]), then=maybe(steps))
    till = step("wait", **{"for": conditions}, at_most=durations, otherwise=steps, then=maybe(steps))
    comes = {"on": st.just("ticket"), "where": maybe(st.just("event.severity <= 2"))}
    event = step("wait", **comes, at_most=durations, otherwise=steps, then=maybe(steps))
    return st.one_of(on_date, for_long, until_day, till, event)


def plays(steps: st.SearchStrategy[list[Step]]) -> st.SearchStrategy[Step]:
    other = {"playbook": st.just("other")}
    waiting = step("play", **other, wait=st.just(True), at_most=durations, otherwise=steps)
    return st.one_of(step("play", **other), waiting)


def meetings(steps: st.SearchStrategy[list[Step]]) -> st.SearchStrategy[Step]:
    due = st.one_of(durations, st.sampled_from(["day 10", "30 days before account.renewal_date"]))
    return step(
        "meeting",
        **{"with": st.sampled_from([None, "champion"])},
        where=maybe(st.just('event.kind == "qbr"')),
        due=maybe(due),
        then=maybe(steps),
        otherwise=maybe(steps),
    )


def branches(steps: st.SearchStrategy[list[Step]]) -> st.SearchStrategy[Step]:
    case = st.fixed_dictionaries({"when": conditions, "then": st.one_of(steps, st.just([{"end": "early"}]))})
    cases = st.lists(case, min_size=1, max_size=3)
    return step("branch", cases=cases, otherwise=steps)


SCHEDULES = st.sampled_from(
    ["week", "2 weeks", "week on tuesday and thursday 10:00", "month on first business day", "day 02:30",
     "quarter on day 1", {"rrule": "FREQ=MONTHLY;BYDAY=2TU"}]
)  # fmt: skip


def rhythms(steps: st.SearchStrategy[list[Step]]) -> st.SearchStrategy[Step]:
    do = some(steps)
    until = st.one_of(conditions, st.sampled_from(["day 20", "30 days", "2026-04-10T12:00:00Z", "account.asked"]))
    paced = step("every", schedule=SCHEDULES, times=st.integers(1, 6), until=maybe(until), do=do)
    at_once = step("every", schedule=st.just("at once"), times=st.integers(1, 3), do=do)
    return joined(st.one_of(paced, at_once), limited(steps))


def tracks(steps: st.SearchStrategy[list[Step]]) -> st.SearchStrategy[Step]:
    two = st.fixed_dictionaries({"one": some(steps), "two": some(steps)})
    own = step("parallel", tracks=two, until=st.sampled_from([None, "any"]))
    return joined(own, limited(steps))


def watches(steps: st.SearchStrategy[list[Step]]) -> st.SearchStrategy[Step]:
    do, again = some(steps), st.sampled_from([None, "never", "after 3 days, at most 3 times"])
    rise = step("watch", when=conditions, **{"for": st.sampled_from([None, "30 hours"])}, again=again, do=do)
    return st.one_of(rise, step("watch", on=st.just("ticket"), again=again, do=do))


# What a cadence beside the steps does it does until the story's end: a daily one is told of in books.
BESIDE = st.sampled_from(["week", "3 days 02:30", "week on tuesday and thursday 10:00", "month on first business day"])


def beside(steps: st.SearchStrategy[list[Step]]) -> st.SearchStrategy[list[Step]]:
    paced = step("every", schedule=BESIDE, do=some(steps))
    return st.lists(st.one_of(watches(steps), paced), max_size=2)


UPDATES = st.sampled_from(
    [{"status": "paused"}, {"status": "active"}, {"arr": "60000"}, {"tier": '"enterprise"'}, {"asked": "now"}]
)
updates = step("update", set=UPDATES)
mails = step(
    "email",
    to=st.sampled_from(["champion", "economic_buyer", {"each": "contact.relationship >= 0"}]),
    subject=st.just("Hi"),
    text=st.sampled_from(["Hello {{ contact.name | or('you') }}", "You have {{ account.seats }} seats"]),
    missing=st.sampled_from([None, "skip", "wait"]),
    send=maybe(st.sampled_from([{"on": ["tuesday"]}, {"window": "09:00-12:00"}])),
    expires=maybe(durations),
    approval=st.sampled_from([None, None, "cs_manager"]),
    cc=st.sampled_from([None, "csm"]),
)
sequences = step(
    "sequence",
    to=st.sampled_from(["champion", "economic_buyer", {"each": "contact.relationship >= 0"}]),
    mails=st.lists(
        st.fixed_dictionaries({"after": durations, "subject": st.just("Hi"), "text": st.just("Hello")}),
        min_size=1,
        max_size=3,
    ),
    stop_on=maybe(
        st.lists(
            st.sampled_from(["click", "login", {"event": "ticket", "where": "event.severity <= 2"}])
            | conditions.map(lambda when: {"when": when}),
            min_size=1,
            max_size=2,
        )
    ),
    missing=st.sampled_from([None, "skip", "wait"]),
)
posts = step(
    "webhook",
    url=st.just("crm"),
    body=st.just({"account": "account.id", "arr": "account.arr", "all": [{"seats": "account.seats"}]}),
)
messages = step("slack", to=st.sampled_from(["csm", "#fires"]), text=st.just("Look"))


@cache
def step_lists(*, ladders: bool = True, sends: bool = True, loops: bool = True) -> st.SearchStrategy[list[Step]]:
    leaves = [updates, *([mails, sequences, messages, posts] if sends else [])]
    flat = st.lists(st.one_of(*leaves), max_size=2)
    return st.recursive(
        flat,
        lambda inner: st.lists(
            st.one_of(
                tasks(inner, ladders=ladders),
                tasks(inner, ladders=ladders),
                escalations(inner),
                waits(inner),
                meetings(inner),
                branches(inner),
                tracks(inner),
                *([rhythms(inner)] if loops else []),
                # A run that is late finds the runs of other playbooks as they are by then.
                *([plays(inner)] if sends else []),
                *leaves,
            ),
            min_size=1,
            max_size=3,
        ),
        max_leaves=6,
    )
