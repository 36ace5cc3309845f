from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.transport import Busy, Refused, Uncertain
from activities.verdict import DEFAULT_PAUSE, LONGEST_PAUSE, masked, pause, verdict

NOON = "Tue, 03 Mar 2026 12:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7),
        ({"retry-after": " 7 "}, 7),
        ({"retry-after": "0"}, 1),
        ({"retry-after": "Tue, 03 Mar 2026 12:01:30 GMT", "date": NOON}, 90),
        ({"x-ratelimit-reset": "1772539220", "date": NOON}, 20),
        ({"retry-after": "99999999"}, 3600),
        ({"retry-after": "soon"}, 30),
        ({"retry-after": "Tue, 03 Mar 2026 12:01:30 GMT"}, 30),
        ({"retry-after": "-5", "date": NOON}, 30),
        ({"x-ratelimit-reset": "soon", "date": NOON}, 30),
        ({"date": "noon"}, 30),
        ({}, 30),
    ],
)
def test_the_provider_says_how_long_to_wait_by_its_own_clock(headers, seconds):
    assert pause(headers) == timedelta(seconds=seconds)


@given(st.dictionaries(st.sampled_from(["retry-after", "date", "x-ratelimit-reset"]), st.text(max_size=30)))
def test_no_header_makes_us_wait_for_ever_or_not_at_all(headers):
    assert timedelta(seconds=1) <= pause(headers) <= LONGEST_PAUSE


@given(st.integers(300, 599))
def test_every_status_that_is_no_success_has_a_verdict(status):
    answer = verdict(status, {}, "")

    match status:
        case 502 | 504:
            assert isinstance(answer, Uncertain)
        case 408 | 425 | 429:
            assert answer == Busy(f"HTTP {status}", DEFAULT_PAUSE)
        case _ if status >= 500:
            assert isinstance(answer, Busy)
        case _:
            assert answer == Refused(f"HTTP {status}", f"http_{status}", credentials=status == 401)


@pytest.mark.parametrize(("status", "everybody_s"), [(302, True), (404, True), (400, False), (403, True), (413, False)])
def test_where_all_messages_go_to_one_address_what_answers_in_its_place_refuses_none_of_them(status, everybody_s):
    answer = verdict(status, {}, "", one_address=True)

    assert answer == Refused(f"HTTP {status}", f"http_{status}", credentials=everybody_s)


@pytest.mark.parametrize("text", ["to ann@acme.example.", "<ann.lee+1@acme.example>", '"ann@acme.example"', "x@y,z@y"])
def test_addresses_in_a_provider_s_words_are_masked(text):
    assert "@" not in masked(text)
    assert "<address>" in masked(text)
