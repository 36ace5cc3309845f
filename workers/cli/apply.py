"""`playbook apply`: makes the workspace's playbooks the ones that start."""

import click

from workers.checking import check
from workers.cli.changes import change_lines, changes_json
from workers.cli.output import print_json, say, several
from workers.cli.places import workspace_folder
from workers.cli.program import with_example
from workers.cli.store import by_option, json_option, opened, who


@click.command("apply", epilog=with_example("playbook apply", "playbook apply --in-flight stop"))
@click.option(
    "--in-flight",
    "in_flight",
    type=click.Choice(["keep", "stop"]),
    default="keep",
    show_default=True,
    help="What becomes of runs of changed and removed playbooks: they end on their version, or at once.",
)
@by_option
@json_option
def command(*, in_flight: str, by: str | None, as_json: bool) -> None:
    """Stores a version of every playbook that is new or changed, all or nothing, and says what has changed.

    From then on these versions start. Runs keep the version that they began with.
    """
    from workers.acting import carry_out, stopped
    from workers.applying import apply, live_runs, preview

    checked = check(workspace_folder())
    with opened() as host:
        found = preview(host, checked)
        touched = [one.playbook for one in found.playbooks if one.kind in {"changed", "removed"}]
        ended = stopped(live_runs(host, touched), "stopped") if in_flight == "stop" else []
        number = 0 if found.nothing else apply(host, checked, who(by) or "somebody").number
        carry_out(host, ended, who(by))
    if as_json:
        print_json({"applied": not found.nothing, **changes_json(found)})
    elif found.nothing:
        say("nothing differs from what is applied")
    else:
        say(*change_lines(found), f"applied (number {number})")
        say(*([f"told to stop: {several(len(ended), 'run')} in flight"] if ended else []))
