"""Drives one session from here until somebody else must act: its models, and a model in place of its agent."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pointsman.contracts.errors import PointsmanError
from pointsman.fsm.facts import Fact
from pointsman.fsm.model_turns import Turned
from pointsman.fsm.session import Session

from ..answers import rests
from ..bounds import MODEL_WAIT_MS
from ..store.reading import each_row
from ..store.rows import read_fact
from .driver import Hired

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ..governor import Governor

_ROWS_AT_ONCE = 500


class NotDriven(PointsmanError):
    """The model that is the session's agent could not be asked any further."""


async def run(governor: Governor, session_id: str, hired: Hired, watch: Callable[[int, Fact], None]) -> Session:
    """Drive a session until it ends, or a person or the outside must act. `watch` is told every row as it comes.

    Raises:
        NotDriven: when the model in place of the agent fails, and the state does not say what then.
        LookupError: when there is no such session.
    """
    driver = governor.driver
    if driver is None:
        raise NotDriven("This process asks no models.")
    driver.hire(session_id, hired)
    told, failed = 0, None
    while True:
        session = await governor.engine.read(session_id)
        if session is None:
            raise LookupError(session_id)
        for revision, fact in await governor.engine.reading(_rows, session_id, told):
            watch(revision, fact)
            told = revision
            if isinstance(fact.body, Turned):
                failed = fact.body.error if (fact.body.stay, fact.outcome) == (session.stay.number, "failed") else None
        if told < session.revision:
            continue
        if session.ended is not None or (rests(session) and session.stay.actor in ("human", "external")):
            return session
        if session.stay.actor == "agent" and rests(session) and not driver.is_driving(session):
            if _has_stopped(session, governor.instance):
                raise NotDriven(failed or "The model has had its turns, and none of them led on.")
            await driver.begin(session)
        await governor.engine.wait_for_change(session_id, session.revision, MODEL_WAIT_MS)


def _has_stopped(session: Session, instance: str) -> bool:
    """Whether this process has driven the agent in this stay, and goes on no more."""
    turn = session.stay.turn
    return turn is not None and turn.instance == instance


def _rows(connection: Connection, session_id: str, after: int) -> list[tuple[int, Fact]]:
    return [(row.revision, read_fact(row)) for row in each_row(connection, session_id, after, _ROWS_AT_ONCE)]
