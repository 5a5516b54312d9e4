"""`pointsman graph`: a workflow as a picture."""

from __future__ import annotations

from pathlib import Path

import click

from .options import database_option


@click.command("graph")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--session", metavar="ID", help="Mark the state this session is in.")
@click.option(
    "--format",
    "picture_format",
    type=click.Choice(["mermaid", "svg"]),
    default="mermaid",
    show_default=True,
    help="mermaid: text that GitHub and many editors draw. svg: a picture that stands alone.",
)
@database_option
def command(file: Path, session: str | None, picture_format: str, database: str | None) -> None:
    """Draw a workflow.

    States are coloured by who acts in them, and by their outcome where they are final. Solid lines are events and
    what the system goes on to, dotted ones are timers, dashed ones limits and failures.
    """
    from pointsman.contracts.loading import load

    workflow = load(file.read_bytes(), str(file))
    current = None if session is None else _state_of(session, workflow.digest, database)
    if current is not None and current not in workflow.states:
        from .failures import FoundProblems

        raise FoundProblems(f"The session is in {current!r}, which {file} does not have: it runs another version.")
    if picture_format == "svg":
        from ..graph.svg import svg as draw
    else:
        from ..graph import mermaid as draw
    click.echo(draw(workflow, current), nl=False)


def _state_of(session_id: str, digest: str, database: str | None) -> str:
    """Find where a session is, and say so if it was started with another text of the workflow."""
    from .database import reading_database, session_named

    with reading_database(database) as connection:
        session = session_named(connection, session_id)
    if session.definition != digest:
        click.echo("The session was started with another version of this file; the picture is of this one.", err=True)
    return session.state
