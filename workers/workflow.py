"""The workflow of one run: a small loop that hardly ever changes. It decides nothing; it knows ids and instants only.

    directive = advance(run)                 # or the one that came with the start
    while not directive.done:
        start the effects that it names and that are not yet started
        wait until: an effect is done (its result is a directive) | a nudge | the timer of look_at
        if nudged without a newer directive, or time is up: directive = the newer of it and advance(run, reached)

Whatever is changed here goes behind `workflow.patched`: recorded histories of every release are replayed in the tests.
"""

import asyncio
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    from activities.directive import Begin, Directive, Look, Named

AT_ONCE = 10  # effects in flight
FLOOR = timedelta(seconds=1)  # to the next look after one that moved nothing
ADVANCE = timedelta(seconds=10)  # one attempt: so long is the death of a worker in the middle of it not noticed
EFFECT = timedelta(hours=1)  # all attempts, and the time in a queue before the first
PAUSE = timedelta(minutes=1)  # after an advance that Temporal gave up, which its endless retries do not let happen

ADVANCE_RETRIES = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=5))
EFFECT_RETRIES = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=30))


@workflow.defn(name="run")
class RunWorkflow:
    """Never ends failed: whatever an activity raises, the loop advances and goes on."""

    @workflow.init
    def __init__(self, begin: Begin) -> None:
        self._begin = begin
        self._directive = begin.directive
        self._stirs = 0  # grows with everything that may be a reason to go round once more
        self._nudges = 0
        # A start comes with a nudge of its own; the directive beside it says all that this one could lead to.
        self._heard = 0 if begin.directive is None else 1
        self._in_flight: set[str] = set()
        self._started: dict[str, tuple[int, int]] = {}
        self._failed = False
        self._gone = False
        self._timer: asyncio.Task[None] | None = None
        self._timer_at: datetime | None = None
        self._reached: datetime | None = None
        self._idle = False  # the last look moved nothing

    @workflow.signal
    def nudge(self, directive: Directive | None = None) -> None:
        """Who nudges may have advanced the run already; what came of that is all there is to know."""
        if directive is not None and self._directive is not None and directive.order > self._directive.order:
            self._directive, self._idle = directive, False
        else:
            self._nudges += 1
        self._stirs += 1

    @workflow.run
    async def run(self, begin: Begin) -> None:
        waited = False
        while not self._gone:
            if (directive := self._directive) is None or self._must_look():
                await self._advance()
                continue
            if directive.done and not self._in_flight:
                return
            workflow.set_current_details(directive.details)
            if waited and self._is_to_be_renewed(directive):
                if not self._in_flight:
                    workflow.continue_as_new(Begin(run=begin.run, renew_after=begin.renew_after))
            else:
                self._start_effects(directive)
            self._set_timer(directive.look_at)
            if self._must_look():
                continue
            stirs = self._stirs
            await workflow.wait_condition(lambda stirs=stirs: self._stirs != stirs)  # type: ignore[misc]
            waited = True

    def _must_look(self) -> bool:
        return self._nudges > self._heard or self._failed or self._reached is not None

    def _is_to_be_renewed(self, directive: Directive) -> bool:
        """Then nothing more is begun: what is in flight comes to its end, and the next execution begins the rest."""
        return directive.renew or workflow.info().get_current_history_length() >= self._begin.renew_after

    # --- advance

    async def _advance(self) -> None:
        self._heard, self._failed = self._nudges, False
        reached, self._reached = self._reached, None
        before = self._directive
        try:
            told = await workflow.execute_activity(
                "advance",
                Look(run=self._begin.run, reached=reached),
                result_type=Directive,
                start_to_close_timeout=ADVANCE,
                retry_policy=ADVANCE_RETRIES,
            )
        except ActivityError as error:
            await self._not_advanced(error)
        else:
            self._take(told)
            self._idle = reached is not None and before is not None and told.order <= before.order

    async def _not_advanced(self, error: ActivityError) -> None:
        if isinstance(error.cause, ApplicationError) and error.cause.type == "NoSuchRun":
            self._gone = True
            return
        await asyncio.sleep(PAUSE.total_seconds())
        self._failed = True

    def _take(self, told: Directive) -> None:
        """The highest wins: answers may come in any order."""
        if self._directive is None or told.order > self._directive.order:
            self._directive = told

    # --- effects

    def _start_effects(self, directive: Directive) -> None:
        named = {one.id for one in directive.effects}
        self._started = {id_: order for id_, order in self._started.items() if id_ in named or id_ in self._in_flight}
        for one in directive.effects:
            if len(self._in_flight) == AT_ONCE:
                return
            started = self._started.get(one.id)
            if one.id in self._in_flight or (started is not None and started >= directive.order):
                continue
            self._in_flight.add(one.id)
            self._started[one.id] = directive.order
            asyncio.create_task(self._perform(one))  # noqa: RUF006  # the workflow's event loop keeps it

    async def _perform(self, one: Named) -> None:
        try:
            told = await workflow.execute_activity(
                "effect",
                one.id,
                task_queue=one.queue,
                result_type=Directive,
                start_to_close_timeout=timedelta(seconds=one.seconds),
                schedule_to_close_timeout=EFFECT,
                retry_policy=EFFECT_RETRIES,
            )
        except ActivityError:
            self._failed = True
        else:
            self._take(told)
        self._in_flight.discard(one.id)
        self._stirs += 1

    # --- time

    def _set_timer(self, look_at: datetime | None) -> None:
        """Kept over passes, replaced only when the look changes."""
        if look_at == self._timer_at:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._timer_at = None, look_at
        if look_at is None:
            return
        rest = look_at - workflow.now()
        if self._idle:
            rest = max(rest, FLOOR)
        if rest > timedelta(0):
            self._timer = asyncio.create_task(self._wait_for(look_at, rest))
        else:
            self._time_is_up(look_at)

    async def _wait_for(self, look_at: datetime, rest: timedelta) -> None:
        await asyncio.sleep(rest.total_seconds())
        self._time_is_up(look_at)

    def _time_is_up(self, look_at: datetime) -> None:
        self._reached, self._timer, self._timer_at = look_at, None, None
        self._stirs += 1
