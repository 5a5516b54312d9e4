"""`pointsman run`: drive a session of any workflow, by a model or from a script."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from .failures import FoundProblems, WrongUsage
from .options import Choice, set_option

if TYPE_CHECKING:
    from ..scripts.agent import Era, Surface

_MODEL: Final = "claude-sonnet-5"


@click.command("run")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--input", "input_file", metavar="FILE|-", help="Fields to start with, as JSON.")
@set_option
@click.option("--session", metavar="ID", help="Go on with this session instead of starting one.")
@click.option(
    "--model",
    metavar="NAME",
    envvar="POINTSMAN_MODEL",
    default=_MODEL,
    show_default=True,
    help="Who acts in states that are an agent's. Model states name their own.",
)
@click.option(
    "--max-turns", type=click.IntRange(1, 1_000), default=20, show_default=True, help="Its turns in one such state."
)
@click.option(
    "--script", "script_file", type=click.Path(path_type=Path), help="Play this instead: calls, decisions, time."
)
@click.option("--surface", type=Choice(["adaptive", "stable", "compact"]), help="With a script. If not said: adaptive.")
@click.option(
    "--era",
    type=Choice(["handshake", "modern"]),
    help="With a script: MCP 2025-11-25 or 2026-07-28. If not said: handshake with adaptive, else modern.",
)
@click.option(
    "--database",
    metavar="FILE|URL",
    help="Keep the session here. If not said: where the other commands look, and with a script nowhere.",
)
def command(  # noqa: PLR0913 -- click's way: an option is an argument
    *,
    file: Path,
    input_file: str | None,
    assignments: tuple[str, ...],
    session: str | None,
    model: str,
    max_turns: int,
    script_file: Path | None,
    surface: Surface | None,
    era: Era | None,
    database: str | None,
) -> None:
    """Drive a session of a workflow: a model acts wherever an agent would.

    It goes through the same gate as any agent, and what happens is printed as it happens. When a person or the outside
    must act, it stops; also where a call waits for an approval, and by Ctrl-C. Go on with --session. The key is read
    from ANTHROPIC_API_KEY or the system's keyring.

    With --script nobody is asked: what the script says is played through a real server by a real MCP client. The people
    of a script are made up, and the audit names them so (script:maria). The tools are the workflow's own: what they
    write, they write.
    """
    if script_file is None:
        if surface is not None or era is not None:
            raise WrongUsage("--surface and --era go with --script.")
        if session is not None and (input_file is not None or assignments):
            raise WrongUsage("A session has its fields already: --input and --set do not go with --session.")
        from .driving import Driven, drive
        from .settings import usual_database

        drive(Driven(file, session, model, max_turns), input_file, assignments, database or usual_database())
        return
    if session is not None or assignments:
        raise WrongUsage("A script starts its own session, with its own fields: --session and --set do not go with it.")
    _play(file, script_file, input_file, surface or "adaptive", era, database)


def _play(
    file: Path, script_file: Path, input_file: str | None, surface: Surface, era: Era | None, database: str | None
) -> None:
    from ..scripts.agent import Serving
    from ..scripts.script import InvalidScript, load_script, with_start
    from .arguments import read_input
    from .logging import log_to_stderr
    from .playing import play, temporary_folder

    try:
        script = load_script(script_file)
    except InvalidScript as error:
        raise FoundProblems(str(error)) from error
    if input_file is not None:
        script = with_start(script, read_input(input_file))
    chosen: Era = era or ("handshake" if surface == "adaptive" else "modern")
    log_to_stderr("warning")
    with temporary_folder() as folder:
        serving = Serving(file, database or folder / "pointsman.sqlite3", surface, chosen)
        play(script, serving)
