"""The workflow, its version and the state that a question names: nothing was found of them, or they are not there."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from sqlalchemy import Connection, select

from pointsman.contracts.errors import PointsmanError
from pointsman.contracts.loading import load
from pointsman.contracts.near import near

from ..errors import UnknownName
from ..store.reading import Seen, seen_by
from ..store.tables import definitions, sessions

_TEXTS: Final = 64
"""Of so many texts of workflows the states are looked up; where there are more, any name of a state may be meant."""
_NAMES: Final = 20
"""So many names are told."""


def demand_known(
    connection: Connection, workflow: str | None, version: int | None, state: str | None, seen: Seen | None
) -> None:
    """Tell a name that is not there from one of which there is nothing yet.

    Only sessions count that whoever asks may see.

    Raises:
        UnknownName: no session is of this workflow or version, or none of their texts has this state.
    """
    columns = sessions.c
    found = select(columns.workflow, columns.version, columns.definition).where(seen_by(seen)).distinct()
    rows = [*connection.execute(found)]
    if workflow is not None:
        _demand(f"No session is of a workflow {workflow!r}.", workflow, {name for name, _, _ in rows})
        rows = [row for row in rows if row[0] == workflow]
    if version is not None:
        _demand(f"No session is of version {version}.", str(version), {str(number) for _, number, _ in rows})
        rows = [row for row in rows if row[1] == version]
    if state is not None:
        known = _states(connection, {digest for _, _, digest in rows})
        if known is not None:
            _demand(f"There is no state {state!r}.", state, known)


def _demand(missing: str, name: str, known: Collection[str]) -> None:
    if name in known:
        return
    names = sorted(known)
    meant = near(name.lower(), names)
    there = f" There are: {', '.join(names[:_NAMES])}{', …' if len(names) > _NAMES else ''}." if names else ""
    raise UnknownName(f"{missing}{f' Did you mean {meant!r}?' if meant else ''}{there}")


def _states(connection: Connection, digests: Collection[str]) -> set[str] | None:
    """Give the states of these texts; None where they are too many, or one of them cannot be read any more."""
    if len(digests) > _TEXTS:
        return None
    texts = connection.execute(select(definitions.c.text, definitions.c.path).where(definitions.c.digest.in_(digests)))
    try:
        return {name for text, path in texts for name in load(text.encode(), path or "workflow.yaml").states}
    except PointsmanError:
        return None
