"""Answers what callers ask of sessions, reviews, writes and histories, and carries out what people decide.

It stands beside the governor: a single thing is found through it, so that whoever may not see a session is
answered as if there were none, and a list is bounded to what its caller may see. What is refused is recorded.
Surfaces that speak no MCP ask here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from sqlalchemy import Connection

from pointsman.contracts.problems import Unmet
from pointsman.contracts.values import JsonObject
from pointsman.contracts.workflow import Workflow
from pointsman.fsm.commands import Attest, Claim, Decide, Delegate, Release
from pointsman.fsm.gate import NOT_FOUND
from pointsman.fsm.refusals import Refusal
from pointsman.fsm.session import Session

from .documents import answers, corrections, effects, proofs, reviews, rows, sessions, stats, waiting, workflows
from .documents.effects import EffectFilter
from .documents.pages import Page
from .engines.reader import Reader
from .errors import UnknownName
from .governor import Governor
from .insights.asking import StatsAsked
from .insights.examples import ExampleFilter
from .known import known_workflows
from .replies import Caller, Reply, Stray
from .store.reading import SessionFilter
from .store.searching import RowFilter, WaitingFilter
from .store.tables import SERVER_CHAIN

AUDITOR: Final = "auditor"
"""The role of people who may read what belongs to no session, and verify everything there is."""


class Inquiry:
    """Answers callers of one governor."""

    def __init__(self, governor: Governor) -> None:
        self._governor = governor
        self._verifies = self._counts = False

    # Workflows.

    async def workflows(self, caller: Caller) -> Page:
        """List the workflows that a caller may know of."""
        return Page(tuple(workflows.entry(one) for one in await known_workflows(self._governor, caller)))

    async def overview(self, caller: Caller) -> Page:
        """List the same with how many of their sessions a caller may see that run, wait for people, or have failed."""
        known, seen = await known_workflows(self._governor, caller), await self._governor.sight(caller)
        return await self._governor.engine.searching(workflows.overview, known, seen)

    async def workflow(self, caller: Caller, name: str) -> JsonObject | Stray:
        """Say what a workflow is about."""
        found = await self._known(caller, name, "workflow")
        return found if isinstance(found, Stray) else workflows.document(found)

    async def counts(self, caller: Caller, workflow: str) -> JsonObject | Stray:
        """Count the sessions of a workflow that a caller may see, state by state: those that run and that ended."""
        found = await self._known(caller, workflow, "counts")
        if isinstance(found, Stray):
            return found
        seen = await self._governor.sight(caller)
        return await self._governor.engine.searching(workflows.counts, workflow, seen)

    # Sessions.

    async def sessions(
        self, caller: Caller, chosen: SessionFilter, limit: int, cursor: str | None = None
    ) -> Page | Stray:
        """List the sessions that a caller may see, newest first; by what they hold only people find one."""
        seen = await self._governor.sight(caller)
        bounded = replace(chosen, seen=seen, by_value=_is_person(caller))
        return await self._page(caller, "sessions", lambda one: sessions.page(one, bounded, limit, cursor))

    async def session(self, caller: Caller, name: str) -> JsonObject | Stray:
        """Say all there is to say of a session; to others than people without what it holds."""
        found = await self._governor.found(caller, name, "session")
        if isinstance(found, Stray):
            return found
        document = await self._governor.engine.searching(sessions.document, found[1])
        return document if _is_person(caller) else sessions.without_values(document)

    async def present(self, caller: Caller, name: str) -> JsonObject | Stray:
        """Say the same but for the path it took, which grows with a session."""
        found = await self._governor.found(caller, name, "session")
        if isinstance(found, Stray):
            return found
        document = await self._governor.engine.searching(sessions.present, found[1])
        return document if _is_person(caller) else sessions.without_values(document)

    async def diagram(self, caller: Caller, name: str) -> JsonObject | Stray:
        """Draw a session's workflow, with the state that it is in."""
        drawn = await self._governor.diagram(caller, name)
        return drawn if isinstance(drawn, Stray) else {"session": name, "format": "mermaid", "diagram": drawn}

    async def cancel(self, caller: Caller, name: str, reason: str) -> JsonObject | Stray:
        """End a session where it is."""
        return await self._answered(await self._governor.cancel(caller, name, reason))

    async def restart(self, caller: Caller, name: str, state: str, reason: str) -> JsonObject | Stray:
        """Let a session go on from a state."""
        return await self._answered(await self._governor.restart(caller, name, state, reason))

    # What waits for people.

    async def reviews(
        self, caller: Caller, chosen: WaitingFilter, limit: int, cursor: str | None = None
    ) -> Page | Stray:
        """List the reviews and calls that wait for a person, of the sessions that a caller may see, oldest first."""
        seen, now_ms = await self._governor.sight(caller), self._governor.clock.now_ms()
        return await self._page(
            caller, "reviews", lambda one: waiting.page(one, replace(chosen, seen=seen), now_ms, limit, cursor)
        )

    async def review(self, caller: Caller, name: str) -> JsonObject | Stray:
        """Show what waits under a name, as the person sees it who decides."""
        session, number = waiting.parts(name)
        found = await self._governor.found(caller, session, "review")
        if isinstance(found, Stray):
            return found
        served, current = found
        now_ms = self._governor.clock.now_ms()
        shown = await self._governor.engine.searching(waiting.document, current, served.workflow, number, now_ms)
        if isinstance(shown, Refusal):
            return await self.refuse(caller, "review", shown, {"review": name})
        return shown if _is_person(caller) else reviews.without_values(shown)

    async def decide(self, caller: Caller, name: str, request: Decide) -> JsonObject | Stray:
        """Decide what waits under a name."""
        session, number = waiting.parts(name)
        answer = await self._governor.decide(caller, session, replace(request, approval=number))
        return await self._answered(answer, number if request.event == "approve" else None)

    async def claim(self, caller: Caller, name: str, *, take_over: bool = False) -> JsonObject | Stray:
        """Let a person be the one who decides what waits under a name, and `take_over` from whoever has claimed it."""
        session, number = waiting.parts(name)
        return await self._answered(await self._governor.hold(caller, session, Claim(number, take_over)))

    async def release(self, caller: Caller, name: str) -> JsonObject | Stray:
        """Give back what a person has claimed."""
        session, number = waiting.parts(name)
        return await self._answered(await self._governor.hold(caller, session, Release(number)))

    async def delegate(self, caller: Caller, name: str, to: str, reason: str) -> JsonObject | Stray:
        """Hand what waits under a name to another person."""
        session, number = waiting.parts(name)
        return await self._answered(await self._governor.hold(caller, session, Delegate(to, reason, number)))

    # Writes.

    async def effects(
        self, caller: Caller, session: str | None, status: str | None, limit: int, cursor: str | None = None
    ) -> Page | Stray:
        """List the writes that are open, or all of one session, oldest first."""
        chosen = EffectFilter(status=status)
        if session is None:
            chosen = replace(chosen, seen=await self._governor.sight(caller))
        else:
            found = await self._governor.found(caller, session, "effects")
            if isinstance(found, Stray):
                return found
            chosen = replace(chosen, session=found[1])
        return await self._page(caller, "effects", lambda one: effects.page(one, chosen, limit, cursor))

    async def effect(self, caller: Caller, name: str) -> JsonObject | Stray:
        """Show a write, and what is known of it."""
        session, number = effects.parts(name)
        found = await self._governor.found(caller, session, "effect")
        if isinstance(found, Stray):
            return found
        shown = await self._governor.engine.searching(effects.document, found[1], number)
        if shown is not None:
            return shown
        missing = Refusal("NOT_FOUND", "The session has made no write of this number.")
        return await self.refuse(caller, "effect", missing, {"effect": name})

    async def settle(self, caller: Caller, name: str, request: Attest) -> JsonObject | Stray:
        """Say how a write has ended that nobody knows the outcome of."""
        answer = await self._governor.settle(caller, effects.parts(name)[0], request)
        session = await self._after(answer)
        if session is None:
            return _refused(answer)
        return answers.settled(session, request.call, request.outcome)

    # Histories.

    async def rows(self, caller: Caller, chosen: RowFilter, limit: int, cursor: str | None = None) -> Page | Stray:
        """List the rows of the sessions that a caller may see, newest first."""
        if chosen.session != SERVER_CHAIN:
            chosen = replace(chosen, seen=await self._governor.sight(caller))
        elif not is_auditor(caller):
            return await self.refuse(caller, "rows", NOT_FOUND, {"session": SERVER_CHAIN})
        found = await self._page(caller, "rows", lambda one: rows.page(one, chosen, limit, cursor))
        return _for(caller, found)

    async def history(self, caller: Caller, name: str, limit: int, cursor: str | None = None) -> Page | Stray:
        """List the rows of a session in their order; of `server` those of calls that belong to none."""
        refusal = await self._may_read(caller, name, "history")
        if refusal is not None:
            return refusal
        return _for(caller, await self._page(caller, "history", lambda one: rows.history(one, name, limit, cursor)))

    async def row(self, caller: Caller, chain: str, revision: int) -> JsonObject | Stray:
        """Show one row of a history, and whether it is what it must be."""
        refusal = await self._may_read(caller, chain, "row")
        if refusal is not None:
            return refusal
        found = await self._governor.engine.searching(proofs.row, chain, revision)
        if found is not None:
            return found
        missing = Refusal("NOT_FOUND", "The history has no row of this number.")
        return await self.refuse(caller, "row", missing, {"session": chain, "revision": revision})

    async def verification(self, caller: Caller, name: str | None, most: int) -> JsonObject | Stray:
        """Verify the history of a session; of `server` that of no session, without a name everything there is."""
        refusal = await self._may_read(caller, name or SERVER_CHAIN, "verification")
        if refusal is not None:
            return refusal
        if self._verifies:
            busy = Refusal("BUSY", "Another verification runs. Ask again when it has ended.")
            return await self.refuse(caller, "verification", busy, {"session": name})
        self._verifies = True
        try:
            return await self._apart(lambda connection: proofs.verified(connection, name, most))
        finally:
            self._verifies = False

    async def replay(self, caller: Caller, name: str, to_revision: int | None) -> JsonObject | Stray:
        """Make a session again from its rows, and compare it with its snapshot."""
        found = await self._governor.found(caller, name, "replay")
        if isinstance(found, Stray):
            return found
        made = await self._governor.engine.searching(proofs.replayed, name, to_revision)
        return made if made is not None else await self.refuse(caller, "replay", NOT_FOUND, {"session": name})

    # What people made of the work of agents and models.

    async def corrections(
        self, caller: Caller, chosen: ExampleFilter, limit: int, cursor: str | None = None
    ) -> Page | Stray:
        """List what reviewers changed or rejected in the sessions that a caller may see, as examples."""
        seen = await self._governor.sight(caller)
        bounded = replace(chosen, histories=replace(chosen.histories, seen=seen))
        try:
            return await self._page(caller, "corrections", lambda one: corrections.page(one, bounded, limit, cursor))
        except UnknownName as error:
            return await self.refuse(caller, "corrections", Refusal("NOT_FOUND", str(error)), {})

    async def stats(self, caller: Caller, asked: StatsAsked) -> JsonObject | Stray:
        """Count what agents and models did in the sessions that a caller may see, and say what has changed."""
        if self._counts:
            busy = Refusal("BUSY", "Statistics are being counted for somebody else. Ask again when that has ended.")
            return await self.refuse(caller, "stats", busy, {})
        seen = await self._governor.sight(caller)
        chosen = asked.chosen(self._governor.clock.now_ms(), seen)
        self._counts = True
        try:
            return await self._apart(lambda connection: stats.document(connection, chosen, asked.alerts))
        except UnknownName as error:
            return await self.refuse(caller, "stats", Refusal("NOT_FOUND", str(error)), {})
        finally:
            self._counts = False

    async def refuse(self, caller: Caller, action: str, refusal: Refusal, about: JsonObject) -> Stray:
        """Record a refused question in the chain of calls that belong to no session."""
        await self._governor.stray(caller, action, refusal, about)
        return Stray(refusal)

    # How that is done.

    async def _apart(self, ask: Callable[[Connection], JsonObject]) -> JsonObject:
        """Ask what may take minutes, in a thread of its own: nobody else is to wait for it."""
        reader = Reader(self._governor.engine.path)
        try:
            return await reader.run(ask)
        except asyncio.CancelledError:  # the server ends
            reader.interrupt()
            raise
        finally:
            await reader.aclose()

    async def _page(self, caller: Caller, action: str, ask: Callable[[Connection], Page]) -> Page | Stray:
        try:
            return await self._governor.engine.searching(ask)
        except ValueError as error:
            return await self.refuse(caller, action, _bad_cursor(error), {})

    async def _known(self, caller: Caller, workflow: str, action: str) -> Workflow | Stray:
        """Give a workflow that a caller may know of."""
        for one in await known_workflows(self._governor, caller):
            if one.name == workflow:
                return one
        missing = Refusal("NOT_FOUND", "There is no workflow of this name that you may use.")
        return await self.refuse(caller, action, missing, {"workflow": workflow})

    async def _may_read(self, caller: Caller, chain: str, action: str) -> Stray | None:
        """Refuse a history that is not this caller's to read."""
        if chain == SERVER_CHAIN:
            return None if is_auditor(caller) else await self.refuse(caller, action, NOT_FOUND, {"session": chain})
        found = await self._governor.found(caller, chain, action)
        return found if isinstance(found, Stray) else None

    async def _answered(self, answer: Reply | Stray, approval: str | None = None) -> JsonObject | Stray:
        session = await self._after(answer)
        return _refused(answer) if session is None else answers.answered(answer, session, approval)

    async def _after(self, answer: Reply | Stray) -> Session | None:
        """Give the session of a command that was done, as it is now; None of one that was refused."""
        if isinstance(answer, Stray) or answer.refusal is not None:
            return None
        return await self._governor.engine.read(answer.session)


def _refused(answer: Reply | Stray) -> Stray:
    """Give the refusal of a command; what the session says of it stands in its rows."""
    return Stray(answer.refusal or NOT_FOUND)


def _bad_cursor(error: ValueError) -> Refusal:
    return Refusal("INVALID_FIELDS", f"cursor: {error}.", (Unmet("cursor", str(error), missing=False),))


def _for(caller: Caller, found: Page | Stray) -> Page | Stray:
    """Leave the bodies out of rows, which hold values, where whoever asks is no person."""
    if isinstance(found, Stray) or _is_person(caller):
        return found
    items = ({name: value for name, value in one.items() if name != "body"} for one in found.items)
    return Page(tuple(items), found.cursor)


def _is_person(caller: Caller) -> bool:
    return caller.actor.kind == "human"


def is_auditor(caller: Caller) -> bool:
    """Whether somebody may read what belongs to no session. A token that is bound to one opens nothing else."""
    return _is_person(caller) and AUDITOR in caller.actor.roles and caller.actor.session is None
