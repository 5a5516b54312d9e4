"""A workflow whose payouts are decided inside the client, and a client whose person answers as a test wants it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from mcp.client import ClientRequestContext
from mcp_types import ElicitRequestFormParams, ElicitRequestParams, ElicitResult, ErrorData

from pointsman.contracts.values import JsonObject
from pointsman.contracts.workflow import Workflow
from pointsman.fsm.session import Actor
from pointsman.server.application import Application, open_application
from pointsman.server.elicitation.people import People
from tests.server.surfaces.connected import Connected, connected

BOTH_ERAS = pytest.mark.parametrize("mode", ["legacy", "auto"], ids=["handshake", "2026-07-28"])
PAYOUT = """
workflow: payout
version: 1
title: Payouts
record:
  to:       {type: string}
  amount:   {type: number, minimum: 0}
  note:     {type: string, maxLength: 20000}
  route:    {enum: [standard, express]}
  question: {type: string, minLength: 3, pattern: "[?]$"}
  lines:    {type: array, items: {type: object}}
roles: [chief, clerk]
access: {start: anyone, drive: starter, view: [starter, chief, clerk]}
start: {requires: [to]}
initial: preparing
states:
  preparing:
    actor: agent
    goal: Say what is paid.
    events:
      submit: {requires: [amount, note, route], next: deciding}
  deciding:
    actor: human
    goal: Nobody is paid twice.
    review:
      role: chief
      show: [to, amount, note, route]
      edit: [amount, route]
    events:
      approve: {description: Pay it., next: paid}
      ask:     {requires: [question], next: preparing}
      itemise: {requires: [lines], next: paid}
      reject:  {next: rejected}
  paid:     {final: success}
  rejected: {final: stopped}
"""
ACCEPTED = PAYOUT.replace("      role: chief\n", "      role: chief\n      accept: [elicitation, cli]\n")
WHAT: JsonObject = {"amount": 120, "note": "Taxi", "route": "standard"}
NOTHING = ElicitResult(action="cancel")

Said: TypeAlias = ElicitResult | ErrorData | BaseException


def accept(decision: str, **more: Any) -> ElicitResult:  # noqa: ANN401 -- whatever a client may send
    """An answer that decides."""
    return ElicitResult(action="accept", content={"decision": decision, **more})


@dataclass
class Person:
    """Whoever sits at a client: gives the answers one after the other, and then none any more."""

    answers: list[Said]
    asked: list[ElicitRequestFormParams] = field(default_factory=list[ElicitRequestFormParams])

    async def answer(self, context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult | ErrorData:
        del context
        assert isinstance(params, ElicitRequestFormParams)
        self.asked.append(params)
        said = self.answers.pop(0) if self.answers else NOTHING
        if isinstance(said, BaseException):
            raise said
        return said

    @property
    def properties(self) -> dict[str, Any]:
        """The fields of the form that was shown last."""
        shown: dict[str, Any] = self.asked[-1].requested_schema["properties"]
        return shown


class Slow(Person):
    """Answers when it has thought."""

    def __init__(self, answers: list[Said]) -> None:
        super().__init__(answers)
        self.reads = asyncio.Event()
        self.thought = asyncio.Event()

    async def answer(self, context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult | ErrorData:
        self.reads.set()
        await self.thought.wait()
        return await super().answer(context, params)


class Chief:
    """Knows one person behind every agent. Fills the port `People`."""

    def __init__(self, name: str = "local:chief", *roles: str) -> None:
        self.name: str | None = name
        self.roles = roles or ("chief",)

    async def behind(self, agent: Actor, workflow: Workflow) -> Actor | None:
        del agent, workflow
        return None if self.name is None else Actor("human", self.name, self.roles)


@dataclass
class Desk:
    """A client in a session of payouts, and what stands behind it."""

    agent: Connected
    application: Application
    session: str

    async def submit(self, **more: Any) -> dict[str, Any]:  # noqa: ANN401 -- whatever an agent may send
        return await self.agent.call("submit", **{**WHAT, **more})

    async def status(self) -> dict[str, Any]:
        return await self.agent.call("session_status")

    async def until(self, state: str) -> None:
        """Wait until the session is in this state."""
        engine = self.application.engine
        async with asyncio.timeout(5):
            while (found := await engine.read(self.session)) is not None and found.state != state:
                await engine.wait_for_change(self.session, found.revision, 1_000)

    async def rows(self, kind: str | None = None) -> list[JsonObject]:
        rows = await self.application.engine.audit_rows(self.session, 0, 99)
        return [row for row in rows if kind in (None, row["kind"])]

    async def strays(self) -> list[JsonObject]:
        return [*await self.application.engine.audit_rows("server", 0, 99)]


@asynccontextmanager
async def desk(
    place: Path,
    mode: str,
    person: Person | None,
    *,
    text: str = ACCEPTED,
    people: People | None = None,
    prepare: Callable[[Application], object] = id,
) -> AsyncGenerator[Desk]:
    """Connect a client, whose `person` is asked (None: it cannot ask anybody), in a session of its own."""
    (place / "payout.yaml").write_text(text)
    async with open_application(str(place / "s.db"), [place / "payout.yaml"], caretaking=False) as application:
        prepare(application)
        async with connected(
            "claude-code",
            mode=mode,
            surface="stable",
            governed=application.governor,
            people=people or Chief(),
            answer=None if person is None else person.answer,
        ) as agent:
            started = await agent.call("start_payout", to="ann")
            yield Desk(agent, application, str(started["session"]))
