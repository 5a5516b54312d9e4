"""The records of a database, opened beside whoever serves it. What a decision opens runs in this process."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from pointsman.contracts.values import Json, JsonObject
from pointsman.fsm.refusals import Refusal

from ...documents import effects, proofs, rows, sessions, waiting
from ...documents.pages import Page
from ...store.searching import newest_definition
from ..callers import CLIENT, local_caller
from ..database import now_ms, reading_database, session_named, workflow_of
from ..failures import FoundProblems, NotReached
from ..invocation import program
from ..persons import demand_a_person, person, turn_away
from .port import Errand, Fields, Person

if TYPE_CHECKING:
    from pointsman.fsm.commands import Claim, Delegate, Release
    from pointsman.fsm.session import Session

    from ...governor import Governor
    from ...insights.asking import StatsAsked
    from ...insights.examples import ExampleFilter
    from ...replies import Caller, Reply, Stray
    from ...store.reading import SessionFilter
    from ...store.searching import RowFilter, WaitingFilter
    from ..acting import OpensNothing


@dataclass(frozen=True, slots=True)
class LocalRecords:
    """A database. `token` is that of a person who is not the user of this machine."""

    database: str | None
    token: str | None
    sees_all = True

    def sessions(self, chosen: SessionFilter, limit: int) -> Page:
        with reading_database(self.database) as connection:
            return sessions.page(connection, chosen, limit)

    def session(self, name: str) -> JsonObject:
        with reading_database(self.database) as connection:
            return sessions.document(connection, session_named(connection, name))

    def waiting(self, chosen: WaitingFilter, limit: int) -> Page:
        with reading_database(self.database) as connection:
            return waiting.page(connection, chosen, now_ms(), limit)

    def matter(self, name: str) -> JsonObject:
        session_id, number = waiting.parts(name)
        with reading_database(self.database) as connection:
            session = session_named(connection, session_id)
            found = waiting.document(connection, session, workflow_of(connection, session), number, now_ms())
        if isinstance(found, Refusal):
            raise FoundProblems(found.message)
        return found

    def effects(self, session: str | None, status: str | None, limit: int) -> Page:
        with reading_database(self.database) as connection:
            own = None if session is None else session_named(connection, session)
            return effects.page(connection, effects.EffectFilter(own, status), limit)

    def effect(self, name: str) -> JsonObject:
        session_id, number = effects.parts(name)
        with reading_database(self.database) as connection:
            found = effects.document(connection, session_named(connection, session_id), number)
        if found is None:
            listing = f"`{program()} effects list --session {session_id}` lists those of a session."
            raise NotReached(f"{name!r} names no write. {listing}")
        return found

    def rows(self, chosen: RowFilter, limit: int) -> Page:
        with reading_database(self.database) as connection:
            page = rows.page(connection, chosen, limit)
            found = [*page.items]
            while page.cursor is not None and len(found) < limit:
                page = rows.page(connection, chosen, limit - len(found), page.cursor)
                found += page.items
        return Page(tuple(found), page.cursor)

    def history(self, chain: str) -> Iterator[JsonObject]:
        with reading_database(self.database) as connection:
            page = rows.history(connection, chain)
            if not page.items:
                raise NotReached(f"There are no rows of {chain!r} in this database. {_LISTING}")
            yield from page.items
            while page.cursor is not None:
                page = rows.history(connection, chain, cursor=page.cursor)
                yield from page.items

    def row(self, chain: str, revision: int) -> JsonObject:
        with reading_database(self.database) as connection:
            found = rows.document(connection, chain, revision)
        if found is None:
            raise NotReached(f"There is no row {revision} of {chain!r} in this database. {_LISTING}")
        return found

    def verification(self, chain: str | None) -> JsonObject:
        with reading_database(self.database) as connection:
            found = proofs.verified(connection, chain)
        if chain is not None and not found["items"]:
            raise NotReached(f"There is no session {chain!r} in this database. {_LISTING}")
        return found

    def corrections(self, chosen: ExampleFilter) -> Iterator[JsonObject]:
        from ...documents import corrections

        with reading_database(self.database) as connection:
            yield from corrections.every(connection, chosen)

    def stats(self, asked: StatsAsked) -> JsonObject:
        from ...documents import stats

        with reading_database(self.database) as connection:
            return stats.document(connection, asked.chosen(now_ms()), asked.alerts)

    def replayed(self, session: str, to_revision: int | None) -> JsonObject:
        with reading_database(self.database) as connection:
            found = proofs.replayed(connection, session, to_revision)
        if found is None:
            raise NotReached(f"There is no session {session!r} in this database. {_LISTING}")
        return found

    def people(self) -> frozenset[str]:
        from ...store.principals import known_people

        with reading_database(self.database) as connection:
            return known_people(connection)

    def person(self, errand: Errand) -> Person:
        demand_a_person(self.token, errand.what, errand.typed)
        with reading_database(self.database) as connection:
            workflow = workflow_of(connection, session_named(connection, errand.on.partition(".")[0]))
            caller = person(connection, self.token, workflow.roles)
        if isinstance(caller, Refusal):
            turn_away(self.database, errand.on, errand.action, caller)
        return Person(caller.actor, caller.channel, confirms=self.token is None)

    def start(self, workflow: str, fields: Fields) -> JsonObject:
        """Start a session of a file, or of a workflow that the database has seen: its file is read again."""

        async def begin(governor: Governor) -> Reply | Stray:
            served = governor.workflows()[0]
            given = fields(served.start.input_schema)
            return await governor.start(local_caller(served.roles), served.name, given)

        file = Path(workflow) if Path(workflow).is_file() else _file_of(workflow, self.database)
        return self._governed([file], begin)

    def decide(self, person: Person, matter: JsonObject, event: str, arguments: JsonObject) -> JsonObject:
        from pointsman.fsm.commands import Decide

        session, number = waiting.parts(str(matter["id"]))
        request = Decide(event, arguments, str(matter["shown_digest"]), int(str(matter["stay"])), approval=number)

        async def submit(governor: Governor) -> Reply | Stray:
            return await governor.decide(_caller(person), session, request)

        return self._governed([], submit, number if event == "approve" else None)

    def hold(self, person: Person, matter: str, request: Claim | Release | Delegate) -> JsonObject:
        from ...documents.answers import done

        session, number = waiting.parts(matter)
        return self._submitted(person, session, replace(request, approval=number), done)

    def cancel(self, person: Person, session: str, reason: str) -> JsonObject:
        from pointsman.fsm.commands import Cancel
        from pointsman.tools.errors import SourceError

        from ...documents.answers import done

        async def end(governor: Governor) -> Reply | Stray:
            return await governor.cancel(_caller(person), session, reason)

        with reading_database(self.database) as connection:
            found = session_named(connection, session)
            is_left_by_exit = bool(workflow_of(connection, found).states[found.state].exit)
        if is_left_by_exit:
            with suppress(SourceError):  # whoever has the tools next runs what the state does on `exit`
                return self._governed([], end)
        return self._submitted(person, session, Cancel(reason), done)

    def restart(self, person: Person, session: str, state: str, reason: str) -> JsonObject:
        async def go_on(governor: Governor) -> Reply | Stray:
            return await governor.restart(_caller(person), session, state, reason)

        return self._governed([], go_on)

    def settle(
        self, person: Person, effect: str, outcome: Literal["done", "failed"], reason: str, result: Json
    ) -> JsonObject:
        from pointsman.fsm.commands import Attest

        from ...documents.answers import settled

        session, number = effects.parts(effect)
        request = Attest(number, outcome, reason, result)
        return self._submitted(person, session, request, lambda moved: settled(moved, number, outcome))

    def _governed(
        self, files: list[Path], work: Callable[[Governor], Awaitable[Reply | Stray]], approval: str | None = None
    ) -> JsonObject:
        """Do what may open calls, and wait until they have settled."""
        from ..acting import answer_document, governed

        return answer_document(self.database, governed(self.database, files, work), approval)

    def _submitted(
        self, person: Person, session_id: str, request: OpensNothing, answer: Callable[[Session], JsonObject]
    ) -> JsonObject:
        """Do what opens no call: it works without the tools of the session's workflow."""
        from ...documents.answers import refused
        from ...documents.places import place
        from ..acting import submitted

        with reading_database(self.database) as connection:
            session = session_named(connection, session_id)
            workflow = workflow_of(connection, session)
        decision = submitted(self.database, session_id, workflow, _caller(person), request)
        if decision.refusal is not None:
            return {**place(session), "outcome": "refused", "refusal": refused(decision.refusal)}
        return answer(decision.session or session)


def _caller(person: Person) -> Caller:
    from ...replies import Caller

    return Caller(person.actor, CLIENT, person.channel)


def _file_of(name: str, database: str | None) -> Path:
    """Give the file of a workflow that the database has seen.

    Raises:
        NotReached: when it has not, or the file is not there any more.
    """
    with reading_database(database) as connection:
        known = newest_definition(connection, name)
    if known is None:
        raise NotReached(f"{name!r} is neither a file nor a workflow that this database has seen. Name the file.")
    if known.path is None or not Path(known.path).is_file():
        raise NotReached(f"The file of {name} stood at {known.path}, and is not there any more. Name the file.")
    return Path(known.path)


_LISTING: Final = "`pointsman sessions list` lists all."
