"""Drives one session from here until somebody else must act: its models, and a model in place of its agent."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Protocol

from pointsman.contracts.errors import PointsmanError
from pointsman.fsm.approvals import is_pending
from pointsman.fsm.facts import Fact, Intended
from pointsman.fsm.model_turns import Turned
from pointsman.fsm.session import Session

from ..answers import holders, rests
from ..bounds import LEASE_MS, MODEL_WAIT_MS
from ..store.instances import beats
from ..store.reading import each_row
from ..store.rows import read_fact
from .conversation import wishes
from .driver import Driver
from .hired import Hired

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ..engines.embedded import EmbeddedEngine
    from ..governor import Governor

_ROWS_AT_ONCE: Final = 500
_TAKEN_OVER_MS: Final = LEASE_MS + 2 * MODEL_WAIT_MS
"""Within which time it is known whether another process has ended, and what it has left is taken over."""


class NotDriven(PointsmanError):
    """The model that is the session's agent could not be asked any further."""


class MayNotDrive(NotDriven):
    """The machine does not let the agent of the session be driven from here."""


class NoSession(NotDriven):
    """There is no such session in the database."""


class Watcher(Protocol):
    """Who looks on while a session is driven."""

    def row(self, revision: int, fact: Fact) -> None:
        """See a row as it comes."""
        ...

    def waits(self, at_most_ms: int) -> None:
        """See that another process has the session at work, which may have ended; in this time that is known."""
        ...

    def asks_again(self, why: str, wait_ms: int) -> None:
        """See that a question has brought no answer, and is asked again after this time."""
        ...


async def run(governor: Governor, session_id: str, hired: Hired, watcher: Watcher) -> Session:
    """Drive a session until it ends, or a person or the outside must act. `watcher` is told every row as it comes.

    A person must act in a state of theirs, and where a call that the model wants waits for an approval.

    Raises:
        MayNotDrive: when the caller may not drive the session, or another process does.
        NotDriven: when the model in place of the agent fails, and the state does not say what then.
        NoSession: when there is none of this name.
    """
    driver, engine = governor.driver, governor.engine
    if driver is None:
        raise NotDriven("This process asks no models.")
    driver.hire(session_id, replace(hired, again=watcher.asks_again))
    seen = _Seen()
    has_looked = False
    while True:
        session = await _read(engine, session_id)
        for revision, fact in await engine.reading(_rows, session_id, seen.revision):
            watcher.row(revision, fact)
            seen.row(revision, fact)
        if seen.revision != session.revision:
            continue
        if _waits_for_others(session):
            if await driver.finished(session_id):
                continue  # what it had asked before is paid for: the answer is told, too late as it is
            return session
        if seen.waits_for_approval(session, governor.clock.now_ms()):
            return session
        if not has_looked and await _is_at_work_elsewhere(engine, session):
            watcher.waits(_TAKEN_OVER_MS)
        has_looked = True
        await _drive_agent(driver, engine, session, seen)
        await engine.wait_for_change(session_id, session.revision, MODEL_WAIT_MS)


async def _drive_agent(driver: Driver, engine: EmbeddedEngine, session: Session, seen: _Seen) -> None:
    """Have the model in place of the agent asked, where it is its turn and it has not been."""
    if session.stay.actor != "agent" or not rests(session) or driver.is_driving(session):
        return
    if not _has_stopped(session, engine.instance):
        await _begin(driver, engine, session)
    elif (await _read(engine, session.id)).revision == session.revision:
        raise NotDriven(seen.error_in(session) or "The model has had its turns, and none of them led on.")


async def _is_at_work_elsewhere(engine: EmbeddedEngine, session: Session) -> bool:
    """Whether another process has something of the session open, and has not said that it ends."""
    others = holders(session) - {engine.instance}
    return bool(others and await engine.reading(beats, others))


async def _begin(driver: Driver, engine: EmbeddedEngine, session: Session) -> None:
    refusal = await driver.begin(session)
    if refusal is None:
        return
    now = await _read(engine, session.id)
    if now.ended is not None or now.stay.number != session.stay.number:
        return  # it has moved on meanwhile
    if refusal.code == "NOT_FOUND":  # what is told to whoever may not know of the session
        raise MayNotDrive(f"The session was started by {session.started_by}: you may not drive its agent.")
    raise MayNotDrive(refusal.message)


@dataclass(slots=True)
class _Seen:
    """What the rows have told: the last answer, and the calls it wanted that were put before a person."""

    revision: int = 0
    answer: Fact | None = None
    wanted: tuple[str, ...] = ()
    waiting: set[str] = field(default_factory=set[str])

    def row(self, revision: int, fact: Fact) -> None:
        self.revision, body = revision, fact.body
        if isinstance(body, Turned):
            if fact.outcome == "late":
                return  # nothing in it is done, and the answer before it still counts
            self.answer, self.waiting = fact, set()
            self.wanted = tuple(wish.command for wish in wishes(body.stay, body.turn, body.content))
        elif isinstance(body, Intended) and body.approval is not None and fact.command in self.wanted:
            self.waiting.add(body.approval.id)

    def waits_for_approval(self, session: Session, at: int) -> bool:
        """Whether all is done that the answer wanted, but for calls that a person has to approve first."""
        turn = session.stay.turn
        if turn is None or not turn.answered or turn.wishes < len(self.wanted) or not rests(session):
            return False
        return any(one.id in self.waiting and is_pending(one, at) for one in session.stay.approvals.values())

    def error_in(self, session: Session) -> str | None:
        """Why the model could not be asked, if that is what came last in this stay."""
        fact = self.answer
        if fact is None or not isinstance(fact.body, Turned) or fact.outcome != "failed":
            return None
        return fact.body.error if fact.body.stay == session.stay.number else None


def _waits_for_others(session: Session) -> bool:
    return session.ended is not None or (rests(session) and session.stay.actor in ("human", "external"))


def _has_stopped(session: Session, instance: str) -> bool:
    """Whether this process has driven the agent in this stay, and goes on no more."""
    turn = session.stay.turn
    return turn is not None and turn.instance == instance


async def _read(engine: EmbeddedEngine, session_id: str) -> Session:
    session = await engine.read(session_id)
    if session is None:
        raise NoSession(f"There is no session {session_id} in this database.")
    return session


def _rows(connection: Connection, session_id: str, after: int) -> list[tuple[int, Fact]]:
    return [(row.revision, read_fact(row)) for row in each_row(connection, session_id, after, _ROWS_AT_ONCE)]
