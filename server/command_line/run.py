"""`pointsman run`: drive a session of any workflow, from a script."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from .failures import FoundProblems, WrongUsage
from .options import Choice

if TYPE_CHECKING:
    from ..scripts.agent import Era, Surface


@click.command("run")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--script", "script_file", type=click.Path(path_type=Path), help="What is played: calls, decisions, time."
)
@click.option(
    "--input", "input_file", metavar="FILE|-", help="Fields to start with, as JSON, over those of the script."
)
@click.option("--surface", type=Choice(["adaptive", "stable", "compact"]), default="adaptive", show_default=True)
@click.option(
    "--era",
    type=Choice(["handshake", "modern"]),
    help="The revision of MCP: 2025-11-25 or 2026-07-28. If not said: handshake with adaptive, else modern.",
)
@click.option("--database", metavar="FILE|URL", help="Keep the session in this database. If not said: a temporary one.")
def command(
    *,
    file: Path,
    script_file: Path | None,
    input_file: str | None,
    surface: Surface,
    era: Era | None,
    database: str | None,
) -> None:
    """Drive a session of a workflow from a script.

    A real server is started, and a real MCP client plays the agent. The tools are the workflow's own: what they write,
    they write. The people of a script are made up, and the audit names them so (script:maria).
    """
    if script_file is None:
        raise WrongUsage("Say what to play with --script FILE. Letting a model drive comes with a later version.")
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
