"""States: their steps, events, reviews, timers and limits.

Tags of unions are in brackets, because pydantic puts them into the locations of errors: no key looks like that.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self, TypeAlias

from pydantic import BeforeValidator, Discriminator, Field, StringConstraints, Tag, model_validator

from ..bounds import MODEL_TOKENS, MODEL_TURNS
from .part import Count, Duration, Given, Name, Part, Span, ToolName, Unfit, mapping_of, single

Channel: TypeAlias = Literal["console", "api", "cli", "elicitation"]


def _targets(value: object) -> object:
    """Read a state's name where a list of transitions may stand."""
    return [{"to": value}] if isinstance(value, str) else value


def _used(value: object) -> object:
    """Read a tool's name where a mapping may stand."""
    return {"use": value} if isinstance(value, str) else value


class LimitPart(Part):
    """A limit and where it leads."""

    calls: Count | None = None
    denials: Count | None = None
    invalid: Count | None = None
    steps: Count | None = None
    duration: Span | None = None
    cost: Annotated[float, Field(gt=0)] | None = None
    tokens: Count | None = None
    then: str

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        kinds = (self.calls, self.denials, self.invalid, self.steps, self.duration, self.cost, self.tokens)
        if sum(kind is not None for kind in kinds) != 1:
            raise Unfit(
                "a limit is one of `calls`, `denials`, `invalid`, `steps`, `duration`, `cost`, `tokens`, "
                "and its `then`",
                "Write one list entry for each.",
            )
        return self


class TransitionPart(Part):
    """An entry of `next`."""

    to: str
    when: str | None = None
    message: str | None = None


class AfterPart(Part):
    """A timer of a state."""

    in_: Duration = Field(alias="in")
    to: str
    when: str | None = None
    message: str | None = None


Next: TypeAlias = Annotated[
    list[TransitionPart], BeforeValidator(_targets, json_schema_input_type=str | list[TransitionPart])
]
Ways: TypeAlias = Annotated[
    list[TransitionPart],
    Field(min_length=1),
    BeforeValidator(_targets, json_schema_input_type=str | Annotated[list[TransitionPart], Field(min_length=1)]),
]
"""A `next` that leads somewhere."""
Afters: TypeAlias = Annotated[
    list[AfterPart], BeforeValidator(single, json_schema_input_type=AfterPart | list[AfterPart])
]


def _save_form(value: object) -> str:
    return "(fields)" if isinstance(value, dict) else "(field)"


Save: TypeAlias = Annotated[
    Annotated[str, Tag("(field)")] | Annotated[dict[str, Given], Tag("(fields)")], Discriminator(_save_form)
]


class CallPart(Part):
    """A step that calls a tool."""

    call: ToolName
    with_: dict[str, Given] = Field(default_factory=dict, alias="with")
    save: Save | None = None


class SetPart(Part):
    """A step that sets fields."""

    set_: dict[str, Given] = Field(alias="set", min_length=1)


def _step_kind(value: object) -> str | None:
    keys = mapping_of(value) or {}
    return next((f"({kind})" for kind in ("call", "set", "all") if kind in keys), None)


SingleStep: TypeAlias = Annotated[
    Annotated[CallPart, Tag("(call)")] | Annotated[SetPart, Tag("(set)")], Discriminator(_step_kind)
]


class AllPart(Part):
    """Steps at the same time."""

    all_: list[SingleStep] = Field(alias="all", min_length=1)


StepPart: TypeAlias = Annotated[
    Annotated[CallPart, Tag("(call)")] | Annotated[SetPart, Tag("(set)")] | Annotated[AllPart, Tag("(all)")],
    Discriminator(_step_kind),
]


class EvidencePart(Part):
    """A call that must have succeeded before."""

    call: ToolName
    with_: dict[str, Given] = Field(default_factory=dict, alias="with")
    when: str | None = None
    within: Literal["stay", "session"] = "stay"
    until: Annotated[list[str], BeforeValidator(single, json_schema_input_type=str | list[str])] = Field(
        default_factory=list
    )
    fetch: bool = False


def _evidence_form(value: object) -> str:
    return "(named)" if isinstance(value, dict) else "(list)"


Evidence: TypeAlias = Annotated[
    Annotated[list[ToolName], Tag("(list)")] | Annotated[dict[Name, EvidencePart], Tag("(named)")],
    Discriminator(_evidence_form),
]


class ApprovalPart(Part):
    """`approval` of a tool: a person approves each call."""

    role: str
    exclude: list[str] = Field(default_factory=list)
    within: Span | None = None


class ToolUsePart(Part):
    """A tool as a state offers it."""

    use: ToolName
    with_: dict[str, Given] = Field(default_factory=dict, alias="with")
    when: str | None = None
    message: str | None = None
    evidence: Evidence = Field(default_factory=list[str])
    limit: Count | None = None
    save: Save | None = None
    approval: ApprovalPart | None = None


class ToolGroupPart(Part):
    """All tools of one effect that a source has."""

    source: Name
    effect: Literal["read", "write"]


def _offer_form(value: object) -> str:
    return "(group)" if "source" in (mapping_of(value) or {}) else "(use)"


Offer: TypeAlias = Annotated[
    Annotated[
        Annotated[ToolUsePart, Tag("(use)")] | Annotated[ToolGroupPart, Tag("(group)")], Discriminator(_offer_form)
    ],
    BeforeValidator(_used, json_schema_input_type=ToolName | ToolUsePart | ToolGroupPart),
]


class EventPart(Part):
    """An event of a state."""

    description: str | None = None
    requires: list[str] = Field(default_factory=list)
    accepts: list[str] = Field(default_factory=list)
    payload: dict[str, Given] = Field(default_factory=dict)
    evidence: Evidence = Field(default_factory=list[str])
    when: str | None = None
    message: str | None = None
    approvals: Annotated[int, Field(ge=1, le=100)] = 1
    confidence: Literal["off"] | None = None
    agree: Literal["off"] | None = None
    next: Ways


Events: TypeAlias = dict[Name, EventPart]


class StatePart(Part):
    """What the states of all actors share."""

    goal: str | None = None
    forbid: str | None = None
    entry: list[StepPart] = Field(default_factory=list["StepPart"])
    exit: list[StepPart] = Field(default_factory=list["StepPart"])
    after: Afters = Field(default_factory=list["AfterPart"])
    limits: list[LimitPart] = Field(default_factory=list["LimitPart"])
    failed: str | None = None
    unknown: str | None = None
    confidence: Literal["off"] | None = None


class ModelPart(Part):
    """`model` of a state whose actor is `model`: which one the server asks, and its bounds."""

    name: Annotated[str, StringConstraints(min_length=1)]
    prompt: str | None = None
    max_tokens: Annotated[int, Field(ge=1, le=MODEL_TOKENS)] = 4096
    max_turns: Annotated[int, Field(ge=1, le=MODEL_TURNS)] = 10
    timeout: Span = "60s"


class SecondModelPart(Part):
    """A second reading by a model, in a conversation of its own."""

    model: ModelPart


class SecondCallPart(Part):
    """A second reading by a tool."""

    call: ToolName
    with_: dict[str, Given] = Field(default_factory=dict, alias="with")
    fields: Annotated[dict[str, Given], Field(min_length=1)]


def _second_form(value: object) -> str:
    return "(call)" if "call" in (mapping_of(value) or {}) else "(model)"


Second: TypeAlias = Annotated[
    Annotated[SecondModelPart, Tag("(model)")] | Annotated[SecondCallPart, Tag("(call)")], Discriminator(_second_form)
]


class AgreePart(Part):
    """`agree` of a state: two readings that know nothing of each other."""

    fields: Annotated[list[str], Field(min_length=1)]
    second: Second
    differ: str


class AgentPart(StatePart):
    """A state in which an agent acts."""

    actor: Literal["agent", "model"]
    model: ModelPart | None = None
    agree: AgreePart | None = None
    show: list[str] = Field(default_factory=list)
    tools: list[Offer] = Field(default_factory=list["ToolUsePart | ToolGroupPart"])
    events: Events = Field(default_factory=dict)


class SystemPart(StatePart):
    """A state in which the server acts."""

    actor: Literal["system"]
    run: list[StepPart] = Field(default_factory=list["StepPart"])
    next: Next = Field(default_factory=list[TransitionPart])


class ShowCallPart(Part):
    """A call whose result a reviewer sees."""

    call: ToolName
    with_: dict[str, Given] = Field(default_factory=dict, alias="with")
    as_: Name | None = Field(default=None, alias="as")


def _shown_form(value: object) -> str:
    return "(call)" if isinstance(value, dict) else "(field)"


Shown: TypeAlias = Annotated[
    Annotated[str, Tag("(field)")] | Annotated[ShowCallPart, Tag("(call)")], Discriminator(_shown_form)
]


class DuePart(Part):
    """`due` of a review."""

    in_: Duration = Field(alias="in")
    remind: Duration | None = None
    then: str


class ReviewPart(Part):
    """`review` of a human state."""

    role: str
    exclude: list[str] = Field(default_factory=list)
    show: list[Shown] = Field(default_factory=list["str | ShowCallPart"])
    edit: list[str] = Field(default_factory=list)
    rationale: Literal["required", "optional"] = "optional"
    accept: Annotated[list[Channel], Field(min_length=1)] = Field(
        default_factory=lambda: list[Channel](("console", "api", "cli"))
    )
    due: DuePart | None = None


class HumanPart(StatePart):
    """A state in which a person decides."""

    actor: Literal["human"]
    review: ReviewPart
    events: Events = Field(default_factory=dict)


class ExternalPart(StatePart):
    """A state that waits for the outside."""

    actor: Literal["external"]
    events: Events = Field(default_factory=dict)


class FinalPart(Part):
    """A final state."""

    final: Literal["success", "stopped", "manual", "failed"]
    owner: str | None = None


def _state_kind(value: object) -> str | None:
    state = mapping_of(value) or {}
    if "final" in state:
        return "(final)"
    actor = "agent" if state.get("actor") == "model" else state.get("actor")
    return f"({actor})" if isinstance(actor, str) else None


AnyState: TypeAlias = Annotated[
    Annotated[AgentPart, Tag("(agent)")]
    | Annotated[SystemPart, Tag("(system)")]
    | Annotated[HumanPart, Tag("(human)")]
    | Annotated[ExternalPart, Tag("(external)")]
    | Annotated[FinalPart, Tag("(final)")],
    Discriminator(_state_kind),
]
