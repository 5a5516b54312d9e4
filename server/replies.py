"""The port between a surface and the governor: who calls, what comes back, and what may be asked.

A surface knows a protocol and no rules; the governor knows the rules and no protocol. They meet
in these types only. A refusal is a value here like any other reply, never an exception.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

from pointsman.contracts.values import Json, JsonObject
from pointsman.contracts.workflow import Workflow
from pointsman.fsm.allowed import Action
from pointsman.fsm.commands import Decide
from pointsman.fsm.refusals import Refusal
from pointsman.fsm.session import Actor, Ended
from pointsman.tools.conversation import Conversation, Question

if TYPE_CHECKING:
    from .elicitation.offer import Offer
    from .elicitation.people import People

ReplyOutcome: TypeAlias = Literal["done", "refused", "failed", "unknown", "waiting"]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, as a surface knows it.

    `actor` is the accountable principal (on stdio `local:<user of the operating system>`), `client`
    the name of the client program, `channel` the way the call came.
    """

    actor: Actor
    client: str | None
    channel: str


@dataclass(frozen=True, slots=True)
class WaitingFor:
    """Who must act before the agent can. `due` is RFC 3339 in UTC."""

    actor: str
    role: str | None = None
    due: str | None = None


@dataclass(frozen=True, slots=True)
class ApprovalShown:
    """A call that was put before a person, as its agent sees it: with the arguments it gave, and none that are fixed.

    `number` is what people name it by; `due` is RFC 3339 in UTC. `arguments` come with the status.
    """

    number: str
    tool: str
    status: str
    arguments: JsonObject | None = None
    by: str | None = None
    rationale: str | None = None
    due: str | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What a governed call led to, and where its session is now.

    `entered` says that the state or the status has changed, so that `goal`, `forbid`, `context` and
    the schemas of `allowed` are of interest. `approvals` are those of the stay: all of them then, and
    otherwise those that wait or run. `content` are the blocks of MCP content that the called tool
    answered with; `result` may hold them too.
    """

    session: str
    workflow: str
    state: str
    revision: int
    outcome: ReplyOutcome
    result: Json = None
    refusal: Refusal | None = None
    repeated: bool = False
    entered: bool = False
    goal: str | None = None
    forbid: str | None = None
    context: JsonObject | None = None
    allowed: tuple[Action, ...] = ()
    waiting_for: WaitingFor | None = None
    ended: Ended | None = None
    approvals: tuple[ApprovalShown, ...] = ()
    content: tuple[Json, ...] = ()


@dataclass(frozen=True, slots=True)
class Glimpse:
    """What a session does at a moment: its stay, the tools that run, and whether it rests."""

    state: str
    stay: int
    running: tuple[str, ...]
    rests: bool


@dataclass(frozen=True, slots=True)
class SessionChoice:
    """Which of the sessions a caller may see are asked for: all that agree with every member that is not None."""

    workflow: str | None = None
    state: str | None = None
    begins: str | None = None


@dataclass(frozen=True, slots=True)
class Sessions:
    """Some sessions, newest first, and the cursor of those that follow (None: there are no more)."""

    sessions: tuple[JsonObject, ...]
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Some rows of a session, oldest first; the next page, if there is one, follows the revision `next_after`."""

    rows: tuple[JsonObject, ...]
    next_after: int | None = None


@dataclass(frozen=True, slots=True)
class Stray:
    """A refusal that belongs to no session this caller may see."""

    refusal: Refusal


Begun: TypeAlias = Callable[[str], None]
"""Is told the session of a call, once it is known that the caller may see it."""


class Waiter(Conversation, Protocol):
    """Whoever waits for the reply to a call."""

    def begun(self, session: str) -> None:
        """Hear which session it is for, once it is known that the caller may see it."""
        ...

    @property
    def patience_s(self) -> float | None:
        """How long the reply may still wait for what is `put`, in seconds; None where that has its own bound alone."""
        ...

    async def put(self, question: Question) -> JsonObject | None:
        """Ask what may be answered after the reply, too: as a result of MCP, or None where no answer comes."""
        ...


class Governed(Protocol):
    """What a surface needs of the governor."""

    def workflows(self) -> Sequence[Workflow]:
        """Give the workflows that are served, in the order they were given."""
        ...

    async def start(
        self, caller: Caller, workflow: str, fields: JsonObject, begun: Begun | None = None
    ) -> Reply | Stray:
        """Start a session. `begun` is told of it before it rests."""
        ...

    async def status(self, caller: Caller, session: str) -> Reply | Stray:
        """Say where a session is; `entered` is set."""
        ...

    async def workflow_of(self, caller: Caller, session: str) -> str | None:
        """Name the workflow of a session this caller may see; None for any other. Nothing is recorded."""
        ...

    async def act(
        self,
        caller: Caller,
        session: str,
        action: str,
        arguments: JsonObject,
        expected_revision: int | None = None,
        waiter: Waiter | None = None,
    ) -> Reply | Stray:
        """Call a tool or send an event. `action` is its name, dotted or as written on the wire.

        The tool that is called may speak with whoever waits for it, as long as they do.
        """
        ...

    async def offered(self, caller: Caller, session: str, people: People) -> Offer | None:
        """Say what the person behind a caller could decide of a session; None where that is nothing."""
        ...

    async def decide(self, caller: Caller, session: str, request: Decide) -> Reply | Stray:
        """Decide the open review of a session, for a person who has seen what it shows."""
        ...

    async def list_sessions(self, caller: Caller, chosen: SessionChoice, cursor: str | None = None) -> Sessions | Stray:
        """List sessions this caller may see, newest first; those that follow when given their cursor."""
        ...

    async def diagram(self, caller: Caller, session: str) -> str | Stray:
        """Draw the session's workflow as mermaid, with the current state marked."""
        ...

    async def audit(self, caller: Caller, session: str, after_revision: int = 0) -> AuditPage | Stray:
        """Give the session's audit rows that follow a revision."""
        ...

    async def stray(self, caller: Caller, action: str, refusal: Refusal, arguments: JsonObject | None) -> None:
        """Record a refused call that belongs to no session in the chain `server`."""
        ...

    def subscribe(self, session: str, on_change: Callable[[Glimpse], None]) -> Callable[[], None]:
        """Tell what the session does now, and whenever that changes; the result ends it. No rights are asked for."""
        ...
