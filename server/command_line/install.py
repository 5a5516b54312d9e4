"""`pointsman install`: an entry in an MCP client's configuration."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from .failures import FoundProblems
from .groups import Group
from .options import database_option


@click.group("install", cls=Group)
def command() -> None:
    """Connect an MCP client to Pointsman."""


@command.command("claude-desktop", short_help="Serve workflows in Claude Desktop.")
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--name", default="pointsman", show_default=True, help="What Claude Desktop calls the server.")
@click.option("--undo", is_flag=True, help="Take the entry out again.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--config", type=click.Path(dir_okay=False, path_type=Path), help="The configuration file, if elsewhere.")
@database_option
def claude_desktop(
    *, files: tuple[Path, ...], name: str, undo: bool, yes: bool, config: Path | None, database: str | None
) -> None:
    """Serve workflow FILES in Claude Desktop; without any, the gallery's invoice workflow.

    Shows what would change in its configuration and asks before it writes. The old file is kept beside the new one.
    """
    from ..install.claude_desktop import configuration_path
    from ..install.configuration import NameTaken, UnreadableConfiguration

    path = config or configuration_path()
    try:
        if undo:
            _undo(path, name, yes=yes)
        else:
            _install(path, files or (_of_the_gallery(),), name, database, yes=yes)
    except (UnreadableConfiguration, NameTaken) as error:
        raise FoundProblems(f"{path}: {error}") from error


def _install(path: Path, files: tuple[Path, ...], name: str, database: str | None, *, yes: bool) -> None:
    from pointsman.contracts.loading import load

    from ..install.claude_desktop import entry, launch_command
    from ..install.configuration import with_entry
    from ..install.files import read, replace

    for file in files:
        load(file.read_bytes(), str(file))
    before = read(path)
    after = with_entry(before, name, entry(launch_command(sys.argv[0], sys.executable), files, database))
    if after == before:
        click.echo(f"{path} already has this entry. Nothing to do.")
        return
    _ask(path, before, after, yes=yes)
    backup = replace(path, before, after)
    if backup is not None:
        click.echo(f"The old file is kept as {backup}.")
    click.echo(
        "Done. Quit Claude Desktop entirely and start it again; `pointsman review list` shows what waits for you."
    )


def _undo(path: Path, name: str, *, yes: bool) -> None:
    """Restore the newest backup where nothing else has changed since; otherwise take our entry out."""
    from ..install.configuration import differ_only_in, without_entry
    from ..install.files import newest_backup, read, replace

    before = read(path)
    after = without_entry(before, name)
    backup = newest_backup(path)
    if after != before and backup is not None and differ_only_in(before, read(backup), name):
        after = read(backup)
    else:
        backup = None
    if after == before:
        click.echo(f"{path} has no entry {name!r} of Pointsman. Nothing to do.")
        return
    _ask(path, before, after, yes=yes)
    replace(path, before, after, undoing=True)
    if backup is not None:
        backup.unlink()  # it is the file itself now, and the one before it is the next to be restored
    click.echo("Done. Quit Claude Desktop entirely and start it again.")


def _ask(path: Path, before: str, after: str, *, yes: bool) -> None:
    """Show a change, and have it confirmed."""
    from pointsman.contracts.visible import visible

    colours = {"+": "green", "-": "red", "@": "cyan"}
    for line in _difference(path, before, after):
        click.secho(visible(line), fg=colours.get(line[:1]))
    if not yes:
        click.confirm(f"Write this to {path}?", abort=True)


def _difference(path: Path, before: str, after: str) -> Iterator[str]:
    return difflib.unified_diff(before.splitlines(), after.splitlines(), str(path), str(path), n=2, lineterm="")


def _of_the_gallery() -> Path:
    from ..scripts.gallery import workflow_file

    click.echo("No workflow file was named, so this is the gallery's: invoices.")
    return workflow_file("invoices")
