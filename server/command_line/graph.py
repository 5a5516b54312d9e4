"""`pointsman graph`: a workflow as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from .options import Choice, database_option

if TYPE_CHECKING:
    from collections.abc import Callable

    from pointsman.contracts.workflow import Workflow

    from ..graph import Trail


@click.command("graph")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--session", metavar="ID", help="Mark the state this session is in, and the way it has taken.")
@click.option(
    "--format",
    "picture_format",
    type=Choice(["mermaid", "dot", "svg"]),
    default="mermaid",
    show_default=True,
    help="mermaid: text that GitHub and many editors draw. dot: for Graphviz. svg: a picture that stands alone.",
)
@database_option
def command(file: Path, session: str | None, picture_format: str, database: str | None) -> None:
    """Draw a workflow.

    States are coloured by who acts in them, and by their outcome where they are final. Solid lines are events and
    what the system goes on to; timers, limits, failures, unknown outcomes and missed confidence have a line each.
    """
    from pointsman.contracts.loading import load
    from pointsman.contracts.prompts import whole

    workflow = load(file.read_bytes(), str(file))
    trail = None
    if session is not None:
        trail = _trail_of(session, whole(workflow, file.absolute().parent).digest, database)
    if trail is not None and trail.current not in workflow.states:
        from .failures import FoundProblems

        raise FoundProblems(
            f"The session is in {trail.current!r}, which {file} does not have: it runs another version."
        )
    click.echo(_drawing(picture_format)(workflow, trail), nl=False)


def _drawing(picture_format: str) -> Callable[[Workflow, Trail | None], str]:
    """Give what draws this format, and import no other."""
    match picture_format:
        case "svg":
            from ..graph.svg import svg

            return svg
        case "dot":
            from ..graph.dot import dot

            return dot
        case _:
            from ..graph import mermaid

            return mermaid


def _trail_of(session_id: str, digest: str, database: str | None) -> Trail:
    """Find where a session is and has been, and say so if it was started with another text of the workflow."""
    from ..graph.trails import trail_of
    from ..store.searching import path
    from .database import reading_database, session_named

    with reading_database(database) as connection:
        session = session_named(connection, session_id)
        entered = path(connection, session_id)
    if session.definition != digest:
        click.echo("The session was started with another version of this file; the picture is of this one.", err=True)
    return trail_of(session.state, entered)
