"""A workflow as the machine reads it: names resolved, guards compiled, durations in milliseconds.

`loading` makes one of these from a file; nothing changes it afterwards. The file's own shape, with
its shorthands, is `document`; here every shorthand is gone, so that `fsm` meets each idea in one
form only. What a key means is said in the workflow format; the docstrings here add only what the
compiled form adds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from .expressions import Expression, Guard, Template
from .schemas import Contract, Schema
from .values import Json, JsonObject

Effect: TypeAlias = Literal["read", "write"]
Outcome: TypeAlias = Literal["success", "stopped", "manual", "failed"]
LimitKind: TypeAlias = Literal["calls", "denials", "invalid", "steps", "duration", "cost"]
Channel: TypeAlias = Literal["console", "api", "cli", "elicitation"]

RESERVED_NAMES: Final = frozenset({"session", "expected_revision", "confidence", "rationale", "alternatives"})


@dataclass(frozen=True, slots=True)
class Condition:
    """A guard, and what the agent is told when it does not pass."""

    guard: Guard
    message: str | None = None


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
    """`amount` is a count; milliseconds for `duration`; US dollars for `cost`."""

    kind: LimitKind
    amount: float
    then: str


@dataclass(frozen=True, slots=True)
class Retry:
    """`attempts` includes the first; the n-th repetition waits `backoff_ms * 2**(n-1)`."""

    attempts: int = 1
    backoff_ms: int = 0


@dataclass(frozen=True, slots=True)
class Key:
    """The idempotency key of a write. Takes effect with the effects ledger.

    `over` names the arguments that make two calls the same (empty: all of them).
    """

    over: tuple[str, ...] = ()
    scope: Literal["session", "stay"] = "session"
    deliver: tuple[Literal["argument", "header", "meta"], str] | None = None


@dataclass(frozen=True, slots=True)
class Reconcile:
    """The read that tells whether a write happened. Takes effect with the effects ledger."""

    call: str
    arguments: Template
    happened: Guard


@dataclass(frozen=True, slots=True)
class ToolPolicy:
    """What the workflow says of a tool. A tool nothing is said of is a write."""

    name: str
    effect: Effect = "write"
    timeout_ms: int = 30_000
    retry: Retry = Retry()
    key: Key | None = None
    reconcile: Reconcile | None = None


@dataclass(frozen=True, slots=True)
class ToolDefinition:
    """What a source says of a tool: its description and the schemas of its arguments and result."""

    name: str
    description: str
    input_schema: JsonObject
    output_schema: JsonObject | None = None


@dataclass(frozen=True, slots=True)
class Save:
    """Where a call's result goes: each field of the record, and the expression that gives it.

    `save: po` is compiled to the field `po` with the expression `result`.
    """

    fields: Mapping[str, Expression]


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
class ToolUse:
    """A tool as one state offers it.

    `fixed` are the arguments the workflow decides; the agent neither sees nor chooses them.
    `calls` is how often it may be called in one stay, or None.
    """

    tool: str
    fixed: Template
    when: Condition | None = None
    calls: int | None = None
    save: Save | None = None


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
    is off. `evidence` names tools that must have succeeded in this stay.
    """

    name: str
    description: str | None
    contract: Contract
    fields: tuple[str, ...]
    evidence: tuple[str, ...]
    when: Condition | None
    floors: Floors | None
    next: tuple[Transition, ...]


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
    after: tuple[After, ...] = ()
    limits: tuple[Limit, ...] = ()
    failed: str | None = None
    unknown: str | None = None


@dataclass(frozen=True, slots=True)
class AgentState(State):
    """An agent acts: it calls tools and leaves by an event."""

    show: tuple[str, ...] = ()
    tools: Mapping[str, ToolUse] = field(default_factory=dict[str, ToolUse])
    events: Mapping[str, Event] = field(default_factory=dict[str, Event])


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


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the record, with the schema every value written to it is held to."""

    name: str
    schema: Schema


@dataclass(frozen=True, slots=True)
class Access:
    """Who may start, drive and view: `anyone`, `starter`, or names of roles."""

    start: tuple[str, ...] = ("anyone",)
    drive: tuple[str, ...] = ("starter",)
    view: tuple[str, ...] = ("starter",)


@dataclass(frozen=True, slots=True)
class Source:
    """Where tools come from. `settings` is what the file says under the kind's key."""

    name: str
    kind: Literal["python", "mcp", "openapi"]
    settings: Json


@dataclass(frozen=True, slots=True)
class Workflow:
    """A compiled workflow. Equal text has an equal `digest`, and a session keeps the digest.

    `tools` holds a policy for every tool that is named anywhere in the file. `remembered` are the
    tools whose `done` an expression reads, so that a session keeps arguments and results of those
    only. `definitions` is filled by `bound`, when the sources have been asked.
    """

    name: str
    version: int
    digest: str
    text: str
    title: str | None
    goal: str | None
    owner: str | None
    description: str | None
    record: Mapping[str, Field]
    start: Contract
    start_fields: tuple[str, ...]
    initial: str
    roles: tuple[str, ...]
    access: Access
    sources: Mapping[str, Source]
    tools: Mapping[str, ToolPolicy]
    remembered: frozenset[str]
    limits: tuple[Limit, ...]
    states: Mapping[str, State]
    definitions: Mapping[str, ToolDefinition] = field(default_factory=dict[str, ToolDefinition])
    tool_contracts: Mapping[tuple[str, str], Contract] = field(default_factory=dict[tuple[str, str], Contract])
    """Contract of a tool in a state, by (state, tool): the definition's arguments without the fixed ones."""
