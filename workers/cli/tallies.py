"""What `start` and `release` share: counts before the act, then what became of it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from workers.cli.faults import CommandFault
from workers.cli.output import print_json, say, several
from workers.cli.store import confirm

if TYPE_CHECKING:
    from activities.starts import Tally


@contextmanager
def applied_playbook(playbook: str, instead: str = "") -> Iterator[None]:
    """Turns a playbook that is not applied, or does not take the values that it is given, into a sentence. `instead`:
    what can be done all the same.
    """
    from activities.starts import NoSuchPlaybook
    from engine.tailoring import Unfit

    try:
        yield
    except NoSuchPlaybook as unknown:
        raise CommandFault(f"no playbook '{playbook}' is applied. {unknown} {instead}".strip()) from None
    except Unfit as unfit:
        raise CommandFault(f"{playbook} cannot be started with these values: {unfit}") from None


def counted_first(
    foresee: "Callable[[], Tally]",
    act: "Callable[[Sequence[str]], Tally]",
    what: str,
    *,
    yes: bool,
    as_json: bool,
    beside: str = "",
) -> None:
    """Nothing is done before a person has seen how many it is and who is left out; `beside`: and what else to know."""
    from workers.holding import tally_lines, tally_view

    seen = foresee()
    if not as_json:
        say(f"{several(len(seen.started), 'account')} to {what}", *(f"  {line}" for line in tally_lines(seen)))
        say(*([beside] if beside and seen.started else []))
    if not seen.started:
        if as_json:
            print_json(tally_view(seen, done=True))
        return
    confirm(f"{what} for {several(len(seen.started), 'account')}", yes=yes)
    done = act(sorted(seen.started))
    if as_json:
        done.add(type(seen)(barred=seen.barred))
        print_json(tally_view(done, done=True))
        return
    say(f"started: {several(len(done.started), 'run')}", *(f"  {line}" for line in tally_lines(done)))
