"""Workflows."""

from __future__ import annotations

from pydantic import BaseModel, Field

from pointsman.fsm.session import TurnOf

from .parts import Listed, Object


class WorkflowEntry(BaseModel):
    """A workflow in a list."""

    workflow: str
    version: int
    definition: str
    title: str | None
    description: str | None


class Workflows(Listed[WorkflowEntry]):
    """Workflows that are served."""


class AccessOf(BaseModel):
    """Who may do what: `anyone`, `starter`, or names of roles."""

    start: list[str]
    drive: list[str]
    view: list[str]


class StartOf(BaseModel):
    """What a start takes."""

    input_schema: Object


class StateOf(BaseModel):
    """A state of a workflow."""

    state: str
    actor: TurnOf
    goal: str | None
    role: str | None
    tools: list[str]
    events: list[str]
    leads_to: list[str]
    final: str | None


class StateCounts(BaseModel):
    """Sessions that are in a state, or have ended there."""

    state: str
    open: int
    ended: int


class Counts(BaseModel):
    """The sessions of a workflow, counted."""

    workflow: str
    open: int
    ended: int
    states: list[StateCounts] = Field(description="Those that have any; also states of older versions.")


class Workflow(WorkflowEntry):
    """A workflow."""

    goal: str | None
    owner: str | None
    roles: list[str]
    access: AccessOf
    start: StartOf
    initial: str
    states: list[StateOf]
