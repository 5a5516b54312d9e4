"""Parts of a workflow as the machine reads it."""

from __future__ import annotations

from pointsman.contracts.values import JsonObject
from pointsman.contracts.workflow import AgentState, HumanState, SystemState, Workflow


def agent(workflow: Workflow, name: str) -> AgentState:
    state = workflow.states[name]
    assert isinstance(state, AgentState)
    return state


def human(workflow: Workflow, name: str) -> HumanState:
    state = workflow.states[name]
    assert isinstance(state, HumanState)
    return state


def system(workflow: Workflow, name: str) -> SystemState:
    state = workflow.states[name]
    assert isinstance(state, SystemState)
    return state


def properties(schema: JsonObject) -> list[str]:
    found = schema["properties"]
    assert isinstance(found, dict)
    return list(found)
