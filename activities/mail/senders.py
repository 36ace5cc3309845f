"""Who a customer sees in the From line: the colleague who writes, wherever the provider lets us write as them."""

from dataclasses import dataclass

from activities.transport import Sender


@dataclass(frozen=True, slots=True)
class Senders:
    """`own` is the sender of the settings; `domains`, in lower case, are those that the provider has verified. Without
    an own sender nothing leaves the machine, and everybody may write as themselves.
    """

    own: Sender | None = None
    domains: frozenset[str] = frozenset()

    def of(self, colleague: Sender | None) -> tuple[Sender | None, str | None]:
        """The sender, and the address of whoever gets the answers if that is somebody else."""
        if colleague is None or self.own is None:
            return colleague or self.own, None
        if colleague.address.rpartition("@")[2].lower() in self.domains:
            return colleague, None
        return Sender(self.own.address, colleague.name or self.own.name), colleague.address
