"""Replay: a session folded again from its rows. It decides nothing; facts are facts.

The fold needs no workflow and no clock, and gives the stored snapshot byte for byte, or something
is wrong with one of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from pointsman.fsm.evolve import HistoryError, evolve
from pointsman.fsm.facts import Fact
from pointsman.fsm.session import Session

from ..store.projections import projection
from ..store.rows import read_fact, session_row
from ..store.tables import reviews, unknown_effects
from .chain import AuditRow
from .raw import Value, as_it_lies, as_text, audit_row, raw_rows, stored_session


class ReplayError(Exception):
    """The rows do not make a session. The message says which one does not, and why."""

    def __init__(self, revision: int, problem: str) -> None:
        super().__init__(f"row {revision}: {problem}")
        self.revision = revision
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Step:
    """A row, the fact in it, and the session after it."""

    row: AuditRow
    fact: Fact
    session: Session


def replay(connection: Connection, session_id: str) -> Iterator[Step]:
    """Fold a session's rows one after the other.

    Raises:
        ReplayError: at the first row that cannot be folded; an erased body is a reason.
    """
    session: Session | None = None
    with as_it_lies(connection) as raw:
        for row in raw_rows(raw, session_id):
            step = fold(session, audit_row(row))
            session = step.session
            yield step


def compare(connection: Connection, step: Step) -> list[str]:
    """Name what of the stored snapshot is not what the rows have made by their last step; best nothing."""
    with as_it_lies(connection) as raw:
        return differences(step.session, step.row.hash, stored_session(raw, step.session.id) or {})


def fold(session: Session | None, row: AuditRow) -> Step:
    """Fold one row.

    Raises:
        ReplayError: when that is not possible.
    """
    try:
        fact = read_fact(row)
        return Step(row, fact, evolve(session, fact))
    except HistoryError as error:
        raise ReplayError(row.revision, str(error)) from error
    except Exception as error:  # a row may hold anything, and what is wrong with it is the answer
        raise ReplayError(row.revision, f"its fact cannot be read: {_said(error)}") from error


def differences(session: Session, head: str, stored: Mapping[str, Value]) -> list[str]:
    """Name what differs from what the session's rows make: columns of a stored snapshot, and what lists have of it."""
    made = session_row(session, head)._asdict()
    listed = projection(session)
    made |= {reviews.name: as_text(listed.reviews), unknown_effects.name: as_text(listed.unknown)}
    return [name for name, value in made.items() if name not in stored or stored[name] != value]


def _said(error: Exception) -> str:
    lines = str(error).splitlines()
    return lines[0] if lines else type(error).__name__
