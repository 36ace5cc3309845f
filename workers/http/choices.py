"""Pages for customers: unsubscribing, with one click too (RFC 8058), and choosing what they get.

The token in the link is all that it takes and all that is looked at. A GET never changes anything: mail programs and
scanners follow links by themselves.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Annotated, Final
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict
from starlette.responses import HTMLResponse

from activities.host import Host
from activities.mail import choices
from activities.mail.forms import fields_of
from engine.values import read_instant
from workers.http import choicepages
from workers.http.bodies import body_up_to
from workers.http.describing import Responses
from workers.http.hosting import OurHost

router = APIRouter(tags=["customers"], default_response_class=HTMLResponse)

LARGEST: Final = 10_000  # bytes of a form
_PAGE: Responses = {200: {"description": "A page", "content": {"text/html": {"example": "<!doctype html>…"}}}}
_PAGES: Responses = {
    **_PAGE,
    404: {"description": "A page that says that the link is not valid", "content": {"text/html": {}}},
}


class Whatever(BaseModel):
    """Programs that mails pass through hang names of their own to links."""

    model_config = ConfigDict(extra="allow")


Named = Annotated[Whatever, Query()]


async def _form(request: Request) -> dict[str, list[str]]:
    """Urlencoded, or as some mail programs post the one field of RFC 8058, multipart."""
    raw = await body_up_to(LARGEST, request)
    kind = request.headers.get("content-type", "")
    if kind.startswith("multipart/form-data"):
        return {name: [value.decode("utf-8", "replace")] for name, value in fields_of(raw, kind).fields.items()}
    try:
        return parse_qs(raw.decode("utf-8", "replace"), max_num_fields=200)
    except ValueError:
        return {}


Form = Annotated[dict[str, list[str]], Depends(_form)]


@router.head("/unsubscribe/{token}", include_in_schema=False)
@router.get("/unsubscribe/{token}", summary="A page that asks whether to unsubscribe", responses=_PAGES)
def ask(token: str, host: OurHost, _: Named) -> HTMLResponse:
    """Changes nothing."""
    return _unsubscribing(host, token, "")


@router.post("/unsubscribe/{token}", summary="Unsubscribe, with one click or by the page", responses=_PAGES)
def unsubscribe(token: str, host: OurHost, form: Form, _: Named) -> HTMLResponse:
    """`List-Unsubscribe=One-Click` leaves the mail's topic; the buttons of the page leave it too, or everything, and
    undo just that: `since` is the instant that the page of the leaving names.
    """
    one_click = [one.strip() for one in form.get("List-Unsubscribe", [])] == ["One-Click"]
    since = _instant(form.get("since", [""])[0])
    return _unsubscribing(host, token, "topic" if one_click else form.get("what", [""])[0], since)


@router.head("/preferences/{token}", include_in_schema=False)
@router.get("/preferences/{token}", summary="A page of what somebody gets", responses=_PAGES)
def show(token: str, host: OurHost, _: Named) -> HTMLResponse:
    """Changes nothing."""
    return _preferences(host, token, None)


@router.post("/preferences/{token}", summary="Choose what to get", responses=_PAGES)
def save(token: str, host: OurHost, form: Form, _: Named) -> HTMLResponse:
    """The topics that are marked, and no others."""
    return _preferences(host, token, form.get("topic", []) if form.get("what") == ["save"] else None)


def _unsubscribing(host: Host, token: str, what: str, since: datetime | None = None) -> HTMLResponse:
    mail = host.links.read("choose", token)
    if mail is None:
        return choicepages.not_valid()
    everything, leaving, undone = what == "everything", what in {"topic", "everything"}, False
    if leaving:
        since = choices.leave(host, mail, everything=everything)
    elif what == "undo" and since:
        undone = choices.take_back(host, mail, since)
    found = choices.of_mail(host, mail)
    if found is None:
        return choicepages.nobody()
    preferences = f"../preferences/{token}"
    if leaving:
        return choicepages.left(found, preferences, since)
    return choicepages.back_again(found, preferences) if undone else choicepages.asking(found, preferences)


def _instant(said: str) -> datetime | None:
    try:
        return read_instant(said)
    except ValueError:
        return None


def _preferences(host: Host, token: str, wanted: Collection[str] | None) -> HTMLResponse:
    """`wanted` None: nothing was said."""
    mail = host.links.read("choose", token)
    if mail is None:
        return choicepages.not_valid()
    if wanted is not None:
        choices.choose(host, mail, wanted)
    found = choices.of_mail(host, mail)
    return choicepages.choosing(found, saved=wanted is not None) if found else choicepages.nobody()
