"""The group of commands that imports a command's module only when that command is run.

Its help is written from the table, so that it costs no import but click's. Here, too, every error
of ours becomes a line and an exit code.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any, TypeAlias

import click
from typing_extensions import override

from .groups import Group

CommandTable: TypeAlias = Mapping[str, tuple[str, str]]
"""For every command its module, named as in this package, and its help in one line."""


class LazyGroup(Group):
    """A group that knows its commands by name and help, and loads them one by one.

    Args:
        commands_table: The commands, in the order in which the help lists them.
    """

    def __init__(self, *args: Any, commands_table: CommandTable, **kwargs: Any) -> None:  # noqa: ANN401 -- click's own
        super().__init__(*args, **kwargs)
        self._table = commands_table

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self._table)

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self._table:
            return None
        module = importlib.import_module(f".{self._table[cmd_name][0]}", __package__)
        command: click.Command = module.command
        return command

    @override
    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in self._table.items()])

    @override
    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            from .failures import failure_of

            failure = failure_of(error)
            if failure is None:
                raise
            raise failure from error
