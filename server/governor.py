"""The governor: every call from outside goes through here, and everything a session does by itself.

It turns a request into a command, has the engine decide it, runs what the session then holds open,
and answers when the session rests. It holds no rule of its own: what may happen is `fsm`'s to say,
and what has happened is the engine's to keep. It knows no protocol either; surfaces do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from pointsman.contracts.values import Json, JsonObject, settled_object
from pointsman.contracts.workflow import Workflow
from pointsman.fsm.claiming import asked_for
from pointsman.fsm.commands import (
    Answer,
    Ask,
    Attest,
    Call,
    Cancel,
    Claim,
    Command,
    Decide,
    Delegate,
    Release,
    Request,
    Restart,
    Send,
)
from pointsman.fsm.decide import decide
from pointsman.fsm.decision import Decision
from pointsman.fsm.gate import NOT_FOUND
from pointsman.fsm.redaction import tool_named
from pointsman.fsm.refusals import Refusal
from pointsman.fsm.session import Session

from .answering import Answering, stored_result
from .answers import reply
from .bounds import LISTED_ROWS, LISTED_SESSIONS
from .carrying import Carrier, Way
from .catalogue import Catalogue, Served
from .clock import Clock
from .deciding import Decider
from .elicitation.offer import CHANNEL, Offer, offer
from .elicitation.people import People
from .engines.embedded import EmbeddedEngine
from .finding import Finder
from .follower import Follower
from .graph import Trail, mermaid
from .identity import SERVER, new_command_id, new_handle
from .models.driver import Access, Driver
from .owning import with_owned
from .performer import Performer
from .replies import AuditPage, Begun, Caller, Glimpse, Reply, SessionChoice, Sessions, Stray, Waiter
from .starting import Starter
from .store.principals import owned_by
from .store.reading import Seen, SessionFilter, list_sessions

_ITSELF: Final = Caller(SERVER, None, "server")


class Governor:
    """Governs the sessions of one database from this process. Fills the port `Governed`."""

    def __init__(
        self,
        engine: EmbeddedEngine,
        catalogue: Catalogue,
        clock: Clock,
        instance: str,
        access: Access | None = None,
    ) -> None:
        self.engine = engine
        self.catalogue = catalogue
        self.clock = clock
        self.instance = instance
        self.driver = None if access is None else Driver(self, access)
        self.performer = Performer(instance, self._follow, engine.read, self.stored, clock, self._drive)
        self._answering = Answering(engine, self.performer, self.stored)
        self._finder = Finder(engine, catalogue, clock)
        self._decider = Decider(engine)
        self._starter = Starter(engine, catalogue, self._finder, self._decider, self.performer, self._command)
        self._carrier = Carrier(
            engine, catalogue, self._decider, self.performer, self._answering, self._follow, self._command, clock
        )
        self._follower = Follower(engine)

    # What surfaces ask.

    def workflows(self) -> Sequence[Workflow]:
        """Give the workflows that are served, in the order they were given."""
        return self._finder.workflows()

    async def start(
        self, caller: Caller, workflow: str, fields: JsonObject, begun: Begun | None = None, handle: str | None = None
    ) -> Reply | Stray:
        """Start a session, and answer when it rests.

        With a `handle` that is made from what the session is started for: start it once. Started again with other
        fields, it is `KEY_REUSED`.
        """
        opened = await self._starter.begin(caller, workflow, fields, handle or new_handle())
        if isinstance(opened, Stray):
            return opened
        if opened.repeated and not await self._starter.is_of(opened, fields):
            other = Refusal("KEY_REUSED", "A session was started with this key and other fields; use a new key.")
            return await self._finder.refuse(caller, "start", other, fields)
        if begun is not None:
            begun(opened.session.id)
        return await self._answering.at_rest(
            opened.served, opened.session, "done", entered=True, repeated=opened.repeated
        )

    async def begin(self, caller: Caller, workflow: str, fields: JsonObject, handle: str) -> Reply | Stray:
        """Start the session of a handle, once, and answer as soon as that is known, whether it rests or not."""
        found = await self._starter.begin(caller, workflow, fields, handle)
        if isinstance(found, Stray):
            return found
        return reply(found.served.workflow, found.session, "done", entered=True, repeated=found.repeated)

    async def status(self, caller: Caller, session: str) -> Reply | Stray:
        """Say where a session is."""
        found = await self._finder.find(caller, session, "session_status")
        if isinstance(found, Stray):
            return found
        served, current = found
        return reply(served.workflow, current, "done", entered=True)

    async def workflow_of(self, caller: Caller, session: str) -> str | None:
        """Name the workflow of a session this caller may see; None for any other."""
        found = await self._finder.seen(caller, session)
        return None if found is None else found[0].workflow.name

    async def act(
        self,
        caller: Caller,
        session: str,
        action: str,
        arguments: JsonObject,
        expected_revision: int | None = None,
        waiter: Waiter | None = None,
    ) -> Reply | Stray:
        """Call a tool or send an event. A client that goes away does not stop what has begun."""
        found = await self._finder.find(caller, session, action)
        if isinstance(found, Stray):
            return found
        served, before = found
        if waiter is not None:
            waiter.begun(session)
        tool = tool_named(served.workflow, action)
        given = settled_object(arguments)
        if tool is None:
            request = self._carrier.send(caller, served, before, Send(action, given, expected_revision))
        else:
            request = self._carrier.call(caller, served, before, Call(tool, given, expected_revision), waiter)
        return await asyncio.shield(asyncio.create_task(request))

    async def carry_out(self, caller: Caller, session: Session, action: str, arguments: JsonObject, name: str) -> None:
        """Call a tool or send an event for a model, under this name; what comes of it is in the rows."""
        served = await self.catalogue.recall(session.definition, self.engine)
        if served is None:
            return
        tool, given, known = tool_named(served.workflow, action), settled_object(arguments), session.revision
        way = Way(name, waits=False)
        if tool is None:
            request = self._carrier.send(caller, served, session, Send(action, given, known), way)
        else:
            request = self._carrier.call(caller, served, session, Call(tool, given, known), None, way)
        await asyncio.shield(asyncio.create_task(request))

    async def deliver(
        self, caller: Caller, session: str, event: str, arguments: JsonObject, delivery: str | None = None
    ) -> Reply | Stray:
        """Deliver an event from outside to a session that waits for it, and answer when it rests.

        With the name of a `delivery`: once in a session.
        """
        request = Send(event, settled_object(arguments), delivery=delivery)
        return await self._request(caller, session, event, request)

    async def hand_over(
        self, caller: Caller, session: str, event: str, arguments: JsonObject, delivery: str
    ) -> Reply | Stray:
        """Deliver an event once, and answer as soon as it is taken or refused, whether the session rests or not."""
        found = await self._finder.find(caller, session, event)
        if isinstance(found, Stray):
            return found
        request = Send(event, settled_object(arguments), delivery=delivery)
        return await asyncio.shield(asyncio.create_task(self._handed_over(caller, *found, request)))

    async def _handed_over(self, caller: Caller, served: Served, before: Session, request: Send) -> Reply | Stray:
        decision = await self._carrier.proven(served, before, self._command(caller, request))
        return self._answering.at_once(served, before, decision)

    async def decide(self, caller: Caller, session: str, request: Decide) -> Reply | Stray:
        """Decide the open review of a session, or a call that waits, for a person who has seen what it shows."""
        request = replace(request, arguments=settled_object(request.arguments))
        return await self._request(caller, session, request.event, request)

    async def offered(self, caller: Caller, session: str, people: People) -> Offer | None:
        """Say what the person behind a caller could decide of a session inside their client; None where nothing."""
        found = await self._finder.seen(caller, session)
        person = None if found is None else await people.behind(caller.actor, found[0].workflow)
        if found is None or person is None:
            return None
        decider = Caller(person, caller.client, CHANNEL)
        owns = await self.engine.reading(owned_by, person.accountable)
        return offer(
            person, found[0].workflow, found[1], lambda request: self._command(decider, replace(request, owns=owns))
        )

    async def hold(self, caller: Caller, session: str, request: Claim | Release | Delegate) -> Reply | Stray:
        """Claim, release or delegate the open review of a session, or a call that waits, for a person."""
        return await self._request(caller, session, asked_for(request)[0], request)

    async def would_refuse(self, caller: Caller, session: str, request: Request) -> Refusal | None:
        """Say why a request would be refused now; it is not made, and nothing is written down."""
        found = await self._finder.seen(caller, session)
        if found is None:
            return NOT_FOUND
        told = await with_owned(self.engine, caller.actor, request)
        return decide(found[0].workflow, found[1], self._command(caller, told)).refusal

    async def cancel(self, caller: Caller, session: str, reason: str) -> Reply | Stray:
        """End a session where it is."""
        return await self._request(caller, session, "cancel", Cancel(reason))

    async def restart(self, caller: Caller, session: str, state: str, reason: str) -> Reply | Stray:
        """Let a session go on from a state, whether it has ended or not."""
        return await self._request(caller, session, "restart", Restart(state, reason))

    async def settle(self, caller: Caller, session: str, request: Attest) -> Reply | Stray:
        """Say how a write has ended that nobody knows the outcome of."""
        return await self._request(caller, session, "settle", request)

    async def list_sessions(self, caller: Caller, chosen: SessionChoice, cursor: str | None = None) -> Sessions | Stray:
        """List sessions this caller may see, newest first."""
        seen = await self._finder.sight(caller)
        wanted = SessionFilter(chosen.workflow, chosen.state, begins=chosen.begins, seen=seen)
        try:
            page = await self.engine.reading(list_sessions, wanted, LISTED_SESSIONS, cursor)
        except ValueError as error:
            return await self._finder.refuse(
                caller, "list_sessions", Refusal("INVALID_FIELDS", f"cursor: {error}."), {"cursor": cursor}
            )
        return Sessions(tuple(one.as_json() for one in page.sessions), page.cursor)

    async def diagram(self, caller: Caller, session: str) -> str | Stray:
        """Draw the session's workflow as mermaid, with the current state marked."""
        found = await self._finder.find(caller, session, "diagram")
        return found if isinstance(found, Stray) else mermaid(found[0].workflow, Trail(found[1].state))

    async def audit(self, caller: Caller, session: str, after_revision: int = 0) -> AuditPage | Stray:
        """Give the session's audit rows that follow a revision; to anybody but a person without their bodies."""
        found = await self._finder.find(caller, session, "audit")
        if isinstance(found, Stray):
            return found
        rows = await self.engine.audit_rows(session, after_revision, LISTED_ROWS)
        hidden = set[str]() if caller.actor.kind == "human" else {"body"}
        shown = tuple({name: value for name, value in row.items() if name not in hidden} for row in rows)
        last = after_revision + len(rows)  # revisions have no gaps
        return AuditPage(shown, last if last < found[1].revision and rows else None)

    async def found(self, caller: Caller, session: str, action: str) -> tuple[Served, Session] | Stray:
        """Give a session this caller may see, with its workflow; `action` is what is asked of it, for the audit."""
        return await self._finder.find(caller, session, action)

    async def sight(self, caller: Caller) -> Seen:
        """Say what this caller may see of all sessions."""
        return await self._finder.sight(caller)

    async def stray(self, caller: Caller, action: str, refusal: Refusal, arguments: JsonObject | None) -> None:
        """Record a refused call that belongs to no session."""
        await self._finder.refuse(caller, action, refusal, arguments or {})

    def subscribe(self, session: str, on_change: Callable[[Glimpse], None]) -> Callable[[], None]:
        """Tell what the session does now, and whenever that changes; the result ends that."""
        return self._follower.follow(session, on_change)

    @property
    def is_deciding(self) -> bool:
        """Whether a client's request is being decided now."""
        return self._decider.is_deciding

    async def aclose(self) -> None:
        """Take no more requests, wait for the calls that run, and stop following sessions.

        A request that is being decided now is decided first: what it commits to runs here, and is waited for.
        """
        self._follower.close()
        if self.driver is not None:
            await self.driver.aclose()
        await self._decider.aclose()
        await self.performer.aclose()

    async def _request(self, caller: Caller, session: str, action: str, request: Request) -> Reply | Stray:
        found = await self._finder.find(caller, session, action)
        if isinstance(found, Stray):
            return found
        served, before = found
        request = await with_owned(self.engine, caller.actor, request)
        return await asyncio.shield(asyncio.create_task(self._carrier.submit(caller, served, before, request)))

    # What happens after a command.

    async def submit_and_follow(self, session: Session, request: Request, command_id: str) -> Session | None:
        """Submit what happens by itself (an outcome, a timer, a takeover), and run what that opens."""
        return (await self._follow(session, request, command_id)).session

    async def submit_turn(
        self, session: Session, request: Ask | Answer, command_id: str, caller: Caller | None
    ) -> Decision:
        """Submit what comes of a model's turn, for the server itself or for the agent that the model is."""
        if caller is None:
            return await self._follow(session, request, command_id)
        served = await self.catalogue.recall(session.definition, self.engine)
        decision = await self.engine.submit(session.id, self._command(caller, request, command_id))
        if served is not None and decision.session is not None:
            self.performer.run_open(served, decision.session, decision.clear)
        return decision

    def _drive(self, served: Served, session: Session) -> None:
        if self.driver is not None:
            self.driver.drive(served, session)

    async def stored(self, session: Session, revision: int) -> tuple[Json, list[Json] | None]:
        """Give the result in the fact of this revision, and its MCP content."""
        return await stored_result(self.engine, session, revision)

    async def _follow(self, session: Session, request: Request, command_id: str) -> Decision:
        served = await self.catalogue.recall(session.definition, self.engine)
        command = self._command(_ITSELF, request, command_id)
        decision = await self.engine.submit(session.id, command)
        if served is not None and decision.session is not None:
            self.performer.run_open(served, decision.session, decision.clear)
        return decision

    def _command(self, caller: Caller, request: Request, command_id: str | None = None) -> Command:
        return Command(
            id=command_id or new_command_id(),
            at=self.clock.now_ms(),
            actor=caller.actor,
            channel=caller.channel,
            instance=self.instance,
            request=request,
            client=caller.client,
            asks_models=self.driver is not None,
        )
