"""The roles that workflows name, so that a mistyped one is noticed before somebody waits for its holder."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

import click

from pointsman.contracts.bounds import FILE_BYTES
from pointsman.contracts.loading import InvalidWorkflow, load
from pointsman.contracts.visible import visible

from ..inquiry import AUDITOR
from ..nearest import did_you_mean
from ..scripts.gallery import workflow_files
from ..store.location import database_path
from ..store.searching import newest_of_all
from .database import reading_database


def warn_of_unknown(roles: Collection[str], database: str | None) -> None:
    """Say which of these roles no known workflow has. A role may be ahead of its workflow, so it is no error."""
    asked = frozenset(roles)
    found = {AUDITOR}
    texts = dict.fromkeys(_texts(database)) if not asked <= found else ()
    for text in texts:  # each takes a while to load, so no more of them than it needs
        found.update(_roles(text))
        if asked <= found:
            return
    known = sorted(found)
    for role in (one for one in dict.fromkeys(roles) if one not in found):
        there = f" Known are: {', '.join(known)}; a workflow that was never served here is not among them."
        said = f"No workflow that is known here has the role {role!r}.{did_you_mean(role, known)}{there}"
        click.echo(f"Warning: {visible(said)}", err=True)


def _texts(database: str | None) -> Iterator[bytes]:
    """The workflows that the database has seen, their files as they are now, and the gallery's."""
    if database_path(database).is_file():
        with reading_database(database) as connection:
            seen = newest_of_all(connection)
        yield from (one.text.encode() for one in seen)
        files = [Path(one.path) for one in seen if one.path is not None]
        yield from (_beginning(file) for file in files if file.is_file())
    yield from (file.read_bytes() for file in workflow_files())


def _roles(text: bytes) -> tuple[str, ...]:
    try:
        return load(text, "workflow.yaml").roles
    except InvalidWorkflow:
        return ()  # a file that is being edited, or a text of an older format, names nobody


def _beginning(file: Path) -> bytes:
    """Read a file, no further than it takes to see that it is too large."""
    with file.open("rb") as opened:
        return opened.read(FILE_BYTES + 1)
