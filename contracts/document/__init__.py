"""The workflow file's own shape, as pydantic models: the keys, their types, their short forms.

What a key means is said in the workflow format. Here stands only what one place of the file can say
by itself; what places say of each other is judged in `rules`. `build` makes a `Workflow` of this.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from .part import Given, Name, Part, Share, Texts, ToolName, WorkflowName
from .states import AnyState, LimitPart
from .tools import PolicyPart, SourcePart
from .triggers import TriggersPart


class StartPart(Part):
    """`start`."""

    requires: list[str] = Field(default_factory=list)
    accepts: list[str] = Field(default_factory=list)


class AccessPart(Part):
    """`access`."""

    start: Texts | None = None
    drive: Texts | None = None
    view: Texts | None = None


class ConfidencePart(Part):
    """`confidence` of the workflow."""

    floor: Share = 0.0
    path_floor: Share = 0.0
    below: str


class Document(Part):
    """A workflow file."""

    workflow: WorkflowName
    version: Annotated[int, Field(ge=0, le=2**31 - 1)]
    title: str | None = None
    goal: str | None = None
    owner: str | None = None
    description: str | None = None
    record: dict[Name, Given] = Field(default_factory=dict)
    start: StartPart = StartPart()
    initial: str
    roles: list[Name] = Field(default_factory=list)
    access: AccessPart = AccessPart()
    sources: dict[Name, SourcePart] = Field(default_factory=dict)
    tools: dict[ToolName, PolicyPart] = Field(default_factory=dict)
    confidence: ConfidencePart | None = None
    limits: list[LimitPart] = Field(default_factory=list["LimitPart"])
    triggers: TriggersPart = TriggersPart()
    states: dict[Name, AnyState] = Field(min_length=1)
