"""`playbook start`: starts a playbook for an account by hand."""

import click

from workers.cli.faults import CommandFault
from workers.cli.output import print_json, say
from workers.cli.program import with_example
from workers.cli.store import by_option, json_option, opened, who
from workers.wording import why_barred


@click.command("start", epilog=with_example("playbook start executive-visit acme --by noor"))
@click.argument("playbook")
@click.argument("account")
@by_option
@json_option
def command(*, playbook: str, account: str, by: str | None, as_json: bool) -> None:
    """Starts PLAYBOOK for ACCOUNT. Its stage, tiers, `again` and the one live run apply, its condition does not."""
    from activities.starts import Barred, NoSuchAccount, NoSuchPlaybook, start

    with opened() as host:
        try:
            answer = start(host, playbook, account, who(by))
        except NoSuchAccount:
            raise CommandFault(f"there is no account '{account}'") from None
        except NoSuchPlaybook as unknown:
            raise CommandFault(f"no playbook '{playbook}' is applied. {unknown}".strip()) from None
    if isinstance(answer, Barred):
        raise CommandFault(f"{playbook} did not start for {account}: {why_barred(answer.reason)}")
    if as_json:
        print_json({"run": answer.run})
    else:
        say(f"started: {answer.run}")
