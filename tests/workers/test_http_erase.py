"""Accounts and persons forgotten by HTTP."""

import pytest
from pydantic import SecretStr

from tests.support.callers import ELSEWHERE, caller
from tests.support.reviews import reviewing, under_review
from workers.settings_values import ApiToken, Scope


@pytest.fixture
def host(sqlite):
    return reviewing(sqlite)


@pytest.fixture
def client(host):
    return caller(host)


def test_an_account_is_erased_with_counts_and_then_not_there(client, host):
    under_review(host)

    told = client.request("DELETE", "/accounts/acme")

    assert (told.status_code, told.json()["erased"]["runs"]) == (200, 1)
    assert client.get("/accounts/acme").status_code == 404
    assert client.request("DELETE", "/accounts/acme").status_code == 404
    assert client.get("/tasks").json()["items"] == []


def test_a_person_is_erased_and_the_account_stays(client):
    told = client.request("DELETE", "/accounts/acme/contacts/c1")

    assert (told.status_code, told.json()["erased"]["facts"]) == (200, 1)
    assert client.get("/accounts/acme").json()["contacts"] == []
    assert client.request("DELETE", "/accounts/acme/contacts/c1").json()["detail"] == "acme has no contact 'c1'"


def test_asked_again_with_the_same_key_the_same_is_answered(client):
    first, again = (client.request("DELETE", "/accounts/acme", headers={"Idempotency-Key": "once"}) for _ in range(2))

    assert (first.json(), again.headers["Idempotent-Replayed"]) == (again.json(), "true")


def test_who_may_only_post_facts_may_not_erase(host):
    feed = ApiToken("feed", SecretStr("feed-feed-feed-feed"), frozenset({Scope.FACTS}))
    shown = {"Authorization": "Bearer feed-feed-feed-feed"}

    told = caller(host, feed, client=ELSEWHERE).request("DELETE", "/accounts/acme", headers=shown)

    assert told.status_code == 403
