"""The ledger: every outside effect is claimed before its provider is called and settled after, in two transactions.

wanted → claimed → sent | failed | skipped
claimed → wanted       certainly not delivered, tried again soon
claimed → deferred     the provider is down, wanted again when it is back; or it alone is not taken for now
wanted  → deferred     no room now, or not an hour to write (activities/care.py); wanted again at its instant;
                       or more is on its way than the provider takes soon (activities/pacing.py)
claimed → uncertain    the answer was lost, or whoever claimed it died; the provider is asked, no mail sent again
claimed, deferred → wanted, in the channel `notice`: a colleague gets by mail what Slack does not bring them
uncertain → wanted     by a person's word only; so is what was refused and no run waits for: failed → wanted
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from sqlalchemy import Connection

from activities import care, pacing, pings, putting_off, threads
from activities.desks import Bench, bench
from activities.host import Channel, Host
from activities.mail import notices
from activities.message import MAIL, NOTICE, mail_of
from activities.outcomes import Settled, end
from activities.putting_off import APART, LOOKS, MAILS
from activities.slack import cards, removing
from activities.store import accounts, breakers, effects, inputs, outbox, runs, wakes
from activities.store.accounts import AccountRow
from activities.store.effects import EffectRow
from activities.store.emptied import ERASED, is_empty
from activities.store.together import Collided
from activities.store.troubles import NOT_TAKEN
from activities.transport import Message
from engine.mailing import Later, Now, verdict
from engine.run import Answered, Flipped, Input, Operated

SOON: Final = timedelta(seconds=1)  # real: until a card that is being posted is looked for again
ATTEMPTS: Final = 5  # of a message that may be posted twice


class NoSuchEffect(Exception):
    """No effect has this id."""


class Leased(Exception):
    """Another attempt holds the claim; it may still be calling. `rest` is how long its lease lasts."""

    def __init__(self, rest: timedelta) -> None:
        super().__init__()
        self.rest = rest


@dataclass(frozen=True, slots=True)
class Granted:
    """Send it, once."""

    run: str
    message: Message
    channel: Channel


@dataclass(frozen=True, slots=True)
class Doubted:
    """Ask the provider whether it went out; `since` is the real instant of the claim."""

    run: str
    message: Message
    channel: Channel
    since: datetime


@dataclass(frozen=True, slots=True)
class Paced:
    """Its turn at the provider's rate comes after `rest`: to be claimed again then."""

    run: str
    rest: timedelta


@dataclass(frozen=True, slots=True)
class Left:
    """Nothing is to be done with it, for now or for good."""

    run: str


Claim: TypeAlias = Granted | Doubted | Paced | Left


def claim(host: Host, effect: str) -> Claim:
    """What is to be done with the effect now. Raises NoSuchEffect and Leased."""
    return host.database.write(lambda connection: _claimed(bench(host, connection), effect))


def settle(host: Host, effect: str, state: Settled, told: str, code: str = "") -> None:
    """Writes the outcome, at whatever time it comes, and latches it for the run. `told` is the receipt of what was
    sent, or why it failed, `code` the provider's word for that. What is settled already stays as it is.
    """
    host.database.write(lambda connection: settling(effect, state, told, code)(bench(host, connection)))


def settling(effect: str, state: Settled, told: str, code: str = "") -> Callable[[Bench], None]:
    """As `settle`, for a transaction that does more."""
    return lambda at: _settled(at, effect, state, told, code)


def settle_proven(host: Host, row: EffectRow, receipt: str) -> None:
    """Somebody has it, so it went, whatever its answer was."""
    if row.state != "sent":
        settle(host, row.id, "sent", row.receipt or receipt)
        host.database.write(lambda connection: wakes.write(connection, [row.run], host.clock.real()))
        host.stir()


def give_back(host: Host, effect: str, reason: str, after: timedelta) -> bool:
    """It was certainly not delivered: wanted again, or deferred when the provider has been in trouble for too long.
    Whether the same activity should try again after that time.
    """
    return host.database.write(lambda connection: _given_back(bench(host, connection), effect, reason, after))


def put_off(host: Host, effect: str, reason: str) -> None:
    """The provider takes nothing from us for the time being: this effect and others of its channel keep their place."""
    host.database.write(lambda connection: _put_off(bench(host, connection), effect, reason))


def put_aside(host: Host, effect: str, reason: str, after: timedelta) -> None:
    """Its receiver takes nothing for the time being: this one waits, and holds nobody up."""
    host.database.write(lambda connection: _put_aside(bench(host, connection), effect, reason, after))


def doubt(host: Host, effect: str, reason: str) -> None:
    """The answer was lost: the provider will be asked."""
    host.database.write(lambda connection: _doubted(bench(host, connection), effect, reason))


def look_later(host: Host, effect: str, reason: str, after: timedelta) -> None:
    """The provider could not be asked, not before that time at least."""
    host.database.write(lambda connection: _unasked(bench(host, connection), effect, reason, after))


def not_found(host: Host, effect: str) -> Granted | None:
    """The provider knows nothing of it, which proves nothing: a message that may be posted twice is granted again,
    a mail is asked for once more, and at last is a person's to decide.
    """
    return host.database.write(lambda connection: _not_found(bench(host, connection), effect))


def send_again(host: Host, effect: str) -> None:
    """A person's word: the only way back to wanted. What may not be sent again (`is_resendable`) stays as it is."""
    host.database.write(lambda connection: _sent_again(bench(host, connection), effect))
    host.stir()


def run_of(host: Host, effect: str) -> str:
    """Raises NoSuchEffect."""
    found = host.database.read(lambda connection: effects.whose(connection, effect))
    if found is None:
        raise NoSuchEffect(effect)
    return found[1]


def message_for(at: Bench, account: AccountRow, row: EffectRow) -> Message:
    """What goes out, or would go now. Raises Leased when it belongs to a message that is on its way."""
    if row.effect.purpose == MAIL and not is_empty(row.effect):
        return mail_of(row.effect, account.known.name, at.current.setting.policy, at.host.senders, at.host.links)
    try:
        if row.channel == NOTICE:
            return notices.message(at, row)
        message = cards.message(at, row)
        thread = threads.begun(at, row)
        return replace(message, thread=thread, alone=True) if thread else message
    except cards.BeingPosted:
        raise Leased(SOON) from None


# --- claim -----------------------------------------------------------------------------------------------


def _claimed(at: Bench, effect: str) -> Claim:
    account, row = locked(at.connection, effect)
    if row.state == "claimed":
        expired(at, account, row)
        row = locked(at.connection, effect)[1]
    if row.state == "uncertain" and row.asking:
        return Doubted(row.run, message_for(at, account, row), at.host.channels[row.channel], row.claimed_at or at.real)
    if row.state != "wanted" or runs.at_rest(at.connection, row.run):
        return Left(row.run)
    if any(_goes_first(one, row) for _, one in inputs.waiting(at.connection, row.run)):
        return Left(row.run)  # it may end or hold the run: the advance that follows feeds it
    return _in_turn(at, account, row) if _may_go(at, account, row) else Left(row.run)


def _goes_first(one: Input, row: EffectRow) -> bool:
    """A goal, a stop, an operator's word, or what may end the mail's own step, that the run has not been told yet."""
    match one:
        case Operated() | Answered():
            return True
        case Flipped():
            return one.path in {"goal", "stop", row.effect.path}
    return False


def _may_go(at: Bench, account: AccountRow, row: EffectRow) -> bool:
    """What is looked at in the moment of sending."""
    if is_empty(row.effect):
        end(at, account, row, "skipped", reason=ERASED)
        return False
    if row.channel == "email" and not _is_welcome(at, account, row):
        return False
    if (reason := pings.unneeded(at, account, row)) is not None:
        end(at, account, row, "skipped", reason=reason)
        return False
    if pings.is_put_off(at, account, row):
        return False
    if down := putting_off.down_until(at, row):
        if not (notices.is_time(at, row.channel) and notices.instead(at, account, row, notices.DOWN)):
            putting_off.until_it_is_back(at, account, row, down, "provider down")
        return False
    return True


def _is_welcome(at: Bench, account: AccountRow, row: EffectRow) -> bool:
    """Whether its recipient may be written to now."""
    unwanted, now = care.unwanted(at, account, row), care.moment(at, account, row)
    found = verdict(row.effect, unwanted, lambda: care.slot(at, account, row), now)
    match found:
        case Later():
            putting_off.until_then(at, account, row, found)
        case Now(state="sent"):
            return True
        case Now(state="failed"):
            end(at, account, row, "failed", reason=found.reason)
        case _:
            end(at, account, row, "skipped", reason=found.reason)
    return False


def _in_turn(at: Bench, account: AccountRow, row: EffectRow) -> Granted | Paced | Left:
    turn = pacing.turn(at, row)
    if turn is None:
        putting_off.until_its_turn(at, account, row)
        return Left(row.run)
    return _granted(at, account, row) if turn <= at.real else Paced(row.run, turn - at.real)


def _granted(at: Bench, account: AccountRow, row: EffectRow) -> Granted:
    channel, message = at.host.channels[row.channel], message_for(at, account, row)
    effects.change(
        at.connection,
        row.id,
        state="claimed",
        attempt=row.attempt + 1,
        asking=False,
        until=None,
        tried_at=row.tried_at or at.real,
        claimed_at=at.real,
        go_at=None,
        lease_until=at.real + channel.lease,
    )
    return Granted(row.run, message, channel)


def expired(at: Bench, account: AccountRow, row: EffectRow) -> None:
    """A claim that nobody settled: whether it went out is not known. Raises Leased while its lease lasts."""
    if row.lease_until is not None and row.lease_until > at.real:
        raise Leased(row.lease_until - at.real)
    _be_in_doubt(at, account, row, "whoever claimed it did not come back", at_once=row.channel not in MAILS)


# --- after the call --------------------------------------------------------------------------------------


def _settled(at: Bench, effect: str, state: Settled, told: str, code: str) -> None:
    account, row = locked(at.connection, effect)
    if is_empty(row.effect):
        outbox.forget(at.connection, row.id)  # it was erased while it was on its way
        removing.want(at, [told])
    breakers.close(at.connection, row.channel)  # it answers
    if state == "sent":
        cards.posted(at, row, told)
    settled = row.state in {"sent", "failed"} and not (row.state == "failed" and state == "sent")
    if settled or (state == "failed" and notices.is_lost(at, account, row, code)):
        return  # whom Slack does not know gets a mail
    end(at, account, row, state, **({"receipt": told, "reason": None} if state == "sent" else {"reason": told}))
    if state == "sent" and row.channel == NOTICE:
        effects.change(at.connection, row.id, reason=row.reason)  # why it went by mail


def _given_back(at: Bench, effect: str, reason: str, after: timedelta) -> bool:
    account, row = locked(at.connection, effect)
    if row.state != "claimed":
        return False
    fault = putting_off.whose_fault(at, row, reason, after)
    if fault == "nobody":
        effects.change(at.connection, effect, state="wanted", reason=reason, lease_until=None)
        pacing.hold(at, row, after)
    elif fault == "its own":
        _wait_alone(at, account, row, f"{NOT_TAKEN}{reason}", after)
    else:
        _put_off(at, effect, reason, after)
    return fault == "nobody"


def _put_off(at: Bench, effect: str, reason: str, at_least: timedelta = timedelta(0)) -> None:
    account, row = locked(at.connection, effect)
    if row.channel in APART:
        _put_aside(at, effect, reason, at_least)
    else:
        putting_off.until_it_is_tried_again(at, account, row, reason, at_least)


def _put_aside(at: Bench, effect: str, reason: str, at_least: timedelta) -> None:
    account, row = locked(at.connection, effect)
    breakers.close(at.connection, row.channel)  # it answers
    if row.state == "claimed":
        _wait_alone(at, account, row, f"receiver down: {reason}", at_least)


def _wait_alone(at: Bench, account: AccountRow, row: EffectRow, reason: str, at_least: timedelta) -> None:
    if not putting_off.alone(at, account, row, reason, at_least):
        end(at, account, row, "failed", reason=reason)


def _doubted(at: Bench, effect: str, reason: str) -> None:
    account, row = locked(at.connection, effect)
    if row.state == "claimed":
        _be_in_doubt(at, account, row, reason)


def _be_in_doubt(at: Bench, account: AccountRow, row: EffectRow, reason: str, *, at_once: bool = False) -> None:
    until = None if at_once else at.now(account) + LOOKS[row.channel][0]
    doubt = {"asking": at_once, "until": until, "looks": 0, "reason": reason, "lease_until": None}
    effects.change(at.connection, row.id, state="uncertain", **doubt)
    runs.touch(at.connection, [row.run])


def _unasked(at: Bench, effect: str, reason: str, after: timedelta) -> None:
    row = locked(at.connection, effect)[1]
    if row.state == "uncertain":
        putting_off.until_it_can_be_asked(at, row, reason, after)


def _not_found(at: Bench, effect: str) -> Granted | None:
    account, row = locked(at.connection, effect)
    if row.state != "uncertain":
        return None
    if row.channel not in MAILS and row.attempt < ATTEMPTS:
        effects.change(at.connection, effect, looks=row.looks + 1)  # from now on it may have arrived
        return _granted(at, account, row)
    later = LOOKS[row.channel][row.looks + 1 : row.looks + 2]
    until = at.now(account) + later[0] if later else None
    effects.change(at.connection, effect, asking=False, until=until, looks=row.looks + 1)
    runs.touch(at.connection, [row.run])
    return None


def _sent_again(at: Bench, effect: str) -> None:
    account, row = locked(at.connection, effect)
    if not row.is_resendable:
        return
    fresh: dict[str, object] = dict.fromkeys(("settled_at", "until", "tried_at", "reason"))
    fresh |= {"asking": False, "looks": 0, "checked_at": at.real, "ready_since": at.now(account)}
    effects.change(at.connection, effect, state="wanted", channel=row.effect.channel, **fresh)
    runs.touch(at.connection, [row.run])
    wakes.write(at.connection, [row.run], at.real)


def locked(connection: Connection, effect: str) -> tuple[AccountRow, EffectRow]:
    """The account is locked before the effect is read. Raises Collided when it was erased meanwhile."""
    found = effects.whose(connection, effect)
    if found is None:
        raise NoSuchEffect(effect)
    held = accounts.lock(connection, [found[0]]).get(found[0])
    if held is None:
        raise Collided
    row = effects.find(connection, effect)
    if row is None:
        raise NoSuchEffect(effect)
    return held, row
