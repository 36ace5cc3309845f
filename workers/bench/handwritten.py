"""What a Temporal developer writes by hand for one such playbook: it calls the same provider's client."""

from datetime import timedelta

from temporalio import activity, workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from activities.transport import Message, Sent, Transport

BY_HAND, SLACK_BY_HAND = "by-hand", "by-hand-slack"  # task queues
RETRIES = RetryPolicy(maximum_interval=timedelta(seconds=30))
WAITING: set[str] = set()  # ids of those that have come to their wait, for whoever measures in the same process


@workflow.defn(name="hand-written")
class HandWritten:
    """Three messages, a wait of at most thirty days, one more.

    Messages go by the provider's own queue, as ours do, so that a provider has a rate and slots of its own.
    """

    def __init__(self) -> None:
        self._better = False

    @workflow.signal
    def better(self) -> None:
        self._better = True

    @workflow.run
    async def run(self, account: str) -> str:
        for step in ("first", "second", "third"):
            await self._post(account, step)
        WAITING.add(account)
        try:
            await workflow.wait_condition(lambda: self._better, timeout=timedelta(days=30))
        except TimeoutError:
            return "unresolved"
        await self._post(account, "fourth")
        return "completed"

    @staticmethod
    async def _post(account: str, step: str) -> None:
        await workflow.execute_activity(
            "post",
            args=[account, step],
            task_queue=SLACK_BY_HAND,
            start_to_close_timeout=timedelta(seconds=45),
            retry_policy=RETRIES,
        )


class ByHand:
    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    @activity.defn(name="post")
    def post(self, account: str, step: str) -> None:
        """As ours, it remembers the receipt in a heartbeat, so that a retry after a lost answer need not post again."""
        if activity.info().heartbeat_details:
            return
        message = Message(f"{account}/{step}", "slack", "#bench", step)
        match self._transport.send(message, timedelta(seconds=20)):
            case Sent(receipt):
                activity.heartbeat(receipt)
            case answer:
                raise RuntimeError(type(answer).__name__)
