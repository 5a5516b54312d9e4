"""The writer's thread: takes what is queued, commits it together, and tells the event loop.

It is the only one in this process that writes. Everything it is given ends in a future's result or
exception; an acknowledged command is on the disk before its future resolves.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Final, TypeAlias

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from pointsman.fsm.commands import Command
from pointsman.fsm.decision import Decision
from pointsman.fsm.facts import Fact
from pointsman.fsm.session import Session

from ..bounds import COMMANDS_PER_COMMIT
from ..errors import StoreError, StoreUnreadable
from ..store.failures import store_errors
from ..store.opening import driver
from ..store.writing import SessionWriter
from .batch import Batch, Rules
from .cache import Current, SessionCache
from .strays import StrayBound

RESTART: Final = "Nothing was done; put it back, and start the server again."


@dataclass(frozen=True, slots=True)
class Submission:
    """A command for a session, and who waits for its decision."""

    session: str
    command: Command
    answer: asyncio.Future[Decision]


@dataclass(frozen=True, slots=True)
class StrayCall:
    """What belongs to no session: a refused call, or what a person has done to the server itself."""

    fact: Fact
    answer: asyncio.Future[None]


@dataclass(frozen=True, slots=True)
class Job:
    """Anything else that writes: runs in a transaction of its own."""

    run: Callable[[Connection], object]
    answer: asyncio.Future[object]


Work: TypeAlias = Submission | StrayCall | Job


@dataclass(slots=True)
class Outcome:
    """What a commit, or a failed one, has to tell: each piece of work's result, and the sessions that changed."""

    results: list[tuple[Work, object]] = field(default_factory=list[tuple[Work, object]])
    failures: list[tuple[Work, Exception]] = field(default_factory=list[tuple[Work, Exception]])
    changed: list[Session] = field(default_factory=list[Session])


class Writer:
    """A thread with its own connection.

    Args:
        engine: Gives the connection; a transaction of it holds the write lock from its start.
        rules: What commands are decided by. Its functions are called in the thread.
        cache: Where committed sessions are kept.
        tell: Called in the thread with every outcome.
        monotonic: Seconds of a clock that never goes back.
    """

    def __init__(
        self,
        engine: Engine,
        rules: Rules,
        cache: SessionCache,
        tell: Callable[[Outcome], None],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine = engine
        self._rules = rules
        self._cache = cache
        self._tell = tell
        self._bound = StrayBound(monotonic)
        self._queue: SimpleQueue[Work | None] = SimpleQueue()
        self._connection: Connection | None = None
        self._file = self._file_now()
        self._thread = Thread(target=self._run, name="pointsman-writer", daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def put(self, work: Work) -> None:
        """Queue a piece of work."""
        self._queue.put(work)

    def stop(self) -> None:
        """Finish what is queued, and end. Blocks."""
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        running = True
        while running:
            work, running = self._take()
            jobs = [each for each in work if isinstance(each, Job)]
            commands = [each for each in work if not isinstance(each, Job)]
            if commands or self._bound.counting:
                self._tell(self._commit_together(commands, last=not running))
            for job in jobs:
                self._tell(self._run_job(job))
        self._disconnect()

    def _take(self) -> tuple[list[Work], bool]:
        """Wait for work and take all there is, up to a bound; False beside it when it is the last."""
        work: list[Work] = []
        try:
            wait_s = max(self._bound.seconds_left(), 0.0) if self._bound.counting else None
            taken = self._queue.get(timeout=wait_s)
            while taken is not None:
                work.append(taken)
                if len(work) == COMMANDS_PER_COMMIT:
                    return work, True
                taken = self._queue.get_nowait()
        except Empty:
            return work, True
        return work, False

    def _commit_together(self, work: Sequence[Submission | StrayCall], *, last: bool) -> Outcome:
        try:
            return self._commit(work, last=last)
        except StoreError as error:
            return Outcome(failures=[(each, error) for each in work])
        except Exception as error:  # noqa: BLE001 -- one command's mistake, and the others are not to pay for it
            if len(work) <= 1:
                return Outcome(failures=[(each, error) for each in work])
        outcome = Outcome()
        for each in work:
            alone = self._commit_together([each], last=False)
            outcome.results += alone.results
            outcome.failures += alone.failures
            outcome.changed += alone.changed
        return outcome

    def _commit(self, work: Sequence[Submission | StrayCall], *, last: bool) -> Outcome:
        outcome = Outcome()
        with store_errors(), self._transaction() as writer:
            current, damaged = self._current({each.session for each in work if isinstance(each, Submission)}, writer)
            batch = Batch(self._rules, current, writer.server_head, self._bound)
            for each in work:
                try:
                    outcome.results.append((each, _decided(batch, each, damaged)))
                except Exception as error:  # noqa: BLE001 -- it fails its own command only
                    outcome.failures.append((each, error))
            if last or self._bound.seconds_left() <= 0:
                batch.tally()
            if not batch.empty:
                batch.write(writer)
                writer.commit()
        for changed in batch.changed:
            self._cache.put(changed)
            outcome.changed.append(changed.session)
        return outcome

    def _current(self, ids: set[str], writer: SessionWriter) -> tuple[dict[str, Current], dict[str, StoreUnreadable]]:
        """Give the committed sessions, from memory where that is what is committed, and those that are damaged."""
        current: dict[str, Current] = {}
        damaged: dict[str, StoreUnreadable] = {}
        missing: list[str] = []
        for session_id, head in writer.heads(ids).items():
            cached = self._cache.get(session_id)
            if cached is not None and cached.head == head:
                current[session_id] = cached
            else:
                missing.append(session_id)
        for session_id, stored in writer.load(missing).items() if missing else ():
            try:
                current[session_id] = Current(stored.restored(), stored.head)
            except StoreUnreadable as error:
                damaged[session_id] = error
            else:
                self._cache.put(current[session_id])
        return current, damaged

    def _run_job(self, job: Job) -> Outcome:
        try:
            with store_errors(), self._connected().begin():
                result = job.run(self._connected())
        except Exception as error:  # noqa: BLE001 -- it is told to whoever waits
            return Outcome(failures=[(job, error)])
        return Outcome(results=[(job, result)])

    @contextlib.contextmanager
    def _transaction(self) -> Generator[SessionWriter]:
        """Hold the write lock. What is not committed at the end is undone.

        After an error of the database the connection is made anew, so that nothing of it lingers.
        """
        try:
            writer = SessionWriter(driver(self._connected()))
            writer.begin()
            try:
                yield writer
            finally:
                writer.rollback()
        except (sqlite3.Error, DBAPIError):
            self._disconnect()
            raise

    def _connected(self) -> Connection:
        """Give the connection, as long as what it writes can be found again.

        Raises:
            StoreUnreadable: when the file was deleted or replaced, and so nobody would read what is written to it.
        """
        if self._file_now() != self._file:
            raise StoreUnreadable(f"{self._engine.url.database} was deleted or replaced while it was open. {RESTART}")
        if self._connection is None:
            self._connection = self._engine.connect()
        return self._connection

    def _file_now(self) -> tuple[int, int] | None:
        """Tell which file stands where the database is; None where there is none."""
        try:
            found = Path(self._engine.url.database or "").stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(sqlite3.Error, DBAPIError):  # it may be what failed
                connection.close()


def _decided(batch: Batch, work: Submission | StrayCall, damaged: Mapping[str, StoreUnreadable]) -> Decision | None:
    if isinstance(work, StrayCall):
        batch.stray(work.fact)
        return None
    if work.session in damaged:
        raise damaged[work.session]
    return batch.decide(work.session, work.command)
