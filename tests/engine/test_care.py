"""Which mails may go now: the rules of caps, as pure values."""

from datetime import UTC, datetime, time, timedelta

from hypothesis import given
from hypothesis import strategies as st

from engine.calendar import Calendar
from engine.care import Gone, Ready, Slot, Turns, foretold, slots
from engine.policy import Cap, QuietHours
from engine.quantities import Duration
from engine.sendtimes import Hours, SendTimes

NOW = datetime(2026, 3, 2, 14, tzinfo=UTC)
CALENDAR = Calendar()
ALWAYS = Hours(CALENDAR, QuietHours())
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def days(amount):
    return Duration(amount=amount, unit="day")


def cap(count, over=7, per="contact", gather=None):
    return Cap("email", count, days(over), per, Duration(amount=gather, unit="hour") if gather else None)


def mail(name, priority=50, since=NOW, to="c1", hours=ALWAYS, **more):
    return Ready(name, to, priority, since, hours, **more)


def going(ready, gone, caps):
    found = slots(ready, gone, caps, CALENDAR, NOW)
    return {name for name, one in found.items() if one == Slot(NOW)}


def test_room_goes_to_the_most_important_and_then_to_who_has_waited_longest():
    ready = [mail("late", 50), mail("early", 50, NOW - DAY), mail("high", 90), mail("low", 10)]

    assert going(ready, [], [cap(2)]) == {"high", "early"}


def test_of_two_that_are_alike_in_all_else_the_same_goes_first_however_they_are_named():
    ready = [mail("a", tie="second·1·c1"), mail("b", tie="first·1·c1")]

    assert going(ready, [], [cap(1)]) == {"b"}


def test_who_waits_for_an_hour_is_foretold_what_the_caps_say_then():
    nights = Hours(CALENDAR, QuietHours((time(13), time(15))))
    asleep = Ready("a", "c1", 50, NOW, nights)

    found = foretold([asleep], [Gone("c1", NOW - DAY)], [cap(1)], CALENDAR, NOW)

    assert slots([asleep], [], [cap(1)], CALENDAR, NOW)["a"].at == NOW + timedelta(hours=1)
    assert (found["a"].at, found["a"].held) == (NOW + 6 * DAY + timedelta(hours=1), "cap")


def test_both_ends_of_a_window_are_as_the_page_says():
    on_the_edge, inside = Gone("c1", NOW - 7 * DAY), Gone("c1", NOW - 7 * DAY + timedelta(seconds=1))

    assert going([mail("a")], [on_the_edge], [cap(1)]) == {"a"}
    assert slots([mail("a")], [inside], [cap(1)], CALENDAR, NOW)["a"].at == NOW + timedelta(seconds=1)


def test_who_is_blocked_by_one_cap_takes_no_room_of_another():
    ready = [mail("blocked", 90, to="c1"), mail("free", 10, to="c2")]

    assert going(ready, [Gone("c1", NOW - DAY)], [cap(1), cap(2, per="account")]) == {"free"}


def test_the_first_to_come_is_held_so_that_more_important_ones_may_compete():
    found = slots([mail("first", 10)], [], [cap(1, gather=1)], CALENDAR, NOW)
    later = [mail("first", 10, NOW - timedelta(hours=1)), mail("second", 90, NOW - timedelta(minutes=20))]

    assert found["first"] == Slot(NOW + timedelta(hours=1), "cap", "gathering")
    assert going(later, [], [cap(1, gather=1)]) == {"second"}


def test_what_has_waited_for_its_hours_gathers_no_more_when_they_come_and_the_most_important_goes():
    waited = [mail("early", 10, NOW - 2 * HOUR, free=NOW), mail("late", 90, NOW - HOUR / 2, free=NOW)]

    assert going(waited[:1], [], [cap(1, gather=1)]) == {"early"}
    assert going(waited, [], [cap(1, gather=1)]) == {"late"}
    assert slots(waited[1:], [], [cap(1, gather=1)], CALENDAR, NOW)["late"].at == NOW + HOUR / 2


def test_neither_gathering_nor_spread_makes_a_mail_miss_its_hours_or_its_end():
    shut = Hours(CALENDAR, QuietHours(), SendTimes(window=(time(9), time(14, 30))))
    soon = {"expires": NOW + timedelta(minutes=20)}
    ready = [mail("shut", hours=shut), mail("soon", to="c2", **soon), mail("spread", to="c3", spread=HOUR, **soon)]

    found = slots(ready, [], [cap(1, gather=1)], CALENDAR, NOW)

    assert {name: (one.at - NOW) / timedelta(minutes=1) for name, one in found.items()} == {
        "shut": 25, "soon": 15, "spread": 15,
    }  # fmt: skip
    assert slots(ready[1:], [], [cap(1, gather=1)], CALENDAR, NOW + timedelta(minutes=16))["soon"].held is None


MINUTE, MIDNIGHT = timedelta(minutes=1), NOW.replace(hour=0)
minutes = st.integers(0, 24 * 60 - 2)


@given(st.tuples(minutes, minutes), minutes, st.integers(1, 30), st.integers(1, 3 * 24 * 60))
def test_a_mail_alone_goes_if_it_can_at_all_and_gathers_as_long_as_that_lets_it(ends, wanted, gather, lasts):
    opens, closes = min(ends), max(ends) + 1
    window = (time(*divmod(opens, 60)), time(*divmod(closes, 60)))
    expires, ready_at = wanted + lasts, wanted + gather * 60
    could = [minute for minute in range(wanted, expires) if opens <= minute % 1440 < closes]

    went = _goes_at(Hours(CALENDAR, QuietHours(), SendTimes(window=window)), wanted, gather, expires)

    assert (went is None) == (not could)
    if went is None:
        return
    assert went in could
    assert went <= next((minute for minute in could if minute >= ready_at), expires)
    assert went >= ready_at or not [minute for minute in could if went + 5 < minute <= ready_at]
    assert went >= ready_at or not {*range(went, went + 6)} <= {*could}


def _goes_at(hours, wanted, gather, expires):
    """Asked again each time for as long as it is put off; None where it expires."""
    now, end = (MIDNIGHT + one * MINUTE for one in (wanted, expires))
    one = Ready("a", "c1", 50, now, hours, expires=end)
    while now < end:
        found = slots([one], [], [cap(1, gather=gather)], CALENDAR, now)["a"]
        if found.held is None:
            return (now - MIDNIGHT) // MINUTE
        now = found.at
    return None


def test_those_who_wait_are_told_their_turn_one_behind_the_other():
    ready = [mail(str(n), 90 - n) for n in range(5)]

    found = slots(ready, [Gone("c1", NOW - DAY)], [cap(2)], CALENDAR, NOW)

    assert [found[str(n)].at for n in range(5)] == [
        NOW, NOW + 6 * DAY, NOW + 7 * DAY, NOW + 13 * DAY, NOW + 14 * DAY,
    ]  # fmt: skip


def test_essential_mails_go_and_count():
    ready = [mail("bill", 1, essential=True), mail("news", 90)]

    assert going(ready, [], [cap(1)]) == {"bill"}


instants = st.integers(0, 20).map(lambda days_ago: NOW - days_ago * DAY)
readies = st.lists(
    st.builds(
        lambda n, priority, since, to, essential: (priority, since, to, essential),
        st.integers(), st.integers(0, 3), instants, st.sampled_from(["c1", "c2"]), st.booleans(),
    ),
    max_size=8,
)  # fmt: skip
caps = st.lists(
    st.builds(cap, st.integers(1, 3), st.integers(1, 9), st.sampled_from(["contact", "account"])), max_size=3
)


@given(readies, st.lists(st.builds(Gone, st.sampled_from(["c1", "c2"]), instants), max_size=6), caps)
def test_no_cap_is_ever_overrun_and_none_that_would_fit_is_kept(ready, gone, limits):
    mails = [mail(str(n), p, since, to, essential=e) for n, (p, since, to, e) in enumerate(ready)]
    found = slots(mails, gone, limits, CALENDAR, NOW)
    went = [one for one in mails if found[one.id] == Slot(NOW)]

    for one in mails:
        if one.essential:
            assert one in went
            continue
        room = all(_used(limit, one.recipient, gone, went) < limit.count for limit in limits)
        assert not (one not in went and room)
    for limit in limits:
        for to in ("c1", "c2"):
            freely = [one for one in went if not one.essential and (limit.per == "account" or one.recipient == to)]
            assert not freely or _used(limit, to, gone, went) <= max(
                limit.count, _used(limit, to, gone, [one for one in went if one.essential])
            )


class Unasked(Hours):
    def opens(self, at):
        raise AssertionError(f"nobody needs to know at {at}")


def test_of_hundreds_that_wait_only_those_whose_turn_comes_before_are_looked_at():
    behind = [mail(str(n), 10, to=f"d{n}", hours=Unasked(CALENDAR, QuietHours())) for n in range(300)]
    limits = [cap(1, per="account"), cap(1, per="contact", gather=1)]
    turns = Turns([*behind, mail("first", 90, NOW - DAY), mail("second", 80)], [], limits, CALENDAR, NOW)

    assert turns.slot("second").held == "cap"
    assert turns.slot("first") == Slot(NOW)


@given(readies, st.lists(st.builds(Gone, st.sampled_from(["c1", "c2"]), instants), max_size=6), caps, st.randoms())
def test_in_whatever_order_they_ask_each_has_its_turn(ready, gone, limits, random):
    mails = [mail(str(n), p, since, to, essential=e) for n, (p, since, to, e) in enumerate(ready)]
    turns = Turns(mails, gone, limits, CALENDAR, NOW)
    asking = random.sample(mails, len(mails))

    assert {one.id: turns.slot(one.id) for one in asking} == slots(mails, gone, limits, CALENDAR, NOW)


def _used(limit, to, gone, went):
    mine = [one for one in (*gone, *went) if limit.per == "account" or one.recipient == to]
    ats = [one.at if isinstance(one, Gone) else NOW for one in mine]
    return sum(at > NOW - limit.over.whole * DAY for at in ats)


def test_a_mail_that_is_spread_goes_so_much_later_than_it_could_have_and_takes_no_room_before():
    later = mail("a", since=NOW - DAY, spread=DAY + timedelta(minutes=7))

    found = slots([later, mail("b", priority=1)], [], [cap(1)], CALENDAR, NOW)

    assert found == {"a": Slot(NOW + timedelta(minutes=7), "cap", "spread"), "b": Slot(NOW)}
    assert slots([later], [], [], CALENDAR, NOW + timedelta(minutes=7))["a"].held is None
