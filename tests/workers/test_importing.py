"""CSV to facts by a mapping: every key of it, and what is said when a row or the mapping is wrong."""

from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.facts import Fact, read_fact
from engine.problems import InvalidWorkspace
from engine.workspace import load
from tests.support.workspaces import written
from workers.importing import Whole, facts_of, read_mapping
from workers.importing.instants import Stretch, clock_time, stretch
from workers.importing.tables import RowFault
from workers.importing.values import typed

SHIPPED = Path(__file__).parents[2] / "playbooks"

VOCABULARY = """\
fields:
  stage: {type: choice, of: [onboarding, adoption]}
  tier: {type: choice, of: [growth, starter]}
  arr: {type: number, unit: USD}
  seats: {type: integer}
  trial: {type: boolean}
  start_date: {type: date}
contact_fields:
  role: {type: choice, of: [champion]}
records:
  teams: {name: text, seats: integer}
events:
  usage: {feature: text, minutes: number}
metrics:
  nps: {reported: true}
  logins: {count: usage, over: 7 days}
"""
ACCOUNTS = """\
id,name,plan,seats,trial,signed,country
a1,Acme,Pro,4.0,False,2024-03-01,US
a2,"Bolt, Inc.",Basic,,True,2024-03-02,DE
"""
CONTRACTS = "contract,account,worth\nk1,a1,1200.50\nk2,a2,0\n"
USAGE = "day,contract,feature,minutes\n2024-03-05,k1,search,3\n2024-02-01,k1,search,9\n2024-03-06,k2,export,\n"
SOURCES = """\
sources:
  accounts: {file: accounts.csv, key: id}
  contracts: {file: contracts.csv, key: contract, links: {accounts: account}}
  usage: {file: usage.csv, key: [day, contract], links: {contracts: contract}}
maps:
  tier: {Pro: growth, Basic: starter}
  zone: {US: America/New_York, DE: Europe/Berlin}
"""
SIGN_UP = """\
  - fact: sign_up
    from: accounts
    account: id
    at: {column: signed, time: "08:00", zone: {column: country, map: zone}}
    fields: {name: name, tier: {column: plan, map: tier}, seats: seats, trial: trial, stage: {value: onboarding}}
"""
USED = """\
  - fact: used
    from: usage
    only: {day: {not_before: contracts.accounts.signed}}
    account: contracts.account
    at: {column: day, between: "08:00–18:00", zone: {column: contracts.accounts.country, map: zone}}
    event: usage
    data: {feature: feature, minutes: minutes}
"""  # noqa: RUF001 - as the guide writes it
FILES = {"accounts.csv": ACCOUNTS, "contracts.csv": CONTRACTS, "usage.csv": USAGE}


@pytest.fixture
def told(tmp_path):
    """What a mapping with these facts makes of the files, some of them replaced."""
    written(tmp_path, {"vocabulary.yaml": VOCABULARY})
    vocabulary = load(tmp_path).sound().vocabulary

    def tell(facts: str, sources: str = SOURCES, **files: str) -> Whole:
        named = FILES | {f"{name}.csv": text for name, text in files.items()}
        written(tmp_path, {**named, "x.mapping.yaml": f"{sources}facts:\n{facts}"})
        whole = facts_of(read_mapping(tmp_path / "x.mapping.yaml", vocabulary))
        assert all(isinstance(read_fact(one.raw, vocabulary, datetime.now(UTC)), Fact) for one in whole.facts)
        return whole

    return tell


@pytest.fixture
def problems(told):
    """The messages that a wrong mapping gives, without the folder."""

    def of(facts: str, sources: str = SOURCES, **files: str) -> list[str]:
        with pytest.raises(InvalidWorkspace) as wrong:
            told(facts, sources, **files)
        return [f"{one.line}:{one.column}: {one.where}: {one.message}. {one.fix}" for one in wrong.value.problems]

    return of


def test_a_row_becomes_a_fact_with_values_of_the_vocabularys_types(told):
    first, second = told(SIGN_UP).facts

    assert first.raw == {
        "id": "sign_up/a1",
        "account": "a1",
        "at": "2024-03-01T13:00:00Z",
        "fields": {"name": "Acme", "tier": "growth", "seats": 4, "trial": False, "stage": "onboarding"},
    }
    assert second.raw["fields"] == {"name": "Bolt, Inc.", "tier": "starter", "trial": True, "stage": "onboarding"}
    assert (second.line, second.at) == (3, datetime(2024, 3, 2, 7, tzinfo=UTC))


@pytest.mark.parametrize("said", ["fields: {seats: seats}", "team: {csm: seats}"])
def test_a_row_whose_cells_are_empty_tells_nothing_and_is_no_fault(told, said):
    whole = told(f"  - fact: x\n    from: accounts\n    account: id\n    at: {{column: signed}}\n    {said}\n")

    assert ([one.raw["account"] for one in whole.facts], whole.faults) == (["a1"], ())


def test_links_are_followed_and_rows_are_picked(told):
    whole = told(USED)

    assert [one.raw["id"] for one in whole.facts] == ["used/2024-03-05/k1", "used/2024-03-06/k2"]
    assert [one.raw["account"] for one in whole.facts] == ["a1", "a2"]
    assert [one.raw["data"] for one in whole.facts] == [{"feature": "search", "minutes": 3}, {"feature": "export"}]


def test_facts_stand_in_the_order_in_which_they_happened_then_of_the_mapping_then_of_the_rows(told):
    early = SIGN_UP.replace("sign_up", "late").replace('time: "08:00"', 'time: "09:00"')
    same = SIGN_UP.replace("sign_up", "same")

    order = [one.raw["id"] for one in told(early + SIGN_UP + same).facts]

    assert order == ["sign_up/a1", "same/a1", "late/a1", "sign_up/a2", "same/a2", "late/a2"]


@pytest.mark.parametrize(
    ("said", "raw"),
    [
        ("metric: nps\n    value: seats", {"metric": "nps", "value": 4}),
        ("contact: {id: name, role: {value: champion}}", {"contact": {"id": "Acme", "role": "champion"}}),
        (
            "record: teams\n    fields: {id: name, seats: seats}",
            {"record": "teams", "fields": {"id": "Acme", "seats": 4}},
        ),
        ("team: {csm: {value: ana}}", {"team": {"csm": "ana"}}),
    ],
)
def test_every_kind_of_fact_can_be_made(told, said, raw):
    rows = "    from: accounts\n    only: {id: a1}\n    account: id\n    at: {column: signed}\n"
    form = f"  - fact: x\n{rows}    {said}\n"

    (one,) = told(form).facts

    assert {key: one.raw[key] for key in one.raw if key not in {"id", "account", "at"}} == raw


@pytest.mark.parametrize(
    ("condition", "picked"),
    [('"Pro"', ["a1"]), ("[Pro, Basic]", ["a1", "a2"]), ('{not: ""}', ["a1", "a2"]), ("{not: Pro}", ["a2"])],
)
def test_only_picks_rows_by_their_text(told, condition, picked):
    whole = told(SIGN_UP.replace("    account: id", f"    only: {{plan: {condition}}}\n    account: id"))

    assert [one.raw["account"] for one in whole.facts] == picked


class TestInstants:
    def at(self, told, said: str, signed: str = "2024-03-01") -> datetime:
        accounts = ACCOUNTS.splitlines()[0] + f"\na1,Acme,Pro,36,False,{signed},US\n"
        form = f"  - fact: x\n    from: accounts\n    account: id\n    at: {said}\n    fields: {{name: name}}\n"
        (one,) = told(form, accounts=accounts).facts
        return one.at

    def test_without_a_time_it_is_midnight_in_utc(self, told):
        assert self.at(told, "{column: signed}") == datetime(2024, 3, 1, tzinfo=UTC)

    def test_a_column_may_hold_its_own_time(self, told):
        assert self.at(told, "{column: signed}", "2024-03-01 19:30:00") == datetime(2024, 3, 1, 19, 30, tzinfo=UTC)

    def test_clock_time_is_added(self, told):
        assert self.at(told, "{column: signed, plus: {hours: seats}}") == datetime(2024, 3, 2, 12, tzinfo=UTC)

    def test_a_local_time_that_the_clock_change_leaves_out_moves_on_by_the_gap(self, told):
        said = '{column: signed, time: "02:30", zone: {value: America/New_York}}'

        assert self.at(told, said, "2024-03-10") == datetime(2024, 3, 10, 7, 30, tzinfo=UTC)

    def test_a_doubled_local_time_is_the_first(self, told):
        said = '{column: signed, time: "01:30", zone: {value: America/New_York}}'

        assert self.at(told, said, "2024-11-03") == datetime(2024, 11, 3, 5, 30, tzinfo=UTC)

    @given(st.text(), st.text())
    def test_a_second_of_a_stretch_is_within_it_and_always_the_same(self, source, key):
        day = Stretch(clock_time("08:00"), clock_time("18:00"))

        second = day.second_of(source.encode("utf-8", "ignore").decode(), key.encode("utf-8", "ignore").decode())

        assert clock_time("08:00") <= second < clock_time("18:00")

    def test_it_is_the_second_that_the_guide_tells(self):
        digest = sha256(b"usage/U-1c6c24/S-0fcf7d").digest()
        seconds = 8 * 3600 + int.from_bytes(digest[:8], "big") % (10 * 3600)

        second = stretch("08:00–18:00").second_of("usage", "U-1c6c24/S-0fcf7d")  # noqa: RUF001 - as the guide writes it

        assert second.hour * 3600 + second.minute * 60 + second.second == seconds


class TestRows:
    def faults(self, whole: Whole) -> list[str]:
        return [f"{one.file.rpartition('/')[2]}:{one.line}: {one.message}" for one in whole.faults]

    def test_a_link_that_leads_nowhere_leaves_the_row_out_and_the_rest_goes_on(self, told):
        whole = told(USED, usage=USAGE + "2024-03-07,k9,search,1\n")

        assert len(whole.facts) == 2
        (fault,) = self.faults(whole)
        assert fault.startswith("usage.csv:5: contract is k9, which is the key of no row of ")

    def test_a_second_row_with_the_same_key_is_left_out(self, told):
        whole = told(SIGN_UP, accounts=ACCOUNTS + "a1,Again,Pro,1,False,2024-01-01,US\n")

        assert self.faults(whole) == ["accounts.csv:4: the key a1 is that of line 2 already"]

    @pytest.mark.parametrize(
        ("row", "said"),
        [
            ("a3,Cog,Gold,1,False,2024-03-01,US", "'Gold' is not in the map tier"),
            ("a3,Cog,Pro,many,False,2024-03-01,US", "'many' is not a number"),
            ("a3,Cog,Pro,1,maybe,2024-03-01,US", "'maybe' is neither true nor false"),
            ("a3,Cog,Pro,1,False,01.03.2024,US", "'01.03.2024' is neither a date"),
            ("a3,Cog,Pro,1,False,2024-02-30,US", "'2024-02-30' is neither a date"),
            ("a3,Cog,Pro,1,False,2024-03-01,FR", "'FR' is not in the map zone"),
            ("a3,Cog,Pro", "3 cells where the first line names 7"),
            (",Cog,Pro,1,False,2024-03-01,US", "the key is empty: id"),
        ],
    )
    def test_a_row_that_cannot_be_read_is_told_once_with_its_line(self, told, row, said):
        whole = told(SIGN_UP + SIGN_UP.replace("sign_up", "twice"), accounts=f"{ACCOUNTS}{row}\n")

        assert len(whole.facts) == 4
        (fault,) = self.faults(whole)
        assert fault.startswith(f"accounts.csv:4: {said}")

    def test_a_quoted_line_break_counts_for_the_lines_behind_it(self, told):
        whole = told(SIGN_UP, accounts=ACCOUNTS.replace("Acme", '"Ac\nme"') + "a1,x,Pro,1,False,2024-01-01,US\n")

        assert [one.line for one in whole.faults] == [5]


class TestMapping:
    @pytest.mark.parametrize(
        ("old", "new", "said"),
        [
            ("seats: seats", "seats: setas", "'setas' is not a column of accounts. Did you mean 'seats'?"),
            ("seats: seats", "saets: seats", "'saets' is not a field of an account. Did you mean 'seats'?"),
            ("map: tier", "map: teir", "'teir' is not a map. Did you mean 'tier'?"),
            ("from: accounts", "from: acounts", "'acounts' is not a source. Did you mean 'accounts'?"),
            ('time: "08:00"', 'time: "8 am"', "'8 am' is not a time of day. Write \"08:00\""),
            ("stage: {value: onboarding}", "stage: {valeu: onboarding}", "this is not a value."),
            ("    fields:", "    feilds:", "'feilds' is not a key of a fact. Did you mean 'fields'?"),
            ("    fields: {", "    metric: nps\n    fields: {", "a fact says one thing."),
        ],
    )
    def test_a_wrong_word_is_told_at_its_place_with_the_nearest(self, problems, old, new, said):
        (problem,) = problems(SIGN_UP.replace(old, new))

        assert said in problem

    @pytest.mark.parametrize(
        ("kind", "said"),
        [
            ("metric: nsp\n    value: seats", "'nsp' is not a reported metric. Did you mean 'nps'?"),
            ("metric: logins\n    value: seats", "'logins' is not a reported metric. Known: nps."),
            ("event: usaeg\n    data: {}", "'usaeg' is not an event. Did you mean 'usage'?"),
            ("record: team\n    fields: {}", "'team' is not a kind of record. Did you mean 'teams'?"),
        ],
    )
    def test_a_fact_speaks_of_what_the_vocabulary_knows(self, problems, kind, said):
        form = f"  - fact: x\n    from: accounts\n    account: id\n    at: {{column: signed}}\n    {kind}\n"

        assert said in problems(form)[0]

    @pytest.mark.parametrize(
        ("old", "new", "said"),
        [
            ("file: accounts.csv", "file: acounts.csv", "cannot be read: No such file or directory"),
            ("key: id}", "key: ident}", "accounts.csv has no column 'ident'"),
            ("links: {accounts: account}", "links: {acounts: account}", "'acounts' is not a source. Did you mean"),
            ("links: {contracts: contract}", "links: {usage: contract}", "'usage' has a key of several columns"),
        ],
    )
    def test_a_source_is_held_against_its_file(self, problems, old, new, said):
        found = problems(SIGN_UP, SOURCES.replace(old, new))

        assert any(said in problem for problem in found)

    def test_a_file_that_is_no_csv_is_told_with_its_line(self, problems):
        found = problems(SIGN_UP, accounts=ACCOUNTS + 'a3,"Cog,Pro,1,False,2024-03-01,US\n')

        assert any("this is not CSV" in problem for problem in found)

    def test_two_facts_of_one_name_would_have_the_same_ids(self, problems):
        assert any("there is a fact 'sign_up' already" in problem for problem in problems(SIGN_UP + SIGN_UP))

    def test_all_that_is_wrong_is_told_at_once(self, problems):
        wrong = SIGN_UP.replace("seats: seats", "seats: setas").replace("map: tier", "map: teir")

        assert len(problems(wrong)) == 2


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6))
def test_a_number_is_taken_exactly_as_it_is_written(number: Decimal):
    from engine.types import NUMBER

    assert typed(format(number, "f"), NUMBER) == number


def test_a_number_with_an_exponent_is_not_guessed_at():
    from engine.types import NUMBER

    with pytest.raises(RowFault):
        typed("1e3", NUMBER)


def test_the_shipped_mapping_makes_of_the_data_what_its_page_says():
    vocabulary = load(SHIPPED).sound().vocabulary

    whole = facts_of(read_mapping(SHIPPED / "demo" / "ravenstack.mapping.yaml", vocabulary))

    names = [str(one.raw["id"]).partition("/")[0] for one in whole.facts]
    assert whole.faults == ()
    assert names.count("sign_up") == 500
    assert names.count("usage") == 25_000 - 13_198
    assert names.count("ticket") == 2_000 - 1_077
