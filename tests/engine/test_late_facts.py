"""Facts that come late or out of order: they mend what is known now, and never fire for the past."""

from tests.support.playbooks import lines, told
from tests.support.told import DAY, START, Told, vocabulary

POOR = "start: {when: metrics.nps.value <= 5, again: always}\n"
SURGE = "start: {when: metrics.sev2_tickets.value >= 3, again: always}\n"
FALL = "start: {when: metrics.nps.previous >= 8 and metrics.nps.value <= 5, again: always}\n"
WORK = "  - {wait: pause, for: 5 days}"


def ticket(day: int, dated: str) -> dict[str, object]:
    return {"after": f"{day} days", "event": "ticket", "data": {"severity": 2}, "dated": dated}


def reading(day: int, nps: int | None, dated: str | None = None) -> dict[str, object]:
    return {"after": f"{day} days", "metrics": {"nps": nps}} | ({"dated": dated} if dated else {})


def test_a_reading_that_was_poor_once_and_is_not_any_more_fires_nothing():
    result = told(WORK, start=POOR, then=[reading(3, 9), reading(4, 2, "2026-03-03T14:00:00Z")])

    assert lines(result, "started", "not_started") == []


def test_three_tickets_of_one_week_that_is_long_over_fire_nothing():
    result = told(WORK, start=SURGE, then=[ticket(30, f"2026-03-0{day}T14:00:00Z") for day in (3, 4, 5)])

    assert lines(result, "started", "not_started") == []


def test_late_tickets_that_make_it_so_today_fire_today():
    result = told(WORK, start=SURGE, then=[ticket(30, f"2026-03-{day}T15:00:00Z") for day in (27, 28, 29)])

    assert lines(result, "started") == [("2026-04-01T13:00:00Z", "start")]


def test_a_late_reading_may_be_the_one_before():
    result = told(WORK, start=FALL, then=[reading(3, 4), reading(4, 9, "2026-03-03T14:00:00Z")])

    assert lines(result, "started") == [("2026-03-06T14:00:00Z", "start")]


def test_a_correction_to_null_neither_fires_nor_clears():
    goal = "goal: {when: metrics.nps.value >= 8, outcome: mended}\n"

    result = told(WORK, goal, POOR, then=[reading(1, 3), reading(2, None), reading(3, 3)])

    assert lines(result, "started", "not_started") == [("2026-03-03T14:00:00Z", "start")]
    assert result.outcome == "completed"


KNOWN = vocabulary("""
fields:
  seats: {type: integer, default: 1}
contact_fields:
  role: {type: choice, of: [champion, other], default: other}
records:
  teams: {seats: {type: integer, default: 5}, lead: text}
metrics:
  nps: {reported: true, target: 10}
""")


def test_a_record_has_its_defaults_and_a_late_fact_does_not_undo_a_newer_one():
    account = Told(KNOWN).tell(START + DAY, record="teams", fields={"id": "t1", "lead": "ana"})

    account.tell(START, record="teams", fields={"id": "t1", "lead": "ben", "seats": 9})
    account.tell(START + 2 * DAY, record="teams", fields={"id": "t2"})

    assert account.see("records.teams", START + 2 * DAY) == (
        {"id": "t1", "lead": "ana", "seats": 9},
        {"id": "t2", "seats": 5},
    )
    account.tell(START + 3 * DAY, record="teams", fields={"id": "t1", "seats": None})
    assert account.see("records.teams", START + 3 * DAY)[0] == {"id": "t1", "lead": "ana", "seats": 5}


def test_a_contact_that_is_inactive_is_not_there_until_it_is_active_again():
    account = Told(KNOWN).tell(START, contact={"id": "c1"}).tell(START + DAY, contact={"id": "c1", "active": False})
    assert account.see("contacts", START + DAY) == ()

    account.tell(START + 2 * DAY, contact={"id": "c1", "active": None})

    assert account.see("contacts", START + 2 * DAY) == ({"id": "c1", "active": True, "role": "other"},)


def test_a_history_that_is_told_backwards_gives_the_zone_since_of_its_own_instants():
    account = Told(KNOWN).tell(START, fields={"seats": 3})

    for day, value in reversed([(1, 9), (2, 5), (3, 4), (4, 6)]):
        account.tell(START + day * DAY, metric="nps", value=value)

    assert account.see("metrics.nps.zone", START + 9 * DAY) == "red"
    assert account.see("metrics.nps.zone_since", START + 9 * DAY) == START + 2 * DAY
    assert account.see("metrics.nps.previous", START + 9 * DAY) == 4
