"""`pointsman install`: an entry in an MCP client's configuration. One command for each client, made from its value."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..install.clients import CLIENTS, Client
from ..install.configuration import TOKEN, Entry
from .failures import FoundProblems, WrongUsage
from .groups import Group
from .invocation import program
from .options import database_option

if TYPE_CHECKING:
    from pointsman.contracts.workflow import Workflow


@click.group("install", cls=Group)
def command() -> None:
    """Connect an MCP client to Pointsman."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an entry goes: a client's file, and the folder of the project it is shared with, if it is."""

    client: Client
    path: Path
    project: Path | None
    name: str
    yes: bool


def _made(word: str, client: Client) -> click.Command:
    """Make the command of one client; they differ in what the client knows."""

    def run(  # noqa: PLR0913 -- click's way: an option is an argument
        *,
        files: tuple[Path, ...],
        name: str,
        undo: bool,
        yes: bool,
        config: Path | None,
        database: str | None,
        own: bool = False,
        server: str | None = None,
    ) -> None:
        from ..install.configuration import NameTaken
        from ..install.text import UnreadableConfiguration

        path = config or client.path(own=own, folder=Path.cwd())
        place = _Place(client, path, None if own else client.project_of(path), name, yes)
        try:
            if undo:
                _undo(place)
            elif server is not None:
                _reach(place, server, files)
            else:
                _start(place, files or (_of_the_gallery(),), database)
        except (UnreadableConfiguration, NameTaken) as error:
            raise FoundProblems(f"{path}: {error}") from error

    made = click.Command(
        word,
        callback=run,
        params=_parameters(client),
        help=_help(client),
        short_help=f"Serve workflows in {client.title}.",
    )
    return database_option(made)


def _help(client: Client) -> str:
    where = f", {client.project.as_posix()} in this folder," if client.project is not None else ""
    return (
        f"Serve workflow FILES in {client.title}; without any, the gallery's invoice workflow.\n\n"
        f"Shows what would change in its configuration{where} and asks before it writes. The old file is kept beside "
        "the new one."
    )


def _parameters(client: Client) -> list[click.Parameter]:
    """Give what the command of one client takes, but for the database."""
    files = click.Path(exists=True, dir_okay=False, path_type=Path)
    config = click.Path(dir_okay=False, path_type=Path)
    known: list[click.Parameter] = [
        click.Argument(["files"], nargs=-1, type=files),
        click.Option(["--name"], default="pointsman", show_default=True, help=f"What {client.title} calls the server."),
        click.Option(["--undo"], is_flag=True, help="Take the entry out again."),
        click.Option(["--yes"], is_flag=True, help="Do not ask."),
        click.Option(["--config"], type=config, help="The configuration file, if elsewhere."),
    ]
    if client.project is not None:
        own = "In your own configuration, for all your projects."
        known.append(click.Option(["--user", "own"], is_flag=True, help=own))
    if client.remote:
        remote = "Lead to a server that runs, instead of starting one with FILES. Its token is never written down."
        known.append(click.Option(["--server"], metavar="URL", help=remote))
    return known


def _start(place: _Place, files: tuple[Path, ...], database: str | None) -> None:
    """Install an entry that starts a server of these files."""
    from pointsman.contracts.loading import load
    from pointsman.tools.environment import names_needed

    from ..install.entries import paths_of_this_machine, starting, with_environment
    from ..install.launching import launch_command, shared_command

    workflows = [load(file.read_bytes(), str(file)) for file in files]
    needed = sorted({name for workflow in workflows for name in names_needed(workflow)})
    launch = (launch_command if place.project is None else shared_command)(sys.argv[0], sys.executable)
    entry = starting(place.client, launch, files, database, place.project)
    notes = [*_on_variables(place, needed), *_on_models(place, workflows)]
    if place.project is not None:
        notes.append(_on_sharing(place, launch, paths_of_this_machine(entry)))
    _install(place, with_environment(place.client, entry, needed), notes)


def _reach(place: _Place, server: str, files: tuple[Path, ...]) -> None:
    """Install an entry that leads to a running server."""
    from ..install.entries import reaching
    from .servers import NoServer, mcp_endpoint

    context = click.get_current_context()
    if files or context.get_parameter_source("database") is click.core.ParameterSource.COMMANDLINE:
        raise WrongUsage("A server that runs has workflows and a database: with --server, name neither.")
    try:
        url = mcp_endpoint(server)
    except NoServer as error:
        raise WrongUsage(str(error)) from error
    title = place.client.title
    where = f"{title} asks for the token" if place.client.asks else f"{title} takes the token from {TOKEN}"
    made = "whoever runs the server makes one with `pointsman token create NAME --kind agent --owner PERSON`"
    notes = [f"{where}, which does not stand in the file; {made}."]
    _install(place, reaching(place.client, place.name, url), notes, " --server URL")


def _install(place: _Place, entry: Entry, notes: Iterable[str], asked: str = "") -> None:
    """Write an entry. `asked` is what the command line is told besides, to see what waits there."""
    from ..install.configuration import with_entry
    from ..install.files import read, replace

    before = read(place.path)
    after = with_entry(before, place.client.form, place.name, entry)
    if after == before:
        click.echo(f"{place.path} already has this entry. Nothing to do.")
        return
    _ask(place, before, after, notes)
    backup = replace(place.path, before, after)
    if backup is not None:
        click.echo(f"The old file is kept as {backup}.")
    click.echo(f"Done. {place.client.afterwards} `{program()} review list{asked}` shows what waits for you.")


def _undo(place: _Place) -> None:
    """Restore the newest backup where nothing else has changed since; otherwise take our entry out."""
    from ..install.configuration import differ_only_in, without_entry
    from ..install.files import newest_backup, read, replace

    form, path = place.client.form, place.path
    before = read(path)
    after = without_entry(before, form, place.name)
    backup = newest_backup(path)
    if after != before and backup is not None and differ_only_in(before, read(backup), form, place.name):
        after = read(backup)
    else:
        backup = None
    if after == before:
        click.echo(f"{path} has no entry {place.name!r} of Pointsman. Nothing to do.")
        return
    _ask(place, before, after)
    replace(path, before, after, undoing=True)
    if backup is not None:
        backup.unlink()  # it is the file itself now, and the one before it is the next to be restored
    click.echo(f"Done. {place.client.afterwards}")


def _on_variables(place: _Place, needed: list[str]) -> Iterator[str]:
    """Say what the sources read from the environment, and whether the client hands it on."""
    if not needed:
        return
    names, title = ", ".join(needed), place.client.title
    if place.client.variable is None:
        yield f'The sources need {names}. {title} hands no variables on: put them under "env" of the entry yourself.'
    else:
        yield f"The sources need {names}. Set them where {title} is started; the entry hands them on by name."


def _on_models(place: _Place, workflows: list[Workflow]) -> Iterator[str]:
    """Say that the server needs a key where a model acts, and where to keep it."""
    from pointsman.contracts.workflow import AgentState
    from pointsman.tools.models.key import HOW

    asking = [
        workflow.name
        for workflow in workflows
        if any(isinstance(state, AgentState) and state.model is not None for state in workflow.states.values())
    ]
    if asking:
        names, title = ", ".join(asking), place.client.title
        yield (
            f"In {names} a model acts: `serve` does not start without a key to ask it with. {HOW} The environment of "
            f'the server is what {title} hands on, with what stands under "env" of the entry.'
        )


def _on_sharing(place: _Place, launch: tuple[str, ...], paths: list[str]) -> str:
    """Say whether a project's file works for others too."""
    if paths:
        named = ", ".join(paths)
        return (
            f"{place.path.name} is shared with the project, and this entry names paths of this machine: {named}. Do "
            "not commit it; or have `pointsman` on the PATH and everything else in the project; or use --user."
        )
    return f"{place.path.name} can be committed: whoever works on the project needs `{launch[0]}` on the PATH."


def _ask(place: _Place, before: str, after: str, notes: Iterable[str] = ()) -> None:
    """Show a change and what is to be known of it, and have it confirmed."""
    from pointsman.contracts.visible import visible

    colours = {"+": "green", "-": "red", "@": "cyan"}
    for line in _difference(place.path, before, after):
        click.secho(visible(line), fg=colours.get(line[:1]))
    for note in notes:
        click.echo(visible(note))
    if not place.yes:
        click.confirm(f"Write this to {place.path}?", abort=True)


def _difference(path: Path, before: str, after: str) -> Iterator[str]:
    return difflib.unified_diff(before.splitlines(), after.splitlines(), str(path), str(path), n=2, lineterm="")


def _of_the_gallery() -> Path:
    from ..scripts.gallery import workflow_file

    click.echo("No workflow file was named, so this is the gallery's: invoices.")
    return workflow_file("invoices")


for _word, _client in CLIENTS.items():
    command.add_command(_made(_word, _client))
