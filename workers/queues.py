"""The names of the task queues; apart from Temporal's own code, so that a command that only names them starts fast."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Queues:
    """Each provider has its own, so that one that hangs never holds up a decision or another provider."""

    runs: str

    @property
    def email(self) -> str:
        return f"{self.runs}-email"

    @property
    def slack(self) -> str:
        return f"{self.runs}-slack"

    @property
    def webhook(self) -> str:
        return f"{self.runs}-webhook"

    @property
    def notice(self) -> str:
        return f"{self.runs}-notice"

    @property
    def providers(self) -> tuple[str, ...]:
        """The queues of effects."""
        return (self.email, self.slack, self.webhook, self.notice)
