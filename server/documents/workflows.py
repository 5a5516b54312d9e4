"""Workflows that are served: the list of them, and what one is about."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from pointsman.contracts.values import Json, JsonObject
from pointsman.contracts.workflow import (
    AgentState,
    ExternalState,
    FinalState,
    HumanState,
    State,
    Workflow,
)
from pointsman.fsm.stays import turn_of

from ..moves import moves_from
from ..store.reading import Seen, state_counts, workflow_counts
from ..store.waiting import waiting_counts
from .pages import Page


def entry(workflow: Workflow) -> JsonObject:
    """Give what a list has of a workflow."""
    return {
        "workflow": workflow.name,
        "version": workflow.version,
        "definition": workflow.digest,
        "title": workflow.title,
        "description": workflow.description,
    }


def document(workflow: Workflow) -> JsonObject:
    """Give a workflow: what a start takes, who may do what, and its states with where each leads."""
    access = workflow.access
    return {
        **entry(workflow),
        "goal": workflow.goal,
        "owner": workflow.owner,
        "roles": [*workflow.roles],
        "access": {"start": [*access.start], "drive": [*access.drive], "view": [*access.view]},
        "start": {"input_schema": workflow.start.input_schema},
        "initial": workflow.initial,
        "states": [_state(one) for one in workflow.states.values()],
    }


def counts(connection: Connection, workflow: str, seen: Seen | None) -> JsonObject:
    """Count the sessions of a workflow that somebody may see: in each of their states, those that run and that ended.

    States without any are left out; what older versions of the workflow called theirs is there.
    """
    found = state_counts(connection, workflow, seen)
    return {
        "workflow": workflow,
        "open": sum(one.open for one in found),
        "ended": sum(one.ended for one in found),
        "states": [one._asdict() for one in found],
    }


def overview(connection: Connection, known: Iterable[Workflow], seen: Seen | None) -> Page:
    """List workflows with how many of their sessions somebody may see that run, wait for people, or have failed."""
    counted, waiting = workflow_counts(connection, seen), waiting_counts(connection, seen)
    return Page(
        tuple(
            {
                **entry(one),
                "owner": one.owner,
                "running": counted[one.name].running if one.name in counted else 0,
                "waiting": waiting.get(one.name, 0),
                "failed": counted[one.name].failed if one.name in counted else 0,
            }
            for one in known
        )
    )


def _state(state: State) -> JsonObject:
    events = list(state.events) if isinstance(state, AgentState | HumanState | ExternalState) else []
    members: dict[str, Json] = {
        "state": state.name,
        "actor": turn_of(state),
        "goal": state.goal,
        "role": state.review.role if isinstance(state, HumanState) else None,
        "tools": [*state.tools] if isinstance(state, AgentState) else [],
        "events": [*events],
        "leads_to": [*dict.fromkeys(move.target for move in moves_from(state))],
        "final": state.outcome if isinstance(state, FinalState) else None,
    }
    return members
