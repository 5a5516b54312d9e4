"""States, by the actor whose turn it is in them, with their steps, events and reviews."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from ..expressions import Expression, Template
from ..schemas import Contract
from .tools import Condition, Evidence, Save, ToolGroup, ToolUse

Outcome: TypeAlias = Literal["success", "stopped", "manual", "failed"]
LimitKind: TypeAlias = Literal["calls", "denials", "invalid", "steps", "duration", "cost", "tokens"]
Channel: TypeAlias = Literal["console", "api", "cli", "elicitation"]


@dataclass(frozen=True, slots=True)
class Transition:
    """One entry of a `next` list; `when` is None for an unconditional one."""

    to: str
    when: Condition | None = None


@dataclass(frozen=True, slots=True)
class After:
    """A timer of a state. `in_ms` counts from entering it."""

    in_ms: int
    to: str
    when: Condition | None = None


@dataclass(frozen=True, slots=True)
class Limit:
    """`amount` is a count; milliseconds for `duration`; US dollars for `cost`. Models' `tokens` are all of them."""

    kind: LimitKind
    amount: float
    then: str


@dataclass(frozen=True, slots=True)
class CallStep:
    """A call the server makes. `shown_as` names it in a review's `show`."""

    tool: str
    arguments: Template
    save: Save | None = None
    shown_as: str | None = None


@dataclass(frozen=True, slots=True)
class SetStep:
    """Record fields set from expressions."""

    fields: Mapping[str, Expression]


@dataclass(frozen=True, slots=True)
class AllStep:
    """Steps that run at the same time, on one view of the record."""

    steps: tuple[CallStep | SetStep, ...]


Step: TypeAlias = CallStep | SetStep | AllStep


@dataclass(frozen=True, slots=True)
class Floors:
    """Confidence in force for an event: the least of the step, of the path, and who takes over."""

    floor: float
    path_floor: float
    below: str


@dataclass(frozen=True, slots=True)
class Event:
    """An event of a state, with its contract.

    `contract` covers everything that may be in the arguments, reserved names included; `fields`
    are those of its properties that are written to the record. `floors` is None where confidence
    is off. `approvals` is how many different persons must decide it with equal edits. `read_twice` says that it
    is a reading, which counts only if a second one agrees.
    """

    name: str
    description: str | None
    contract: Contract
    fields: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    when: Condition | None
    floors: Floors | None
    next: tuple[Transition, ...]
    approvals: int = 1
    read_twice: bool = False


@dataclass(frozen=True, slots=True)
class Due:
    """By when a review must be decided, and what happens else. `remind_ms` counts from opening."""

    in_ms: int
    then: str
    remind_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Review:
    """Who decides, what they see, what they may edit. `show` keeps the order of the file."""

    role: str
    exclude: tuple[Expression, ...]
    show: tuple[str | CallStep, ...]
    edit: tuple[str, ...]
    rationale_required: bool
    accept: frozenset[Channel]
    due: Due | None


@dataclass(frozen=True, slots=True)
class State:
    """What every state has. `failed` and `unknown` say where a step that failed, or whose outcome
    nobody knows, sends the session; None where no step of the state can end so.
    """

    name: str
    goal: str | None = None
    forbid: str | None = None
    entry: tuple[Step, ...] = ()
    exit: tuple[Step, ...] = ()
    after: tuple[After, ...] = ()
    limits: tuple[Limit, ...] = ()
    failed: str | None = None
    unknown: str | None = None


@dataclass(frozen=True, slots=True)
class Model:
    """The model that the server asks in a state. `prompt` is text, or a file's path beside the workflow file."""

    name: str
    prompt: str | None
    max_tokens: int
    max_turns: int
    timeout_ms: int


@dataclass(frozen=True, slots=True)
class SecondCall:
    """A tool that gives the second reading: its call, and where each of the compared fields is in what it gives."""

    step: CallStep
    fields: Mapping[str, Expression]


@dataclass(frozen=True, slots=True)
class Agree:
    """Two readings that know nothing of each other: which record fields both must give equally, who gives the second,
    and the human state that decides between them.
    """

    fields: tuple[str, ...]
    second: Model | SecondCall
    differ: str


@dataclass(frozen=True, slots=True)
class AgentState(State):
    """An agent acts: it calls tools and leaves by an event. Where there is a `model`, the server drives it itself.

    `groups` are those of the file; the tools they stand for are in `tools` once the workflow is bound.
    """

    show: tuple[str, ...] = ()
    tools: Mapping[str, ToolUse] = field(default_factory=dict[str, ToolUse])
    groups: tuple[ToolGroup, ...] = ()
    model: Model | None = None
    events: Mapping[str, Event] = field(default_factory=dict[str, Event])
    agree: Agree | None = None


@dataclass(frozen=True, slots=True)
class SystemState(State):
    """The server acts: it runs steps, then takes the first transition whose guard passes."""

    run: tuple[Step, ...] = ()
    next: tuple[Transition, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HumanState(State):
    """A person decides a review."""

    review: Review
    events: Mapping[str, Event]


@dataclass(frozen=True, slots=True)
class ExternalState(State):
    """The outside answers: a webhook, a mail bridge, another system."""

    events: Mapping[str, Event] = field(default_factory=dict[str, Event])


@dataclass(frozen=True, slots=True, kw_only=True)
class FinalState(State):
    """The session has ended here."""

    outcome: Outcome
    owner: str | None = None
