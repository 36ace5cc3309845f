"""Accounts: put into the record as facts, and shown as they stand."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import JsonValue
from starlette.responses import Response

from activities import erasing, erasing_contact, facts
from activities.erasing_contact import NoSuchContact
from activities.facts import OUR_FAULT
from activities.host import Host
from activities.store.overwriting import MOST, overwrite
from workers.http.auth import Reader
from workers.http.bodies import Instant, read_mapping
from workers.http.describing import body_of, given_a_body, gives
from workers.http.examples import ACCOUNT
from workers.http.faults import Fault, Json, not_found, wrong
from workers.http.hosting import OurHost
from workers.http.once import Operated, Order, Reply, Upserted
from workers.looking import account_told

router = APIRouter(tags=["accounts"])

At = Annotated[Instant | None, Query(description="When it was so; without it, now")]

_FIELDS = {
    "type": "object",
    "minProperties": 1,
    "description": "The fields themselves, with nothing around them, by the names of the vocabulary: "
    '{"tier": "growth", "arr": 40000}. What is left out stays as it is; null makes a field unknown.',
}
_ERASED = {"erased": {"runs": 1, "tasks": 1, "messages": 0, "facts": 12, "records": 30}}
_PERSON_ERASED = {"erased": {"facts": 3, "mails": 2, "withdrawn": 1, "texts": 4}}
_PUT = {"account": "acme", "fact": "7c1de2ab0f3b4f0e9d2f3b7f4e0a9c55", "status": "stored"}


@router.put(
    "/accounts/{account:path}/contacts/{contact:path}",
    summary="A contact as it is now",
    responses=given_a_body(_PUT, "It is kept", 409),
    openapi_extra={
        "requestBody": body_of(_FIELDS, {"name": "Kim", "role": "champion", "email": "kim@acme.example"}),
    },
)
def put_contact(account: str, contact: str, order: Upserted, at: At = None) -> Response:
    """What is left out stays as it is."""
    given = read_mapping(order.raw)
    if given.get("id", contact) != contact:
        raise wrong([{"where": "body.id", "message": f"differs from the address, which says '{contact}'"}])
    return _put(order, account, at, contact={**given, "id": contact})


@router.put(
    "/accounts/{account:path}/team",
    summary="Who looks after an account",
    responses=given_a_body(_PUT, "It is kept", 409),
    openapi_extra={
        "requestBody": body_of(
            {"type": "object", "description": "Role to the id of a person; null takes the person away"},
            {"csm": "noor", "ae": None},
        )
    },
)
def put_team(account: str, order: Upserted, at: At = None) -> Response:
    """Roles that are left out stay as they are."""
    return _put(order, account, at, team=read_mapping(order.raw))


@router.put(
    "/accounts/{account:path}",
    summary="The fields of an account as they are now",
    responses=given_a_body(_PUT, "It is kept", 409),
    openapi_extra={"requestBody": body_of(_FIELDS, {"name": "Acme", "stage": "adoption", "tier": "growth"})},
)
def put_account(account: str, order: Upserted, at: At = None) -> Response:
    """The body is the fields themselves. What is left out stays as it is; null makes a field unknown. A new account
    needs all the fields that the vocabulary requires.
    """
    given = read_mapping(order.raw)
    if given.keys() == {"fields"} and isinstance(given["fields"], dict):
        message = "the fields stand bare here: send them without `fields` around them"
        raise wrong([{"where": "body.fields", "message": message}])
    return _put(order, account, at, fields=given)


@router.get(
    "/accounts/{account:path}",
    summary="The picture of an account",
    responses=gives(ACCOUNT, "Fields, metrics with zones, contacts, team, runs, open tasks, timeline", 404, 409),
)
def get_account(account: str, host: OurHost, _: Reader) -> Response:
    """As it stands now."""
    return Json(host.database.read(lambda connection: account_told(connection, host, account)))


@router.delete(
    "/accounts/{account:path}/contacts/{contact:path}",
    summary="A person is forgotten",
    responses=given_a_body(_PERSON_ERASED, "Erased, with what there was of them", 404),
)
def delete_contact(account: str, contact: str, order: Operated) -> Response:
    """Name, address and all that was written to them; a mail that has not gone is not sent. An address that may not be
    written to stays known as a digest.
    """
    try:
        return _erase(order, lambda host: asdict(erasing_contact.erase(host, account, contact)))
    except NoSuchContact:
        raise not_found(f"{account} has no contact '{contact}'", "GET /accounts/{id} shows its contacts") from None


@router.delete(
    "/accounts/{account:path}",
    summary="An account is forgotten",
    responses=given_a_body(_ERASED, "Erased, with what there was of it", 404),
)
def delete_account(account: str, order: Operated) -> Response:
    """Its runs end, and all that is kept of it goes. A fact that comes later makes a new account: erase it where facts
    come from first. Asked again, there is no such account.
    """
    return _erase(order, lambda host: asdict(erasing.erase(host, account)))


def _erase(order: Order, work: Callable[[Host], Mapping[str, JsonValue]]) -> Response:
    response = order.once(lambda host: Reply(200, {"erased": dict(work(host))}))
    overwrite(order.host.database, MOST)
    return response


def _put(order: Order, account: str, at: datetime | None, **said: dict[str, object]) -> Response:
    return order.once(lambda host: _stored(host, account, at, said))


def _stored(host: Host, account: str, at: datetime | None, said: dict[str, dict[str, object]]) -> Reply:
    """Raises Fault with every reason."""
    fact = uuid.uuid4().hex
    told = facts.post(host, [{"id": fact, "account": account, **said, **({"at": at} if at else {})}])[0]
    if told.reasons == (OUR_FAULT,):
        raise Fault(500, "our-fault", OUR_FAULT, "Report it; nothing was half done")
    if told.status == "rejected":
        reasons: list[JsonValue] = [{"where": "body", "message": one} for one in told.reasons]
        raise wrong(reasons)
    return Reply(200, {"account": account, "fact": fact, "status": told.status})
