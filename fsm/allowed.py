"""What is allowed now: the second pure function. Lists are made from it; enforcement never depends on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pointsman.contracts.values import JsonObject
from pointsman.contracts.workflow import AgentState, Event, Evidence, ExternalState, HumanState, ToolUse, Workflow

from .session import Session, TurnOf


@dataclass(frozen=True, slots=True)
class Action:
    """One tool (`docs.read`) or event (`submit_fields`) that the current state offers, and its arguments' schema."""

    name: str
    kind: Literal["tool", "event"]
    description: str
    input_schema: JsonObject


@dataclass(frozen=True, slots=True)
class Waiting:
    """Who must act before anything else happens; `due_at` in milliseconds since the epoch."""

    actor: TurnOf
    role: str | None = None
    due_at: int | None = None


def allowed(workflow: Workflow, session: Session) -> tuple[Action, ...]:
    """Give the tools and events of the current state, for the actor whose turn it is.

    Empty when the server works, when a timer must act, and when the session has ended. A tool whose
    definition is not bound, or not the pinned one, is left out: it could not be called.
    """
    if session.ended is not None or session.stay.position.phase != "ready":
        return ()
    state = workflow.states[session.state]
    match state:
        case AgentState():
            return offers(workflow, state)
        case HumanState() | ExternalState():
            return tuple(_event(event) for event in state.events.values())
        case _:
            return ()


def offers(workflow: Workflow, state: AgentState) -> tuple[Action, ...]:
    """Give the tools and events of a state, whatever session comes into it."""
    known = (use for use in state.tools.values() if use.tool in workflow.definitions)
    tools = [_tool(workflow, state, use) for use in known if use.tool not in workflow.quarantined]
    return (*tools, *(_event(event) for event in state.events.values()))


def waiting(session: Session) -> Waiting | None:
    """Say who must act; None when the session has ended."""
    if session.ended is not None:
        return None
    stay = session.stay
    if stay.position.phase != "ready" or stay.open:
        return Waiting("system", due_at=session.next_timer_at)
    if stay.review is not None:
        return Waiting("human", stay.review.role, stay.review.due_at)
    moving = (timer.at for timer in stay.timers.values() if timer.kind != "approval")
    return Waiting(stay.actor, due_at=min(moving, default=None))


def _tool(workflow: Workflow, state: AgentState, use: ToolUse) -> Action:
    definition = workflow.definitions[use.tool]
    contract = workflow.tool_contracts[state.name, use.tool]
    effect = "Reads only." if workflow.tools[use.tool].effect == "read" else "Changes something outside."
    times = "" if use.calls is None else f" At most {use.calls} calls here."
    approval = "" if use.approval is None else " Each call waits until a person approves its arguments."
    source = use.tool.partition(".")[0]
    own = workflow.sources[source].kind == "python" or not definition.description
    whose = "" if own else f"`{source}` says: "
    said = f"{whose}{definition.description} {effect}{times}{approval}{_needs(use.evidence)}"
    return Action(use.tool, "tool", said.strip(), contract.input_schema)


def _event(event: Event) -> Action:
    targets = dict.fromkeys(transition.to for transition in event.next)
    said = f"{event.description} " if event.description else ""
    about = f"{said}Leads to {' or '.join(targets)}.{_needs(event.evidence)}"
    return Action(event.name, "event", about, event.contract.input_schema)


def _needs(evidence: tuple[Evidence, ...]) -> str:
    """Say what an agent must call before; what the server fetches by itself is no demand on it."""
    here = dict.fromkeys(one.tool for one in evidence if one.within == "stay" and not one.fetch)
    before = dict.fromkeys(one.tool for one in evidence if one.within == "session" and not one.fetch)
    said = f" Needs {', '.join(here)} called here first." if here else ""
    return f"{said} Needs {', '.join(before)} called first." if before else said
