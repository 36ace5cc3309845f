"""`playbook erase`: an account, or a person of an account, is forgotten."""

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from workers.cli.faults import CommandFault
from workers.cli.output import note, print_json, say, several
from workers.cli.program import with_example
from workers.cli.store import confirm, json_option, opened, yes_option

if TYPE_CHECKING:
    from activities.erasing import Erasure
    from activities.erasing_contact import ContactErasure
    from activities.host import Host


@click.command("erase", epilog=with_example("playbook erase acme", "playbook erase acme --contact c1 --yes"))
@click.argument("account")
@click.option("--contact", metavar="ID", help="Only this person of the account.")
@yes_option
@json_option
def command(*, account: str, contact: str | None, yes: bool, as_json: bool) -> None:
    """Takes away all that is kept of ACCOUNT, or of one of its contacts. There is no way back.

    The account's runs end, what was still to be sent is not, and nothing of it is left but that something was done. A
    fact that comes later makes a new account, so whoever sends facts must have erased it too. Of a person, the name,
    the address and what was written to them go; an address that may not be written to stays known as a digest.
    A SQLite file is then written anew, without what was deleted.
    """
    from activities.erasing import Erasure
    from activities.erasing_contact import NoSuchContact
    from activities.starts import NoSuchAccount

    with opened() as host:
        try:
            told = _account(host, account, yes=yes) if contact is None else _contact(host, account, contact, yes=yes)
        except NoSuchAccount:
            raise CommandFault(f"there is no account '{account}', or it is erased already") from None
        except NoSuchContact:
            raise CommandFault(f"{account} has no contact '{contact}', or it is erased already") from None
        clean = _clean(host)
    if as_json:
        print_json({**asdict(told), "overwritten": clean})
    else:
        say(f"erased: {_words(told) if isinstance(told, Erasure) else _person_words(told)}")
    if not clean:
        note("others hold the database: what SQLite keeps of deleted rows is gone after its next VACUUM")


def _account(host: "Host", account: str, *, yes: bool) -> "Erasure":
    from activities import erasing

    confirm(f"{account} is erased for good: {_words(erasing.preview(host, account))}", yes=yes)
    return erasing.erase(host, account)


def _contact(host: "Host", account: str, contact: str, *, yes: bool) -> "ContactErasure":
    from activities import erasing_contact

    found = erasing_contact.preview(host, account, contact)
    confirm(f"{contact} of {account} is erased for good: {_person_words(found)}", yes=yes)
    return erasing_contact.erase(host, account, contact)


def _words(told: "Erasure") -> str:
    ends = f"{several(told.runs, 'live run')} ended, {several(told.tasks, 'open task')} and "
    return ends + (
        f"{several(told.messages, 'unsent message')} withdrawn, {several(told.facts, 'fact')} and "
        f"{several(told.records, 'record')} (traces, tasks, messages kept here) taken away"
    )


def _person_words(told: "ContactErasure") -> str:
    return (
        f"{several(told.facts, 'fact')} and {several(told.mails, 'mail')} emptied, {told.withdrawn} of them not sent "
        f"yet; name and address taken out of {several(told.texts, 'other record')}"
    )


def _clean(host: "Host") -> bool:
    from activities.store.overwriting import overwrite

    return overwrite(host.database)
