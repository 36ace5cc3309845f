"""A mail through SendGrid's own client, the ledger and the webhook, cut off and killed anywhere: never twice, and never
silently lost.
"""

import contextlib
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from activities import ledger, runs
from activities.effect import TryAgain, perform
from activities.ledger import Granted, Leased
from activities.mail import sendgrid_events
from activities.mail.sendgrid import SendGrid
from activities.store import effects
from activities.transport import Sender, Sent
from tests.support.hosts import HandClock, acme, host_on, playbook, tell
from tests.support.sendgrid_posts import event
from tests.support.standins import Answers, Drops, StandInSendGrid
from workers.looking import attention

MAIL = "  - {email: hello, to: champion, subject: Hello, text: Dear Kim}\n"
FAULTS = (
    Drops("before"),
    Drops("middle", kept=10),
    Drops("after"),
    Answers(429, {"Retry-After": "7"}),
    Answers(500),
    Answers(502),
    Answers(503),
)
SECONDS = (1, 3, 60, 400, 3_600)
DEATHS = ("claimed", "sent", "heard")

_NUMBERS = count(1)


class World:
    """One mail of one account, on a host that all share."""

    def __init__(self, host, clock, sendgrid):
        self.host, self.clock, self.sendgrid = host, clock, sendgrid
        account = f"a{next(_NUMBERS)}"
        acme(host, account=account)
        tell(host, account, metric="nps", value=3)
        (row,) = host.database.read(lambda c: effects.listed(c, account=account))
        self.id, self.run, self.remembered = row.id, row.run, None

    @property
    def row(self):
        return self.host.database.read(lambda c: effects.find(c, self.id))

    @property
    def mails(self):
        return [one for one in self.sendgrid.mails if one.effect == self.id]

    def attempt(self, fault=None):
        """As Temporal would: what the directive names or an attempt left behind, with what that one has remembered."""
        if fault is not None:
            self.sendgrid.fail(fault)
        directive = runs.advance(self.host, self.run, self.clock.at)
        if directive.effects or self.row.state == "claimed":
            with contextlib.suppress(TryAgain, Leased):
                perform(self.host, self.id, self.remembered, self.remember)
        self.sendgrid.heal()

    def remember(self, receipt):
        self.remembered = receipt

    def die(self, when):
        """The worker is killed when it has claimed, when the mail has gone, or when it has remembered the answer."""
        directive = runs.advance(self.host, self.run, self.clock.at)
        try:
            claim = ledger.claim(self.host, self.id) if directive.effects else None
        except Leased:
            return
        if isinstance(claim, Granted) and when != "claimed":
            answer = claim.channel.transport.send(claim.message, claim.channel.deadline)
            if isinstance(answer, Sent) and when == "heard":
                self.remember(answer.receipt)

    def hear(self):
        """What SendGrid knows, three times over and the last first."""
        told = [event(kind, self.id, self.clock.at) for _ in self.mails for kind in ("delivered", "processed")]
        sendgrid_events.take_in(self.host, told * 3)

    def do(self, act):
        match act:
            case ("wait", seconds):
                self.clock.go(seconds=seconds)
            case ("attempt", fault):
                self.attempt(fault)
            case ("die", when):
                self.die(when)
            case "hear":
                self.hear()


ACTS = st.one_of(
    st.tuples(st.just("wait"), st.sampled_from(SECONDS)),
    st.tuples(st.just("attempt"), st.sampled_from((None, *FAULTS))),
    st.tuples(st.just("die"), st.sampled_from(DEATHS)),
    st.just("hear"),
)


@pytest.fixture
def shared(sqlite):
    with StandInSendGrid() as sendgrid:
        clock = HandClock()
        transport = SendGrid(sendgrid.key, host=sendgrid.url, sender=Sender("cs@ours.example"))
        host = host_on(
            sqlite, playbook(MAIL, start="start: {when: metrics.nps.value < 5}\n"), real=clock, email=transport
        )
        yield host, clock, sendgrid


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(ACTS, max_size=8), lag=st.booleans(), heard=st.booleans())
def test_whatever_is_cut_or_killed_a_customer_gets_a_mail_once_at_most_and_doubt_is_shown(shared, acts, lag, heard):
    world = World(*shared)
    world.sendgrid.logs_lag = lag

    for act in acts:
        world.do(act)
        assert len(world.mails) <= 1
    for _ in range(12):
        world.clock.go(seconds=3_600)
        world.attempt()
    if heard:
        world.hear()

    shown = [
        one["id"] for one in world.host.database.read(lambda c: attention(c, world.host)) if one["kind"] == "uncertain"
    ]
    assert len(world.mails) <= 1
    assert (world.row.state, world.id in shown) in {("sent", False), ("uncertain", True)}
    assert world.row.state == "uncertain" or world.mails
    assert not (heard and world.mails and world.row.state != "sent")
