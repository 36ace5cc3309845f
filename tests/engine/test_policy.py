import datetime as dt
from decimal import Decimal

import pytest

from engine.declared.policy import read_policy
from engine.policy import GENERAL, Cap, Holdout, Letterhead, OwnDays, Policy, QuietHours, Topic, Webhook
from engine.problems import Problems
from engine.quantities import Duration
from engine.source import read
from tests.support.workspaces import workspace

NINE, FIVE = dt.time(9), dt.time(17)


def read_text(text: str) -> Policy | Problems:
    return read_policy(read(text, "f"), workspace().vocabulary)


def policy(text: str) -> Policy:
    found = read_text(text)
    assert isinstance(found, Policy), str(found)
    return found


def told(text: str) -> list[str]:
    found = read_text(text)
    assert isinstance(found, Problems), found
    return [str(problem).removeprefix("f:").replace(" error:", "") for problem in found]


def test_an_empty_file_means_the_defaults_of_the_language_page():
    assert policy("# nothing") == Policy(
        time_zone="UTC",
        country="US",
        working_hours=(NINE, FIVE),
        working_days=frozenset(range(5)),
        unassigned=None,
        fiscal_year=1,
        topics={"general": GENERAL},
    )
    assert policy("").tasks.due == Duration(amount=5, unit="business day")


def test_a_topic_has_its_title_in_the_readers_language_else_in_the_policys():
    found = policy("{mail: {language: de}, topics: {news: {title: {de: Neues, fr-CH: Nouvelles}}, all: {title: All}}}")

    of_news = [found.topics["news"].title_in(one) for one in ("de-AT", "fr_CH", "fr", "en", None)]
    assert of_news == ["Neues", "Nouvelles", "Neues", "Neues", "Neues"]
    assert [found.topics["all"].title_in(one) for one in ("de", None)] == ["All", "All"]
    assert [found.topics["general"].title_in(one) for one in ("de", "fi")] == ["Allgemeines", "General"]


def test_every_key_of_the_language_page_is_understood():
    whole = policy(
        """
time_zone: Europe/Berlin
country: DE-BY
working_hours: "08:30\u201316:00"
working_days: [monday, tuesday, sunday]
tasks: {due: 3 business days}
roles: [csm, ae]
unassigned: cs_manager
stop: [{when: account.status == "churned", outcome: churned, for: 2 hours}]
calendars: {IL: {working_days: [sunday, monday]}, FR: {working_hours: 10:00-18:00}}
holidays: {also: [2026-12-24..2026-12-26, 2026-01-02]}
fiscal_year: february
quiet_hours: {customers: "20:00\u201308:00", also: [weekends, holidays], colleagues: outside working hours}
pings: digest
mail_fallback: 90 minutes
account_url: https://crm.example/accounts/{id}?tab=1
caps:
  - {email: 2 per 7 days, per: contact, gather: 1 hour}
topics: {billing: {title: Billing, essential: true}}
mail: {company: Vendor, address: "1 Harbour Street, Boston", language: de}
webhooks: {crm: {url: "https://crm.test/hook", secret_env: CRM_WEBHOOK_SECRET}}
holdout: {share: 5%, salt: 2026}
"""
    )

    stop = whole.stop[0]
    assert (stop.when.text, stop.outcome, stop.lasting) == (
        'account.status == "churned"', "churned", Duration(amount=2, unit="hour"),
    )  # fmt: skip
    assert (whole.time_zone, whole.country, whole.fiscal_year) == ("Europe/Berlin", "DE-BY", 2)
    assert whole.working_hours == (dt.time(8, 30), dt.time(16))
    assert whole.working_days == {0, 1, 6}
    assert whole.tasks.due == Duration(amount=3, unit="business day")
    assert (whole.roles, whole.unassigned) == (("csm", "ae"), "cs_manager")
    assert whole.calendars == {
        "IL": OwnDays(frozenset({6, 0})),
        "FR": OwnDays(working_hours=(dt.time(10), dt.time(18))),
    }
    assert whole.closed == {dt.date(2026, 12, day) for day in (24, 25, 26)} | {dt.date(2026, 1, 2)}
    assert whole.quiet_hours == QuietHours((dt.time(20), dt.time(8)), weekends=True, holidays=True)
    assert (whole.pings, whole.pings_in_hours) == ("digest", True)
    assert str(whole.mail_fallback) == "90 minutes"
    assert whole.link_to("a/ü 1") == "https://crm.example/accounts/a%2F%C3%BC%201?tab=1"
    assert whole.caps == (Cap("email", 2, Duration(amount=7, unit="day"), "contact", Duration(amount=1, unit="hour")),)
    assert whole.topics == {
        "general": GENERAL,
        "billing": Topic("billing", "Billing", essential=True),
    }
    assert whole.mail == Letterhead("Vendor", "1 Harbour Street, Boston", "de")
    assert whole.webhooks == {"crm": Webhook("crm", "https://crm.test/hook", "CRM_WEBHOOK_SECRET")}
    assert whole.holdout == Holdout(Decimal("0.05"), "2026")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("timezone: UTC", "1:1: 'timezone' is not a key of a policy. Did you mean 'time_zone'?"),
        ("time_zone: Berlin", "1:12: time_zone: 'Berlin' is not a time zone. Name one of the IANA data base"),
        ("country: Germany", "1:10: country: 'Germany' is not a country. Write two letters as in ISO 3166"),
        ("working_hours: 9-17", "1:16: working_hours: '9-17' is not a span of a day. Write it as 09:00-17:00."),
        ("working_hours: 17:00-09:00", "1:16: working_hours: '17:00-09:00' ends before it begins."),
        ("working_days: [mon]", "1:16: working_days 1: 'mon' is not a day of the week. Did you mean 'monday'?"),
        ("working_days: []", "1:15: working_days: there is no working day at all."),
        ("working_days: monday", "1:15: working_days: a list is due here, not 'monday'."),
        ("tasks: {due: 1}", "1:14: tasks > due: '1' lacks its unit. Say '1 day'"),
        ("tasks: {due: 2 quarters}", "1:14: tasks > due: '2 quarters': 'quarters' is not a unit of time. Say '6 mo"),
        ("tasks: {due: 5}", "1:14: tasks > due: '5' lacks its unit. Say '5 days'"),
        ("roles: [CSM]", "1:9: roles 1: 'CSM' cannot be a name."),
        ('stop: [{when: account.statu == "x", outcome: y}]', "1:15: stop 1 > when: account.statu is not"),
        ("stop: [{when: true, outcome: y, for: 0 days}]", "1:38: stop 1 > for: '0 days' is no time at all."),
        ("stop: [{when: true}]", "1:8: stop 1: 'outcome' is missing."),
        ("calendars: {XX: {working_days: [monday]}}", "1:13: calendars: 'XX' is not a country."),
        ("holidays: {also: [2026-12-31..2026-12-24]}", "1:19: holidays > also 1: 2026-12-31..2026-12-24 ends before"),
        ("holidays: {also: [Christmas]}", "1:19: holidays > also 1: 'Christmas' is not a date such as 2026-01-05."),
        ("topics: {a: {title: {xy: X, en: Y}}}", "1:22: topics > a > title: 'xy' is not the code of a language."),
        (
            "topics: {a: {title: {de: X}}}",
            "1:21: topics > a > title: there is none in 'en', the language of mails that",
        ),
        ("topics: {a: {title: [X]}}", "1:21: topics > a > title: text is due here, not a list."),
        ("topics: {a: {title: {en: [X]}}}", "1:26: topics > a > title > en: text is due here, not a list."),
        ("fiscal_year: feb", "1:14: fiscal_year: 'feb' is not a month. Did you mean 'february'?"),
        ("quiet_hours: {also: [weekend]}", "1:22: quiet_hours > also 1: 'weekend' is not a word that may"),
        (
            "quiet_hours: {colleagues: 18:00-08:00}",
            "1:27: quiet_hours > colleagues: '18:00-08:00' is not a word that may",
        ),
        (
            "pings: sometimes",
            "1:8: pings: 'sometimes' is not a word that may stand here. Write one of each, digest, both",
        ),
        ("caps: [{email: 2 a week, per: contact}]", "1:16: caps 1 > email: '2 a week' is not a cap. Write it as 2 per"),
        ("caps: [{email: 2 per 7 days, per: mail}]", "1:35: caps 1 > per: 'mail' is not a word that may stand here."),
        ("mail: {language: German}", "1:18: mail > language: 'German' is not the code of a language. Write it as de"),
        ("webhooks: {crm: {url: crm, secret_env: A}}", "1:23: webhooks > crm > url: 'crm' is not a web address."),
        (
            "webhooks: {c: {url: https://c.test, secret_env: s3cr3t}}",
            "1:49: webhooks > c > secret_env: this is not the",
        ),
        ("holdout: {share: 5, salt: x}", "1:18: holdout > share: 5 is not a share. Write it as 5%."),
        ("- a", "1:1: a mapping of keys and values is due here, not a list."),
    ],
)
def test_what_says_nothing_is_refused_at_its_place(text, said):
    assert [problem for problem in told(text) if problem.startswith(said)], told(text)


def test_a_secret_written_where_its_name_belongs_is_not_repeated():
    assert "s3cr3t" not in str(told("webhooks: {c: {url: https://c.test, secret_env: s3cr3t}}"))


def test_a_calendar_is_of_the_country_and_zone_asked_for():
    own = policy("calendars: {IL: {working_days: [sunday, monday]}}\nholidays: {also: [2026-03-03]}")

    there, here = own.calendar("IL", "Asia/Jerusalem"), own.calendar(None, None)

    assert (there.zone, there.country, there.working_days, there.hours) == (
        "Asia/Jerusalem",
        "IL",
        {6, 0},
        (NINE, FIVE),
    )
    assert (here.zone, here.country, here.working_days) == ("UTC", "US", set(range(5)))
    assert not here.is_working(dt.date(2026, 3, 3))


def test_a_part_of_a_country_has_the_days_of_the_whole():
    own = policy("calendars: {DE: {working_days: [monday]}, DE-BY: {working_days: [tuesday]}}")

    assert own.calendar("DE-BE").working_days == {0}
    assert own.calendar("DE-BY").working_days == {1}
