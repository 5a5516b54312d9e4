"""A group of commands that says what a mistyped command may have meant."""

from __future__ import annotations

import click
from typing_extensions import override

from ..nearest import did_you_mean


class Group(click.Group):
    """A group whose complaint about an unknown command names the nearest one."""

    @override
    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if not name.startswith("-") and self.get_command(ctx, name) is None:
            ctx.fail(f"No such command {name!r}.{did_you_mean(name, self.list_commands(ctx))}")
        return super().resolve_command(ctx, args)
