import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.declared.people import read_people
from engine.people import Away, Directory, Found, People, Person, channel_address
from engine.policy import Policy
from engine.problems import Problems
from engine.source import read

NOW = dt.datetime(2026, 3, 5, 12, tzinfo=dt.UTC)
THIS_WEEK = (Away(dt.date(2026, 3, 2), dt.date(2026, 3, 6)),)

GWEN = Person("gwen", roles=("vp_cs",))
MIA = Person("mia", roles=("cs_manager",), manager="gwen")
MAX = Person("max", roles=("cs_manager",), manager="gwen")
ANA = Person("ana", roles=("csm",), manager="max", backup="ben")
BEN = Person("ben", roles=("csm",), manager="max")


def directory(*people: Person, **policy: object) -> Directory:
    return Directory(People(people or (GWEN, MIA, MAX, ANA, BEN)), Policy(**policy))


def test_the_accounts_own_team_comes_first():
    assert directory().find("csm", {"csm": "ben"}, "ana", NOW) == Found(BEN, "csm")


def test_then_whoever_above_the_owner_has_the_role():
    assert directory().find("cs_manager", {}, "ana", NOW) == Found(MAX, "cs_manager")


def test_then_the_first_active_person_with_the_role():
    everyone = directory(replace(MIA, active=False), MAX, ANA)

    assert everyone.find("cs_manager", {}, None, NOW).person == MAX


def test_then_who_gets_what_nobody_has():
    found = directory(unassigned="cs_manager").find("ae", {}, "ana", NOW)

    assert found == Found(MAX, "ae", None, "nobody has the role ae, so cs_manager is asked")


def test_then_the_owners_manager():
    found = directory().find("ae", {}, "ana", NOW)

    assert found == Found(MAX, "ae", None, "nobody has the role ae, so the owner's manager is asked")


def test_else_nobody():
    assert directory().find("ae", {}, None, NOW) is None


def test_a_team_member_who_is_no_colleague_is_said_to_be_none():
    found = directory().find("csm", {"csm": "zed"}, None, NOW)

    assert found == Found(ANA, "csm", None, "zed, the account's csm, is not in people.yaml")


def test_who_is_away_is_covered_by_their_backup():
    found = directory(MAX, replace(ANA, away=THIS_WEEK), BEN).find("csm", {"csm": "ana"}, "ana", NOW)

    assert found == Found(BEN, "csm", "ana", "ben covers for ana, who is away until 2026-03-06")


def test_who_has_left_is_covered_by_their_manager_when_the_backup_is_away_too():
    people = directory(MAX, replace(ANA, active=False), replace(BEN, away=THIS_WEEK, manager=None))

    found = people.find("csm", {"csm": "ana"}, "ana", NOW)

    assert (found.person, found.covers, found.note) == (MAX, "ana", "max covers for ana, who has left")


def test_cover_goes_by_the_whole_chain():
    people = directory(GWEN, replace(MAX, away=THIS_WEEK), replace(ANA, away=THIS_WEEK, backup=None))

    assert people.find("csm", {}, None, NOW).person == GWEN


def test_two_who_back_each_other_up_and_are_both_away_are_covered_by_nobody():
    people = directory(Person("a", roles=("csm",), backup="b", away=THIS_WEEK), Person("b", backup="a", away=THIS_WEEK))

    assert people.find("csm", {}, None, NOW) is None


def test_away_begins_and_ends_with_the_days_of_the_persons_own_zone():
    ann = Person("ann", time_zone="Pacific/Auckland", away=(Away(dt.date(2026, 3, 5), dt.date(2026, 3, 5)),))
    people = directory(ann)
    begins, ends = dt.datetime(2026, 3, 4, 11, tzinfo=dt.UTC), dt.datetime(2026, 3, 5, 11, tzinfo=dt.UTC)
    second = dt.timedelta(seconds=1)

    assert [people.is_there(ann, at) for at in (begins - second, begins, ends - second, ends)] == [
        True, False, False, True,
    ]  # fmt: skip


@st.composite
def companies(draw):
    ids = [str(n) for n in range(draw(st.integers(1, 6)))]
    someone = st.none() | st.sampled_from(ids)
    return [
        Person(
            id_,
            roles=("csm",) if draw(st.booleans()) else (),
            manager=draw(someone),
            backup=draw(someone),
            active=draw(st.booleans()),
            away=THIS_WEEK if draw(st.booleans()) else (),
        )
        for id_ in ids
    ]


@given(companies(), st.sampled_from(["0", "3", None]))
def test_whoever_is_found_is_there_however_managers_and_backups_go_round(people, owner):
    found = directory(*people).find("csm", {}, owner, NOW)

    assert found is None or directory(*people).is_there(found.person, NOW)


def people_file(text: str) -> People | Problems:
    return read_people(read(text, "people.yaml"))


def test_a_person_is_read_with_all_that_can_be_said_of_them():
    people = people_file(
        "people:\n"
        "  - {id: max}\n"
        "  - {id: ana, name: Ana, email: ana@acme.test, slack: U1, role: [csm, ae], manager: max, backup: max,\n"
        "     time_zone: Europe/Berlin, country: DE-BY, active: false, away: [{from: 2026-03-02, to: 2026-03-06}],\n"
        "     pings: digest}\n"
    )

    assert people.get("ana") == Person(
        "ana",
        "Ana",
        "ana@acme.test",
        "U1",
        ("csm", "ae"),
        "max",
        "Europe/Berlin",
        "DE-BY",
        THIS_WEEK,
        "max",
        active=False,
        pings="digest",
    )
    assert people.ids == ("max", "ana")
    assert people.roles == ("csm", "ae")


def test_an_empty_file_is_nobody():
    assert people_file("") == People()


def test_everything_wrong_with_people_is_told_at_once():
    problems = people_file(
        "people:\n"
        "  - {id: ana, manager: bem, backup: ana}\n"
        "  - {id: ben, manager: cat}\n"
        "  - {id: cat, manager: ben}\n"
        "  - {id: ana, away: [{from: 2026-03-06, to: 2026-03-02}]}\n"
    )

    assert [f"{one.line}:{one.column}: {one.where}: {one.message}" for one in problems] == [
        "2:24: person 'ana': 'bem' is nobody in this file",
        "2:37: person 'ana': is their own backup",
        "3:24: person 'ben': the managers go round in a circle: ben → cat → ben",
        "5:10: person 'ana': stands here a second time",
        "5:45: person 'ana': they are back on 2026-03-02, before they leave on 2026-03-06",
    ]


def test_words_that_are_no_zone_country_date_or_address_are_refused():
    problems = people_file(
        "people:\n"
        "  - id: ana\n"
        "    email: ana\n"
        "    time_zone: Berlin\n"
        "    country: Germany\n"
        "    role: CSM\n"
        "    away: [{from: 2026-3-1, to: x, form: y}]\n"
    )

    said = [f"{problem.line} {problem.message}" for problem in problems]
    assert said == [
        "3 'ana' is not an email address",
        "4 'Berlin' is not a time zone",
        "5 'Germany' is not a country",
        "6 'CSM' cannot be a name",
        "7 '2026-3-1' is not a date such as 2026-01-05",
        "7 'x' is not a date such as 2026-01-05",
        "7 'form' is not a key of a time away",
    ]


def test_a_slack_name_that_is_no_member_id_is_a_problem_with_its_fix():
    (problem,) = people_file("people:\n  - {id: ana, slack: ana.diaz}\n")

    assert (problem.code, "'ana.diaz' is not a Slack member id" in problem.message) == ("slack-id", True)
    assert "(U…)" in problem.fix


@pytest.mark.parametrize(
    ("written", "address"),
    [("fires", "#fires"), ("#fires", "#fires"), ("C0FIRES", "C0FIRES"), ("U0ANA", "U0ANA"), ("a@b.test", "a@b.test")],
)
def test_a_channel_that_an_account_names_may_be_written_with_or_without_its_sign(written, address):
    assert channel_address(written) == address
