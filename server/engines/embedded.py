"""The embedded engine: SQLite in the user's own process, one writer, many commands in one commit.

A command travels to the writer's thread, is decided there against the committed session, and its
facts are on the disk before the answer travels back. Other processes may share the database: a
session in memory counts only while its last hash is the one that is committed.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Concatenate, Final, ParamSpec, TypeVar, cast

from sqlalchemy import Connection
from sqlalchemy import Engine as DatabaseEngine

from pointsman.contracts.values import JsonObject
from pointsman.fsm.commands import Call, Command
from pointsman.fsm.decide import decide as machine
from pointsman.fsm.decision import Decision
from pointsman.fsm.refusals import Refusal
from pointsman.fsm.session import Session

from ..bounds import CACHED_SESSIONS, DUE_SESSIONS
from ..engine import Engine
from ..errors import EngineClosed, StoreBusy, StoreError
from ..store.instances import add_instance, beat_instance, beats, places, remove_instance
from ..store.location import database_path
from ..store.opening import open_database
from ..store.reading import (
    AUDIT_ROWS,
    DueSession,
    any_open_calls,
    audit_rows,
    definition,
    due_sessions,
    next_due_at,
    open_sessions,
    read_revisions,
    read_stored,
)
from ..store.rows import row_as_json
from ..store.writing import DefinitionRow
from .batch import Decider, Definitions, Paths, Rules
from .cache import Current, SessionCache
from .changes import Changes
from .glance import Glance
from .neighbours import Neighbours, is_there
from .reader import Reader
from .strays import Frame, ServerAct, admin_fact, stray_fact
from .writer import Job, Outcome, StrayCall, Submission, Work, Writer

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Hooks:
    """What an engine may be connected to beside its database and its workflows.

    Args:
        on_commit: Called on the event loop after each commit of this process, with the sessions it changed.
        decide: The machine.
        monotonic: Seconds of a clock that never goes back.
    """

    on_commit: Callable[[Sequence[Session]], None] = lambda _sessions: None
    decide: Decider = machine
    monotonic: Callable[[], float] = time.monotonic


_DEFAULT_HOOKS: Final = Hooks()


class EmbeddedEngine(Engine):
    """Sessions in one SQLite file. Made by `open`, and used on the event loop that opened it."""

    def __init__(self, path: Path, database: DatabaseEngine, rules: Rules, instance: str, hooks: Hooks) -> None:
        """Take over an open database. `open` is how one gets here."""
        self.path = path
        self.instance = instance
        self._rules = rules
        self._hooks = hooks
        self._loop = asyncio.get_running_loop()
        self._cache = SessionCache(CACHED_SESSIONS)
        self._glance = Glance(path)
        self._reader = Reader(path)
        self._searcher = Reader(path)
        self._changes = Changes(self._glance.data_version, self._revisions, self.read)
        self._neighbours = Neighbours(hooks.monotonic)
        self._writer = Writer(database, rules, self._cache, self._tell, hooks.monotonic)
        self._closed = False

    @classmethod
    async def open(
        cls,
        database: str | Path | None,
        definitions: Definitions,
        *,
        instance: str,
        path_of: Paths = lambda _digest: None,
        hooks: Hooks = _DEFAULT_HOOKS,
    ) -> EmbeddedEngine:
        """Open a database, make its schema where it is missing, and register this process.

        Args:
            database: A file's path or a SQLAlchemy URL; None for the default in the user's data directory.
            definitions: Gives a loaded workflow by digest, or None. It is called in the writer's thread too.
            instance: The name of this server process, random and new for each run.
            path_of: Gives the path of the file a workflow was loaded from, or None.
            hooks: What else there is to connect.

        Raises:
            StoreError: when the database cannot be opened.
        """
        path = database_path(database)
        engine = cls(
            path,
            await asyncio.to_thread(open_database, path),
            Rules(hooks.decide, definitions, path_of),
            instance,
            hooks,
        )
        engine._writer.start()
        await engine.writing(add_instance, instance, os.getpid(), socket.gethostname(), time.time_ns() // 1_000_000)
        return engine

    # The port.

    async def submit(self, session: str, command: Command) -> Decision:
        decision = self._permitted(session, command)
        if decision is None:
            answer: asyncio.Future[Decision] = self._loop.create_future()
            self._put(Submission(session, command, answer))
            decision = await answer
        return decision

    async def read(self, session: str) -> Session | None:
        current = await self._current(session)
        return None if current is None else current.session

    async def aclose(self) -> None:
        if self._closed:
            return
        with contextlib.suppress(StoreError):  # others then see it by the beat that has stopped
            await self.writing(remove_instance, self.instance)
        self._closed = True
        await self._changes.aclose()
        await asyncio.to_thread(self._writer.stop)
        await self._reader.aclose()
        self._searcher.interrupt()
        await self._searcher.aclose()
        self._glance.close()

    # Beside the port.

    async def wait_for_change(self, session_id: str, after_revision: int, timeout_ms: int) -> Session | None:
        """Wait until a session is further than a revision, whichever process moves it, and give it.

        Gives None when the time is over. Commits of other processes are noticed within `2 * bounds.NOTICE_MS`.
        """
        return await self._changes.wait(session_id, after_revision, timeout_ms)

    async def record_stray(self, frame: Frame, action: str, refusal: Refusal, arguments: JsonObject) -> None:
        """Write a refused call that belongs to no session to the chain `server`, as far as its bound allows."""
        answer: asyncio.Future[None] = self._loop.create_future()
        self._put(StrayCall(stray_fact(frame, action, refusal, arguments), answer))
        await answer

    async def record_act(self, frame: Frame, act: ServerAct, result: JsonObject, reason: str = "") -> None:
        """Write to the chain `server` what was done to the server itself, by a person or by a clock."""
        answer: asyncio.Future[None] = self._loop.create_future()
        self._put(StrayCall(admin_fact(frame, act, result, reason), answer))
        await answer

    async def reading(self, function: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a function of `store.reading` and its like in the reader's thread, on one state of the database."""
        return await self._reader.run(lambda connection: function(connection, *args, **kwargs))

    async def searching(
        self, function: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a function as `reading` does, in a thread that no governed call waits for: it may look at many rows."""
        return await self._searcher.run(lambda connection: function(connection, *args, **kwargs))

    async def writing(self, function: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a function of `store.principals` and its like in the writer's thread, in a transaction of its own."""
        answer: asyncio.Future[object] = self._loop.create_future()
        self._put(Job(lambda connection: function(connection, *args, **kwargs), answer))
        return cast("T", await answer)

    # What the server's own loops ask.

    async def beat(self) -> None:
        """Show the other processes that this one lives. Writes nothing while no session holds an open call."""
        if await self.reading(any_open_calls):
            await self.writing(beat_instance, self.instance)

    async def dead_instances(self, instances: Collection[str]) -> set[str]:
        """Give those of these processes that have ended, or have not shown for `bounds.LEASE_MS` that they live.

        It must be asked again and again, because it goes by what this process has seen of the others.
        """
        return self._neighbours.dead(instances, await self.reading(beats, instances)) if instances else set()

    async def standing_instances(self, instances: Collection[str]) -> set[str]:
        """Give those of these processes that are there still, on this machine, whether they show life or not."""
        found = await self.reading(places, instances) if instances else {}
        host = socket.gethostname()
        return {name for name, (pid, at) in found.items() if at == host and is_there(pid)}

    async def sessions_with_open_calls(self, workflows: Collection[str]) -> list[str]:
        """Give the sessions of these workflows that hold an open call."""
        return await self.reading(open_sessions, workflows)

    async def due_sessions(
        self, now_ms: int, workflows: Collection[str], after: DueSession | None = None
    ) -> list[DueSession]:
        """Give the sessions of these workflows with a timer due at `now_ms` or before that follow one, earliest first.

        They are `bounds.DUE_SESSIONS` at most.
        """
        return await self.reading(due_sessions, now_ms, workflows, after, DUE_SESSIONS)

    async def next_due_at(self, workflows: Collection[str]) -> int | None:
        """Give the moment of the earliest timer of these workflows' sessions, or None where there is none."""
        return await self.reading(next_due_at, workflows)

    async def audit_rows(self, chain: str, after_revision: int = 0, limit: int = AUDIT_ROWS) -> list[JsonObject]:
        """Give the rows of a session, or of the chain `server`, as JSON, oldest first."""
        return [row_as_json(row) for row in await self.reading(audit_rows, chain, after_revision, limit)]

    async def definition(self, digest: str) -> DefinitionRow | None:
        """Give a workflow's text, and where its file stood."""
        return await self.reading(definition, digest)

    # Inside.

    def _put(self, work: Work) -> None:
        if self._closed:
            raise EngineClosed
        self._writer.put(work)

    async def _current(self, session_id: str) -> Current | None:
        """Give a committed session: from memory where that is what is committed."""
        cached = self._cached(session_id)
        if cached is not None:
            return cached
        stored = await self.reading(read_stored, session_id)
        if stored is None:
            return None
        current = Current(stored.restored(), stored.head)
        self._cache.put(current)
        return current

    def _cached(self, session_id: str) -> Current | None:
        """Give a session that is in memory and is the committed one."""
        cached = self._cache.get(session_id)
        try:
            return cached if cached is not None and self._glance.head(session_id) == cached.head else None
        except StoreBusy:  # whoever asks the threads instead waits as long as the bound says
            return None

    def _permitted(self, session_id: str, command: Command) -> Decision | None:
        """Decide a call here and now, if nothing is to be written of it: a read that the machine permits.

        It is decided on the committed session, as in the writer's thread, and that way is four times as long.
        """
        current = self._cached(session_id) if isinstance(command.request, Call) and not self._closed else None
        workflow = self._rules.definitions(current.session.definition) if current is not None else None
        if current is None or workflow is None:
            return None
        decision = self._rules.decide(workflow, current.session, command)
        return decision if decision.read is not None and not decision.facts else None

    async def _revisions(self, ids: Collection[str]) -> dict[str, int]:
        return await self.reading(read_revisions, ids)

    def _tell(self, outcome: Outcome) -> None:
        """Carry an outcome from the writer's thread to the event loop."""
        with contextlib.suppress(RuntimeError):  # the loop was closed without `aclose`: nobody is left to tell
            self._loop.call_soon_threadsafe(self._resolve, outcome)

    def _resolve(self, outcome: Outcome) -> None:
        for work, result in outcome.results:
            future = cast("asyncio.Future[object]", work.answer)
            if not future.done():
                future.set_result(result)
        for work, error in outcome.failures:
            if not work.answer.done():
                work.answer.set_exception(error)
        if outcome.changed:
            self._changes.announce(outcome.changed)
            self._hooks.on_commit(outcome.changed)
