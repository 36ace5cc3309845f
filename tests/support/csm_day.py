"""The Tuesday before Thanksgiving of Noor, who has forty accounts and covers for Eli: what happens to them, and what
she and her colleagues do about it in Slack.
"""

from datetime import date
from typing import Any

from tests.support.forty_accounts import customers, used
from tests.support.slack_days import Days

TODAY = date(2024, 11, 26)
NOOR, GWEN, RAVI, MINA = "U0NOOR", "U0GWEN", "U0RAVI", "U0MINA"
RED, RENEWS_1, RENEWS_2 = "a28", "a26", "a27"


def chosen(value: str) -> dict[str, Any]:
    return {"selected_option": {"value": value}}


def written(value: str) -> dict[str, Any]:
    return {"value": value}


def play(days: Days) -> None:
    for part in (week_before, early, morning, midday, afternoon):
        part(days)


def week_before(days: Days) -> None:
    """The portfolio comes in on Wednesday; until Monday evening this and that is done."""
    at = days.clock.at
    days.tell(*(said for one in customers(TODAY) for said in one.facts(at)), history=True)
    days.until("2024-11-21 11:00")
    for account in (RENEWS_1, RENEWS_2):
        days.press(NOOR, "done", days.task(account, "renewal_plan").id, outcome=chosen("on_track"), note=written(""))
    days.until("2024-11-21 15:00")
    for account in (RENEWS_1, RENEWS_2):
        days.press("U0COLE", "done", days.task(account, "offer").id, outcome=chosen("sent"), note=written(""))
        last = days.task(account, "commercial_call").id
        days.press("U0COLE", "done", last, outcome=chosen("verbal_yes"), note=written("Waiting for their lawyer."))
    days.until("2024-11-25 18:00")


def early(days: Days) -> None:
    """Before her work begins."""
    days.until("2024-11-26 07:12")
    days.tell({"account": "a05", "metric": "csat", "value": 2})
    days.until("2024-11-26 08:30")
    days.tell({"account": "a07", "contact": {"id": "c0", "active": False}})


def morning(days: Days) -> None:
    days.until("2024-11-26 09:02")
    days.home(NOOR)
    days.until("2024-11-26 09:10")
    call = days.task("a05", "diagnostic_call").id
    note = "Their export has been wrong since Friday. They were kind about it, but it must be right before month end."
    days.press(NOOR, "done", call, outcome=chosen("fix_needed"), note=written(note))
    days.press(GWEN, "done", call, outcome=chosen("understood"))
    approve, decline = days.task(RENEWS_1, "reminder").id, days.task(RENEWS_2, "reminder").id
    body = "Dear Kim,\n\nthe paper is with your lawyer, as you told Cole. Is there anything we can do to help?\n\nCole"
    days.press(NOOR, "edit", approve, subject=written("Your renewal at the end of December"), body=written(body))
    days.press(NOOR, "refuse", decline, note=written("They have signed already."))
    days.until("2024-11-26 10:10")
    days.tell({"account": "a41", "metric": "csat", "value": 1})
    ticket = {"event": "ticket", "data": {"severity": 2}}
    days.tell(*({"account": "a10", **ticket} for _ in range(3)))


def midday(days: Days) -> None:
    days.until("2024-11-26 10:40")
    tomorrow = {"selected_date_time": int(days.clock.at.timestamp()) + 86_400 * 6}
    plan = days.task("a29", "renewal_plan").id
    days.press(NOOR, "snooze", plan, own=tomorrow, note=written("Their buyer is back on Monday."))
    handed = days.task("a36", "choose").id
    days.press(NOOR, "reassign", handed, to={"selected_user": MINA}, note=written("You know their CEO, Mina."))
    days.press(NOOR, "note", days.task("a32", "read_handover").id, note=written("Cole sends the contract at noon."))
    days.press(NOOR, "done", days.task("a33", "read_handover").id, outcome=chosen("gaps"), note=written(""))
    days.press(NOOR, "done", days.task(RED, "review").id, outcome=chosen("at_risk"), note=written("New CFO."))
    days.press(RAVI, "acknowledge", days.incident("a10", "severe-week"))
    days.until("2024-11-26 11:30")
    days.ask(NOOR, "help")
    days.ask(NOOR, "tasks")
    days.ask(NOOR, f"account {RED}")
    days.ask(NOOR, f"runs {RENEWS_1}")
    days.ask(NOOR, "why renewal-risk Lakeside")
    days.ask(NOOR, "acount x")
    days.go(NOOR, days.ask(NOOR, "start quarterly-review Meridian"))
    days.press(NOOR, "done", days.task("a37", "choose").id, outcome=chosen("case_study"), note=written(""))


def afternoon(days: Days) -> None:
    days.until("2024-11-26 13:00")
    days.tell({"account": "a12", "metric": "nps", "value": 4})
    days.tell({"account": "a14", "event": "survey", "data": {"contact": "c1", "score": 3, "comment": "Slow & clumsy."}})
    days.until("2024-11-26 14:00")
    days.tell({"account": "a31", "event": "meeting", "data": {"kind": "kickoff", "outcome": "held"}})
    days.tell(*({"account": "a16", "event": "meeting", "data": {"kind": "sync", "outcome": "no_show"}} for _ in "12"))
    days.until("2024-11-26 15:00")
    days.tell({"account": "a08", "event": "payment", "data": {"state": "failed", "amount": 4650}})
    days.until("2024-11-26 15:40")
    days.tell(*used(RED, 14, days.clock.at), history=True)
    days.until("2024-11-26 16:15")
    days.tell({"account": "a07", "contact": {"id": "c3", "name": "Rosa Blum", "role": "champion"}})
    days.until("2024-11-26 18:00")
    days.home(NOOR)
