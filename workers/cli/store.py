"""The database from a command: opened, with its troubles as sentences; and how it is asked and written to."""

import getpass
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

import click

from workers.cli.faults import CommandFault, Unreachable

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from activities.host import Host

T = TypeVar("T")

json_option = click.option("--json", "as_json", is_flag=True, help="As JSON.")
limit_option = click.option(
    "--limit", type=click.IntRange(1, 100_000), default=100, show_default=True, help="At most so many."
)
account_option = click.option("--account", metavar="ID", help="Only of this account.")
playbook_option = click.option("--playbook", metavar="ID", help="Only of this playbook.")
by_option = click.option("--by", metavar="WHO", help="Who says so. Default: your name on this machine.")
yes_option = click.option("--yes", "-y", is_flag=True, help="Act without asking.")


@contextmanager
def opened() -> Iterator["Host"]:
    """The host that the settings name; its schema is brought up to date."""
    from sqlalchemy.exc import DBAPIError

    from activities.applied import NothingApplied
    from workers.looking import NotFound
    from workers.settings import load_settings
    from workers.wiring import host_from

    settings = load_settings()
    host = None
    try:
        host = host_from(settings)
        yield host
    except DBAPIError as error:
        said = str(error.orig).strip().partition("\n")[0]
        fix = "Look after it, or set PLAYBOOK_DATABASE_URL to another"
        raise Unreachable(f"the database {settings.database_shown} cannot be used: {said}. {fix}.") from None
    except OSError as error:
        raise Unreachable(f"the folder {settings.home} cannot be used: {error.strerror}") from None
    except NothingApplied:
        raise CommandFault("no playbooks have been applied to this database yet; `playbook apply` does it") from None
    except NotFound as unknown:
        raise CommandFault(str(unknown)) from None
    finally:
        if host is not None:
            host.database.close()


def asked(question: Callable[["Connection"], T]) -> T:
    """One look at the database."""
    with opened() as host:
        return host.database.read(question)


def who(by: str | None) -> str | None:
    """Who acts: as said, else as the machine knows them."""
    if by:
        return by
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return None


def confirm(what: str, *, yes: bool) -> None:
    """Counts come before acts. Raises CommandFault when nobody can be asked."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise CommandFault(f"{what}. Say --yes to do it")
    if not click.confirm(f"{what}. Go on?"):
        raise click.Abort
