"""The mails that wait for somebody's approval: read as a whole, every recipient's, in pages; and edited."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from activities.approvals import Draft, drafts
from activities.slack.text import pieces
from engine.run import Task
from workers.slack import forms
from workers.slack.forms import Form
from workers.slack.office import Kindly, Office
from workers.slack.payloads import Action, Carried

PAGE: Final = "mail."  # what the ids of the buttons begin with that turn the pages
BLOCKS: Final = 60  # of a page; Slack takes 100
ROOM: Final = 30_000  # characters of a page
PARTS: Final = 10  # fields that a text is edited in
PART: Final = 2_400  # characters of it in each, which has room for more


def waiting(office: Office, task: Task) -> Sequence[Draft]:
    """What would be sent. Raises Kindly where nothing waits any more."""
    found = office.host.database.read(lambda connection: drafts(connection, task))
    if not found:
        raise Kindly("This mail does not wait for an approval any more.")
    return found


def reading(task: Task, carried: Carried, mails: Sequence[Draft], page: int = 0) -> Form:
    """All that would be sent, letter by letter."""
    pages = list(_pages([block for one in mails for block in _shown(one)]))
    page = max(0, min(page, len(pages) - 1))
    form = forms.bare("read", "Mail to approve" if len(mails) == 1 else "Mails to approve", carried, task)
    turn = [*_button("back", "Back", page - 1, page > 0), *_button("on", "More", page + 1, page + 1 < len(pages))]
    foot = [{"type": "actions", "block_id": "pages", "elements": turn}] if turn else []
    return form | {"blocks": [*form["blocks"], *pages[page], *foot]}


def page_of(actions: Sequence[Action]) -> int:
    value = next((one.value for one in actions if one.action_id.startswith(PAGE)), "")
    return int(value) if value.isdecimal() and len(value) < 6 else 0


def editing(task: Task, carried: Carried, mails: Sequence[Draft]) -> Form:
    """Raises Kindly for what a form cannot hold."""
    if len(mails) != 1:
        raise Kindly("This goes to several people, each in their own words. Approve it as it is, or decline it.")
    subject, preheader = mails[0].subject, " ".join(mails[0].preheader.split())
    parts, joints = _parts(mails[0].body)
    if len(parts) > PARTS or max(len(subject), len(preheader)) > forms.SUBJECT:
        raise Kindly("This mail is too long to be edited in Slack. Read it, then approve it as it is, or decline it.")
    return forms.edit(task, carried.model_copy(update={"joints": tuple(joints)}), subject, preheader, parts)


def joined(parts: Sequence[str], joints: Sequence[str]) -> str:
    """What was taken apart; a part that was emptied leaves nothing behind."""
    behind = [*joints, *[""] * len(parts)]
    return "".join(f"{part}{joint}" for part, joint in zip(parts, behind, strict=False) if part).strip()


def _parts(body: str) -> tuple[list[str], list[str]]:
    """What stands in each field, and what stood between them."""
    parts, joints, rest = list[str](), list[str](), body.strip()
    while len(rest) > PART:
        found = ((rest.rfind(one, PART // 2, PART), one) for one in ("\n\n", "\n", " "))
        at, joint = next(((at, one) for at, one in found if at > 0), (PART, ""))
        parts, joints, rest = [*parts, rest[:at]], [*joints, joint], rest[at + len(joint) :]
    return [*parts, rest], joints


def _shown(mail: Draft) -> Iterator[Form]:
    yield {"type": "divider"}
    yield _section(mail.head)
    yield from map(_section, pieces(mail.body))


def _pages(blocks: Sequence[Form]) -> Iterator[Sequence[Form]]:
    page: list[Form] = []
    room = ROOM
    for one in blocks:
        size = len(one.get("text", {}).get("text", ""))
        if page and (len(page) == BLOCKS or size > room):
            yield page
            page, room = [], ROOM
        page.append(one)
        room -= size
    yield page


def _section(text: str) -> Form:
    cut = text if len(text) <= 3_000 else f"{text[:2_999]}…"
    return {"type": "section", "text": {"type": "plain_text", "text": cut, "emoji": False}}


def _button(name: str, label: str, page: int, there: bool) -> list[dict[str, Any]]:  # noqa: FBT001
    text = {"type": "plain_text", "text": label}
    return [{"type": "button", "action_id": f"{PAGE}{name}", "text": text, "value": str(page)}] if there else []
