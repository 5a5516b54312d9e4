"""Commands: what somebody asks of a session. They may be refused; facts may not.

Whatever the machine must know of the world arrives in here: the time, identifiers, who asks, the
server process that would run what is opened, how calls ended. A command's identifier is made by
the surface (random) or is deterministic (`timer:2.after.0`, `outcome:17`), so that the same thing
said twice is told from two things.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from pointsman.contracts.values import Json, JsonObject
from pointsman.contracts.workflow import Model

from .facts import CallResult
from .model_turns import TurnResult
from .session import Actor, ActorKind


@dataclass(frozen=True, slots=True)
class Start:
    """Start a session of the workflow with this digest, under this identifier."""

    session: str
    definition: str
    fields: JsonObject


@dataclass(frozen=True, slots=True)
class Call:
    """An agent asks for a tool.

    `fetched` names the evidence that the server has tried to fetch for this request already.
    `in_flight` counts the reads of this stay that run and are not committed yet, and
    `in_flight_of_tool` those of them that are of this tool: limits count what is under way.
    """

    tool: str
    arguments: JsonObject
    expected_revision: int | None = None
    in_flight: int = 0
    in_flight_of_tool: int = 0
    fetched: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Read:
    """A read the machine permits: run it, then tell the outcome with `Observe`.

    `revision` is the session's when it was permitted. A read with the purpose `fetch` is the server's
    own, made because an event or a call needs it as evidence; one with the purpose `reconcile` asks whether
    a write in doubt has happened.
    """

    id: str
    tool: str
    arguments: JsonObject
    stay: int
    revision: int
    purpose: Literal["agent", "fetch", "reconcile"] = "agent"


def reconcile_prefix(call: str) -> str:
    """Give what the identifiers of reads begin with that ask about the write in doubt of this number."""
    return f"{call}:reconcile:"


@dataclass(frozen=True, slots=True)
class Observe:
    """A permitted read has ended."""

    read: Read
    result: CallResult


@dataclass(frozen=True, slots=True)
class Send:
    """An agent, or the outside, sends an event. `arguments` hold reserved names too; `fetched` as in `Call`.

    `delivery` is what its sender knows it by: the same one is taken once in a session, whatever has happened since.
    """

    event: str
    arguments: JsonObject
    expected_revision: int | None = None
    fetched: tuple[str, ...] = ()
    delivery: str | None = None


@dataclass(frozen=True, slots=True)
class Decide:
    """A person decides the open review, or the call that waits for the `approval` of this number, having seen what
    has this digest, in this stay. `fetched` as in `Call`.

    `owns` names the agents and systems that the person answers for: whoever excludes one of them excludes the person.
    """

    event: str
    arguments: JsonObject
    shown_digest: str
    stay: int
    fetched: tuple[str, ...] = ()
    approval: str | None = None
    owns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Claim:
    """A person claims what they may decide, so that they alone do; of another person only where they `take_over`.
    `approval` and `owns` as in `Decide`.
    """

    approval: str | None = None
    take_over: bool = False
    owns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Release:
    """A person gives back what they have claimed. `approval` as in `Decide`."""

    approval: str | None = None


@dataclass(frozen=True, slots=True)
class Delegate:
    """A person hands what they may decide to another one. `approval` and `owns` as in `Decide`.

    `to_kind` is what kind of actor the other one is, where that is known; `to_owns` are the agents and systems that
    they answer for.
    """

    to: str
    reason: str
    approval: str | None = None
    owns: tuple[str, ...] = ()
    to_kind: ActorKind | None = None
    to_owns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Settle:
    """An open call has ended. Ignored if another process runs it, or it was settled before: but a write that was
    settled as unknown has its outcome then, however late.
    """

    call: str
    result: CallResult


@dataclass(frozen=True, slots=True)
class TakeOver:
    """The process that ran an open call is gone. A read runs again here. A write whose downstream takes its key, or
    can be asked, is settled from here; any other becomes unknown.

    `stands` says that the process is there still, only that it shows no life: what it has sent may be under way.
    """

    call: str
    instance: str
    stands: bool = False


@dataclass(frozen=True, slots=True)
class Ask:
    """The turn of this number is to be opened in this stay: a model is asked, again.

    The server asks so in a state that is a model's, when all is done that the answer before wanted. In a state that is
    an agent's, an agent that is a model driven from here asks so, and says which `model`, with its bounds. `gone` is
    the process that has the turn and has ended.
    """

    stay: int
    turn: int
    model: Model | None = None
    gone: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A model has answered the turn of this number in this stay, or could not be asked. `attempt` is that of the turn
    when it was asked.
    """

    stay: int
    turn: int
    attempt: int
    answer: TurnResult


@dataclass(frozen=True, slots=True)
class Expire:
    """A timer is due."""

    timer: str


@dataclass(frozen=True, slots=True)
class Cancel:
    """A person ends the session."""

    reason: str


@dataclass(frozen=True, slots=True)
class Restart:
    """A person lets the session go on from a state, whether it has ended or not. `owns` as in `Decide`."""

    state: str
    reason: str
    owns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Attest:
    """A person says how a write ended of which nobody knows whether it happened, and what it gave.

    `call` is the number of the fact that intended it.
    """

    call: str
    outcome: Literal["done", "failed"]
    reason: str
    result: Json = None


Judged: TypeAlias = Decide | Claim | Delegate | Restart
"""What depends on whom a person answers for."""
Turns: TypeAlias = Ask | Answer
Request: TypeAlias = (
    Start | Call | Observe | Send | Judged | Release | Settle | TakeOver | Turns | Expire | Cancel | Attest
)


@dataclass(frozen=True, slots=True)
class Command:
    """A request, with who asks, when and through what.

    `at` is milliseconds since the epoch; `instance` is the server process that submits the command and runs the calls
    it opens, and asks models if it `asks_models`; `channel` is `mcp`, `cli`, `script`, `api`, `console`, `elicitation`,
    `webhook`, `schedule`, `model` or `server`.
    """

    id: str
    at: int
    actor: Actor
    channel: str
    instance: str
    request: Request
    client: str | None = None
    asks_models: bool = False
