"""The two activities that Temporal knows. One carries every effect, so that a new provider never touches the workflow.

What they raise holds a type and an opaque id: the messages and causes of errors may name customers, and histories
are for ever.
"""

import logging
from collections.abc import Callable
from datetime import timedelta

from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from activities import ledger, runs
from activities.directive import Directive, Look
from activities.effect import TryAgain, perform
from activities.host import Host

log = logging.getLogger(__name__)

ALERT_FROM = 5  # attempts


class Activities:
    """Bound to the host of this process. An attempt that Temporal gives up, because the database was busy for too long
    or the worker ends, goes to its end: cut off inside a transaction it would look like a fault of the run.
    """

    def __init__(self, host: Host) -> None:
        self._host = host

    @activity.defn(name="advance", no_thread_cancel_exception=True)
    def advance(self, look: Look) -> Directive:
        return _quietly(look.run, lambda: runs.advance(self._host, look.run, look.reached))

    @activity.defn(name="effect", no_thread_cancel_exception=True)
    def effect(self, effect: str) -> Directive:
        remembered = activity.info().heartbeat_details
        receipt = str(remembered[0]) if remembered else None
        return _quietly(effect, lambda: perform(self._host, effect, receipt, activity.heartbeat))


def _quietly(name: str, work: Callable[[], Directive]) -> Directive:
    try:
        return work()
    except TryAgain as busy:
        raise _expected("Busy", name, busy.after) from None
    except ledger.Leased as held:
        raise _expected("Leased", name, held.rest) from None
    except (ledger.NoSuchEffect, runs.NoSuchRun) as unknown:
        raise ApplicationError(name, type=type(unknown).__name__, non_retryable=True) from None
    except Exception as error:  # noqa: BLE001  # whatever it is, only its type may leave
        _alert(name, error)
        raise ApplicationError(name, type=type(error).__name__) from None


def _expected(kind: str, name: str, after: timedelta) -> ApplicationError:
    """Nothing is wrong with us, and nobody is to be alarmed: Temporal tells of it at its debug level only."""
    return ApplicationError(name, type=kind, next_retry_delay=after, category=ApplicationErrorCategory.BENIGN)


def _alert(name: str, error: Exception) -> None:
    attempt = activity.info().attempt
    level = logging.ERROR if attempt >= ALERT_FROM else logging.WARNING
    log.log(level, "attempt %d at %s failed: %s", attempt, name, type(error).__name__)
    log.debug("attempt %d at %s failed", attempt, name, exc_info=error)
