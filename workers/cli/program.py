"""The program `playbook`: commands are found in a table and imported when they are used, so that each starts fast."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module

import click

from engine.problems import suggest


@dataclass(frozen=True, slots=True)
class Listed:
    """A command by the module that holds it as `command`, with its line in the list of commands."""

    module: str
    summary: str


class Program(click.Group):
    """`sections` is what `playbook --help` shows, in its order."""

    def __init__(self, sections: Mapping[str, Mapping[str, Listed]], **options: object) -> None:
        super().__init__(**options)  # type: ignore[arg-type]  # click's own options, passed through
        self.listed = sections
        self.table = {name: one for section in sections.values() for name, one in section.items()}

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        found = self.table.get(cmd_name)
        if found is None:
            return None
        command: click.Command = import_module(found.module).command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in self.table and not args[0].startswith("-"):
            near = suggest(args[0], self.table) or "`playbook --help` lists them."
            raise click.UsageError(f"'{args[0]}' is not a command. {near}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """From the table alone: nothing is imported for a list."""
        del ctx
        for section, commands in self.listed.items():
            with formatter.section(section):
                formatter.write_dl([(name, one.summary) for name, one in commands.items()])


def with_example(*examples: str) -> str:
    """The end of a command's help: what one would type, line by line."""
    return "\b\nFor example:\n" + "\n".join(f"  {one}" for one in examples)


def first_words(arguments: Sequence[str]) -> str:
    """The command without what was given to it, which may be anybody's."""
    return next((one for one in arguments if not one.startswith("-")), "")
