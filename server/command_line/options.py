"""The options that several commands share, defined once so that they mean the same everywhere."""

from __future__ import annotations

from typing import Final

import click
from typing_extensions import override

from ..nearest import did_you_mean
from .settings import setting


class Choice(click.Choice[str]):
    """One of several values. A mistyped one is told which it may have meant."""

    @override
    def get_invalid_choice_message(self, value: object, ctx: click.Context | None) -> str:
        return super().get_invalid_choice_message(value, ctx) + did_you_mean(str(value), map(str, self.choices))


def moment_said(option: str, text: str | None) -> str | None:
    """Bring a moment that somebody has written into the form of the audit's column `at`.

    Raises:
        click.UsageError: it is none.
    """
    from ..documents.moments import comparable

    if text is None:
        return None
    read = comparable(text)
    if read is None:
        raise click.UsageError(f"{option} {text!r}: write 2026-11-22 or 2026-11-22T09:00:00, in UTC.")
    return read


database_option: Final = click.option(
    "--database",
    metavar="FILE|URL",
    envvar="POINTSMAN_DATABASE",
    callback=setting("database"),
    help="The database: a file, or sqlite:///FILE. If not said: one in your data directory.",
)
json_option: Final = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
limit_option: Final = click.option(
    "--limit", type=click.IntRange(1, 10_000), default=100, show_default=True, help="At most so many."
)
set_option: Final = click.option(
    "--set",
    "assignments",
    metavar="FIELD=VALUE",
    multiple=True,
    help="A field's value. JSON, except where the field is a text. May be given several times.",
)
server_option: Final = click.option(
    "--server",
    metavar="URL",
    envvar="POINTSMAN_SERVER",
    help="Ask a server that runs, with a token, instead of a database.",
)
token_option: Final = click.option(
    "--token",
    metavar="TOKEN",
    envvar="POINTSMAN_TOKEN",
    help="Act as the person this token was made for. Better in POINTSMAN_TOKEN: other users see command lines.",
)
