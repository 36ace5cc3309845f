"""The command line. Every command is a module of this folder, or of another, that holds it as `command`."""

import os
import sys
from collections.abc import Mapping, Sequence
from typing import NoReturn

import click

from workers.cli.faults import CRASHED, FINE, INTERRUPTED, WRONG, CommandFault, crash_report
from workers.cli.leaving import leave
from workers.cli.program import Listed, Program, first_words

# Whoever looks for plug-ins of pydantic's reads what every package that is installed says of itself; we use none.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

COMMANDS: Mapping[str, Mapping[str, Listed]] = {
    "Write playbooks": {
        "check": Listed("workers.cli.check", "all problems in files, each with its fix"),
        "test": Listed("workers.cli.test", "run the tests beside the playbooks"),
        "simulate": Listed("workers.cli.simulate", "the timeline of one account; nothing is sent"),
        "explain": Listed("workers.cli.explain", "one decision of a story, each part with its value"),
        "show": Listed("workers.cli.show", "a playbook in words or as a diagram"),
        "mail": Listed("workers.cli.mail", "a mail as its reader gets it; nothing is sent"),
        "vocabulary": Listed("workers.cli.vocabulary", "what may be written: step kinds, functions, fields, metrics"),
    },
    "Run them": {
        "up": Listed("workers.cli.up", "everything on this machine, and where to look"),
        "demo": Listed("workers.cli.demo", "90 days of a portfolio in 90 seconds, then a report"),
        "preview": Listed("workers.cli.preview", "what `apply` would change"),
        "apply": Listed("workers.cli.apply", "make the workspace's playbooks the ones that start"),
        "import": Listed("workers.cli.import_", "facts from CSV files by a mapping, or from NDJSON"),
        "start": Listed("workers.cli.start", "start a playbook by hand, for one account or many"),
        "doctor": Listed("workers.cli.doctor", "what is set up and what is not, each with the remedy"),
        "bench": Listed("workers.cli.bench", "how fast it is on this machine, beside what it is compared with"),
        "recover": Listed("workers.cli.recover", "a workflow for every live run that lacks one"),
    },
    "Look": {
        "runs": Listed("workers.cli.runs", "runs, live or ended"),
        "run": Listed("workers.cli.run", "one run: where it stands and what it waits for"),
        "account": Listed("workers.cli.account", "one account: fields, metrics, runs, tasks, what came last"),
        "trace": Listed("workers.cli.trace", "what a run did, and why"),
        "why": Listed("workers.cli.why", "why an account is in a playbook, or is not"),
        "tasks": Listed("workers.cli.tasks", "what people have to do"),
        "outbox": Listed("workers.cli.outbox", "mail and messages: sent, waiting, refused"),
        "results": Listed("workers.cli.results", "what became of mails, and whether goals were reached"),
        "held": Listed("workers.cli.held", "starts that wait for a person"),
        "attention": Listed("workers.cli.attention", "what waits for a person's decision"),
    },
    "Act": {
        "task": Listed("workers.cli.task", "complete, snooze, reassign, claim, acknowledge or note a task"),
        "release": Listed("workers.cli.release", "let held starts go on, or drop them"),
        "pause": Listed("workers.cli.pause", "hold runs where they are, or a playbook's starts"),
        "resume": Listed("workers.cli.resume", "let paused runs go on, or a playbook's starts"),
        "skip": Listed("workers.cli.skip", "pass over the step that a run rests at"),
        "discard": Listed("workers.cli.discard", "let a failed run go on without the input at which it fails"),
        "stop": Listed("workers.cli.stop", "end runs"),
        "suppressions": Listed("workers.cli.suppressions", "addresses that get no mail, and how one does again"),
        "erase": Listed("workers.cli.erase", "forget an account, or a person of one"),
    },
}


def program() -> Program:
    return Program(
        COMMANDS,
        name="playbook",
        help="Runs customer-success playbooks: text files in; tasks, mail and messages out, each once.",
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
        params=[click.Option(["--version"], is_flag=True, is_eager=True, expose_value=False, callback=_version)],
        no_args_is_help=False,
        invoke_without_command=True,
        callback=_help_without_command,
    )


def run(arguments: Sequence[str]) -> int:
    """Runs one command to its end and gives its exit code; whatever goes wrong has been said by then."""
    colour = False if os.environ.get("NO_COLOR") else None
    try:
        with program().make_context("playbook", list(arguments), color=colour) as ctx:
            ctx.command.invoke(ctx)
    except click.exceptions.Exit as left:
        return left.exit_code
    except (KeyboardInterrupt, click.Abort):
        return _said("interrupted", INTERRUPTED)
    except BrokenPipeError:
        _close_pipe()
        return FINE
    except click.ClickException as wrong:
        return _said(_usage(wrong), WRONG)
    except Exception as error:  # noqa: BLE001 - the last place that can say it without a traceback
        return _told(error, arguments)
    return FINE


def main() -> NoReturn:
    """The console script."""
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]  # the console's own stream
    leave(run(sys.argv[1:]))


def _told(error: Exception, arguments: Sequence[str]) -> int:
    from engine.problems import InvalidWorkspace, PlaybookError
    from workers.settings_problems import InvalidSettings

    match error:
        case CommandFault():
            return _said(str(error), error.code)
        case InvalidSettings():
            return _said("\n".join(error.problems), WRONG)
        case InvalidWorkspace():
            click.echo(str(error), err=True)
            return WRONG
        case PlaybookError():
            return _said(str(error), WRONG)
    click.echo(crash_report(error, first_words(arguments)), err=True)
    return CRASHED


def _said(text: str, code: int) -> int:
    click.echo(f"playbook: {text}", err=True)
    return code


def _usage(wrong: click.ClickException) -> str:
    text = wrong.format_message()
    if isinstance(wrong, click.UsageError) and wrong.ctx is not None and wrong.ctx.command_path != "playbook":
        return f"{text}\n{wrong.ctx.command.get_usage(wrong.ctx)}"
    return text


def _close_pipe() -> None:
    """Whoever read our output has seen enough; what is still buffered must not be written at exit."""
    sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115 - stays open to the end


@click.pass_context
def _help_without_command(ctx: click.Context) -> None:
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def _version(ctx: click.Context, _: click.Parameter, asked: bool) -> None:  # noqa: FBT001 - click's signature
    if asked:
        from importlib.metadata import version

        click.echo(f"customer-playbooks {version('customer-playbooks')}")
        ctx.exit()
