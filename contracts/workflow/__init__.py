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

from ..expressions import Expression, Template
from ..schemas import Contract, Schema
from ..values import Json
from .states import (
    After,
    AgentState,
    Agree,
    AllStep,
    CallStep,
    Channel,
    Due,
    Event,
    ExternalState,
    FinalState,
    Floors,
    HumanState,
    Limit,
    LimitKind,
    Model,
    Outcome,
    Review,
    SecondCall,
    SetStep,
    State,
    Step,
    SystemState,
    Transition,
)
from .tools import (
    Approval,
    Condition,
    Effect,
    Evidence,
    Index,
    Key,
    Rate,
    Reconcile,
    Retry,
    Save,
    ToolDefinition,
    ToolGroup,
    ToolPolicy,
    ToolUse,
    Within,
)

__all__ = [
    "RESERVED_NAMES",
    "Access",
    "After",
    "AgentState",
    "Agree",
    "AllStep",
    "Approval",
    "CallStep",
    "Channel",
    "Condition",
    "Delivery",
    "Due",
    "Effect",
    "Event",
    "Evidence",
    "ExternalState",
    "Field",
    "FinalState",
    "Floors",
    "HumanState",
    "Index",
    "Key",
    "Limit",
    "LimitKind",
    "Model",
    "Outcome",
    "Rate",
    "Reconcile",
    "Retry",
    "Review",
    "Save",
    "Schedule",
    "Scheme",
    "SecondCall",
    "SetStep",
    "Source",
    "State",
    "Step",
    "SystemState",
    "ToolDefinition",
    "ToolGroup",
    "ToolPolicy",
    "ToolUse",
    "Transition",
    "Trigger",
    "Webhook",
    "Within",
    "Workflow",
]

Scheme: TypeAlias = Literal["standard", "github", "stripe", "mailgun", "basic"]
RESERVED_NAMES: Final = frozenset({"session", "expected_revision", "confidence", "rationale", "alternatives"})


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
class Delivery:
    """The event that a webhook's request is, and the session of the workflow that it is for; all read `body`."""

    session: Expression
    event: str
    fields: Template


@dataclass(frozen=True, slots=True)
class Webhook:
    """A request from outside that proves its sender and starts a session, or moves one that waits.

    `secrets` names variables of the environment; what any of them opens is taken. `purpose` gives the fields that
    a session starts with, or says what is delivered. `dedupe` gives what is the same for requests that are one;
    None: what the scheme signs says so.
    """

    name: str | None
    scheme: Scheme
    secrets: tuple[str, ...]
    purpose: Template | Delivery
    dedupe: Expression | None


@dataclass(frozen=True, slots=True)
class Schedule:
    """Times at which a session starts by itself: five fields of cron, read in a time zone of the IANA's list.

    `text` is the canonical text of the whole, by which one schedule is told from another.
    """

    cron: str
    zone: str
    start: Template
    text: str


Trigger: TypeAlias = Webhook | Schedule


@dataclass(frozen=True, slots=True)
class Workflow:
    """A compiled workflow. Equal text, with equal prompts, has an equal `digest`, and a session keeps the digest.

    `tools` holds a policy for every tool that is named anywhere in the file. `remembered` are the
    tools whose `done` an expression reads, so that a session keeps arguments and results of those
    only; `indexes` does so for evidence, by tool. `voiding` are the tools, and `write`, that some evidence
    is good `until`. `definitions` is filled by `bound`, when the sources have been asked.
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
    indexes: Mapping[str, tuple[Index, ...]] = field(default_factory=dict[str, tuple[Index, ...]])
    voiding: frozenset[str] = frozenset()
    triggers: tuple[Trigger, ...] = ()
    prompts: Mapping[str, str] = field(default_factory=dict[str, str])
    """The prompts that are files, by the names that the file has for them: `with_prompts` fills them in."""
    definitions: Mapping[str, ToolDefinition] = field(default_factory=dict[str, ToolDefinition])
    quarantined: Mapping[str, str] = field(default_factory=dict[str, str])
    """Tools that are not what was pinned, with what is said of each; they are neither offered nor called."""
    tool_contracts: Mapping[tuple[str, str], Contract] = field(default_factory=dict[tuple[str, str], Contract])
    """Contract of a tool in a state, by (state, tool): the definition's arguments without the fixed ones."""
