"""A small workflow, compiled by hand, and the commands the tests of the store and the engine play on it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pointsman.contracts.expressions import Template
from pointsman.contracts.schemas import Contract
from pointsman.contracts.values import JsonObject, digest_text
from pointsman.contracts.workflow import (
    Access,
    After,
    AgentState,
    Event,
    FinalState,
    HumanState,
    Review,
    ToolPolicy,
    ToolUse,
    Transition,
    Workflow,
)
from pointsman.fsm.commands import Call, Command, Request, Send, Start
from pointsman.fsm.session import Actor
from pointsman.server.engines.embedded import EmbeddedEngine, Hooks

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

T0: Final = 1_800_000_000_000
"""When every story begins, in milliseconds since the epoch; a command comes a second after the one before."""

ADA: Final = Actor("agent", "ada")
MARIA: Final = Actor("human", "maria", ("reviewer",))
MALLORY: Final = Actor("agent", "mallory")
SERVER: Final = Actor("system", "pointsman")

_numbers: Iterator[int] = itertools.count(1)


def tale(name: str = "tale", tools: Sequence[str] = ("t.read", "t.write")) -> Workflow:
    """Compile a workflow: `work` calls tools and notes numbers, `review` waits for a person, `pause` for a timer."""
    text = f"workflow: {name}\nversion: 1\n"
    work = AgentState(
        "work",
        tools={tool: ToolUse(tool, Template.of({})) for tool in tools},
        events={
            "note": _event("note", "work", {"n": {"type": "integer"}, "text": {"type": "string"}}),
            "ask": _event("ask", "review", {}),
            "rest": _event("rest", "pause", {}),
            "finish": _event("finish", "end", {"n": {"type": "integer"}}),
        },
    )
    review = Review("reviewer", (), (), (), rationale_required=False, accept=frozenset({"cli"}), due=None)
    return Workflow(
        name=name,
        version=1,
        digest=digest_text(text),
        text=text,
        title=None,
        goal=None,
        owner=None,
        description=None,
        record={},
        start=_contract({"n": {"type": "integer"}}),
        start_fields=("n",),
        initial="work",
        roles=("reviewer",),
        access=Access(),
        sources={},
        tools={tool: ToolPolicy(tool, "read" if tool.endswith("read") else "write") for tool in tools},
        remembered=frozenset(),
        limits=(),
        states={
            "work": work,
            "review": HumanState("review", review=review, events={"approve": _event("approve", "end", {})}),
            "pause": AgentState("pause", after=(After(60_000, "end"),)),
            "end": FinalState("end", outcome="success"),
        },
        tool_contracts={("work", tool): _contract({}) for tool in tools},
    )


def command(
    request: Request, actor: Actor = ADA, *, at: int | None = None, instance: str = "here", channel: str = "mcp"
) -> Command:
    """Make a command with an identifier of its own."""
    number = next(_numbers)
    moment = T0 + 1_000 * number if at is None else at
    return Command(f"command-{number}", moment, actor, channel, instance, request, "test")


def start(session: str, workflow: Workflow, fields: JsonObject | None = None, actor: Actor = ADA) -> Command:
    """Make the command that starts a session."""
    return command(Start(session, workflow.digest, fields or {}), actor)


def note(n: int, text: str = "") -> Command:
    """Make the command that writes a number down and stays."""
    return command(Send("note", {"n": n, "text": text}))


def send(event: str) -> Command:
    """Make the command that sends an event without arguments."""
    return command(Send(event, {}))


def write(instance: str = "here") -> Command:
    """Make the command that opens a write."""
    return command(Call("t.write", {}), instance=instance)


@asynccontextmanager
async def opened(
    path: Path, *workflows: Workflow, instance: str = "here", hooks: Hooks | None = None
) -> AsyncGenerator[EmbeddedEngine]:
    """Open an engine that knows these workflows (the tale if there are none), and close it."""
    known = {workflow.digest: workflow for workflow in workflows or (tale(),)}
    engine = await EmbeddedEngine.open(path, known.get, instance=instance, hooks=hooks or Hooks())
    try:
        yield engine
    finally:
        await engine.aclose()


def _event(name: str, to: str, properties: JsonObject) -> Event:
    return Event(name, None, _contract(properties), tuple(properties), (), None, None, (Transition(to),))


def _contract(properties: JsonObject) -> Contract:
    return Contract({"type": "object", "properties": properties, "additionalProperties": False})
