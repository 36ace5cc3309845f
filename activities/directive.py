"""What crosses to Temporal: what a run's workflow is begun with and told. Ids and instants, nothing else."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict


class Told(BaseModel):
    """A value that crosses to Temporal; keys of a newer release are left unread."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Named(Told):
    """An effect to be done: its opaque id, the queue of its provider, and the seconds that one attempt may take."""

    id: str
    queue: str
    seconds: float


class Directive(Told):
    """`look_at` is a real instant. `done`: nothing is left to do. `renew`: continue as new at the next quiet moment."""

    run: str
    epoch: int
    rev: int
    look_at: datetime | None = None
    done: bool = False
    effects: tuple[Named, ...] = ()
    details: str = ""
    renew: bool = False

    @property
    def order(self) -> tuple[int, int]:
        """The highest wins."""
        return (self.epoch, self.rev)


class Begin(Told):
    """What a run's workflow begins with. Without a directive, or after continue-as-new, its first act is to advance.

    `renew_after` is the number of history events after which it continues as new.
    """

    run: str
    directive: Directive | None = None
    renew_after: int = 80


class Look(Told):
    """What `advance` is asked: the run, and the real instant of the look whose timer fired, if it was one."""

    run: str
    reached: datetime | None = None
