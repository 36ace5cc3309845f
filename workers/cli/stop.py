"""`playbook stop`: ends runs."""

import click

from workers.cli.operating import meant, operate, run_options
from workers.cli.program import with_example


@click.command(
    "stop", epilog=with_example("playbook stop renewal-risk-3fa9", "playbook stop --playbook ask --outcome ended_early")
)
@run_options
@click.option(
    "--outcome", default="stopped", show_default=True, metavar="WORD", help="How the runs are said to have ended."
)
def command(
    *,
    names: tuple[str, ...],
    playbook: str | None,
    account: str | None,
    by: str | None,
    yes: bool,
    as_json: bool,
    outcome: str,
) -> None:
    """Ends each RUN at once, in the middle of whatever it does; its open tasks are taken back."""
    from workers.acting import stopped

    operate(
        lambda host: (stopped(meant(host, names, playbook, account), outcome), []),
        "stop",
        by=by,
        yes=yes,
        as_json=as_json,
    )
