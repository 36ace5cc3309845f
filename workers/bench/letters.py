"""Personalised mails from one worker: made from a template for each contact, turned into a page, handed to SendGrid's
own client, and settled in the ledger.
"""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from activities.mail.page import page_of
from activities.mail.sendgrid import SendGrid
from activities.transport import Message, Sender
from workers.bench.figure import Figure, Goal
from workers.bench.ground import Ground, ground
from workers.bench.playbooks import CAMPAIGN, write_template
from workers.bench.sink import Arrivals, sink
from workers.devserver import DevServer

PATIENCE = 300.0  # seconds
PAGES = 300
LETTER = "Dear Kim,\n\n" + "A sentence of a usual length, of which a letter has some.\n\n" * 6 + "- one\n- two\n\nAna\n"


@dataclass(frozen=True, slots=True)
class Campaign:
    accounts: int = 100
    contacts: int = 10

    @property
    def mails(self) -> int:
        return self.accounts * self.contacts


async def letters(server: DevServer, folder: Path, size: Campaign = Campaign()) -> list[Figure]:
    with sink() as arrivals:
        mail = SendGrid("SG.bench", host=arrivals.url.removesuffix("/api/"), sender=Sender("a@vendor.test", "Ana"))
        write_template(folder / "workspace", "news", LETTER.replace("Kim", "{{ contact.name | first_name }}"))
        async with ground(server, folder, [CAMPAIGN], mail) as ours:
            await asyncio.to_thread(_begin, ours, size)
            await asyncio.to_thread(arrivals.wait_for, size.mails, PATIENCE)
    return [*_figures(arrivals, size), _pages()]


def _begin(ours: Ground, size: Campaign) -> None:
    accounts = [f"account-{number}" for number in range(size.accounts)]
    ours.know(accounts)
    for account in accounts:
        for number in range(size.contacts):
            email = f"c{number}@{account}.test"
            ours.tell(
                account, contact={"id": f"c{number}", "name": f"Kim {number}", "role": "champion", "email": email}
            )
    ours.post_all(accounts, 3)


def _figures(arrivals: Arrivals, size: Campaign) -> list[Figure]:
    went = max(arrivals.times) - min(arrivals.times)
    twice = Counter({to: len(times) - 1 for to, times in arrivals.texts.items()}).total()
    what = "personalised mails by SendGrid's client, one worker"
    return [
        Figure(what, size.mails / went, "mails/s", Goal("value", "at least", 50)),
        Figure(f"{what}: twice", twice, "mails", Goal("value", "at most", 0)),
    ]


def _pages() -> Figure:
    message = Message("m", "email", "kim@acme.test", LETTER, subject="News")
    page_of(message)
    began = time.perf_counter()
    for _ in range(PAGES):
        page_of(message)
    took = (time.perf_counter() - began) / PAGES * 1_000
    return Figure("a mail's page and text from its Markdown", took, "ms", Goal("value", "under", 5))
