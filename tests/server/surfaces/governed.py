"""A `Governed` for tests of what stands in front of it, and a server process that serves it.

Its one workflow weighs and labels parcels. Beside what the states allow it knows actions that no
list shows: `break`, `fill` and `block` fail, `later` moves the session on by itself a little later,
`ask` asks whoever waits, `speak` tells of progress and `show` answers with MCP content.
"""

# ruff: noqa: ARG002 - the port has more arguments than this needs
from __future__ import annotations

import asyncio
import itertools
import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import replace

from pointsman.contracts.building import bound
from pointsman.contracts.loading import load
from pointsman.contracts.schemas import Unmet
from pointsman.contracts.values import Json, JsonObject
from pointsman.contracts.workflow import AgentState, ToolDefinition, Workflow
from pointsman.fsm.allowed import offers
from pointsman.fsm.commands import Decide
from pointsman.fsm.refusals import Refusal
from pointsman.fsm.session import Ended
from pointsman.server.elicitation.offer import Offer
from pointsman.server.elicitation.people import People
from pointsman.server.errors import StoreBusy, StoreFull
from pointsman.server.replies import (
    AuditPage,
    Begun,
    Caller,
    Glimpse,
    Reply,
    SessionChoice,
    Sessions,
    Stray,
    Waiter,
    WaitingFor,
)
from pointsman.server.stdio_server import serve_stdio
from pointsman.tools.conversation import ELICIT, Question
from pointsman.tools.errors import Unanswered

PAGE = 3
NOT_FOUND = Refusal("NOT_FOUND", "There is no such session.")


FORM: JsonObject = {
    "mode": "form",
    "message": "Which?",
    "requestedSchema": {"type": "object", "properties": {"which": {"type": "string"}}},
}
BLOCKS: list[Json] = [
    {"type": "text", "text": "hi", "_meta": {"pointsman/source": "us", "k": 1}},
    {"type": "image", "data": "aGkh" * 500, "mimeType": "image/png"},
    {"type": "resource", "resource": {"uri": "file:///a", "blob": "aGkh" * 500}},
    {"type": "image", "data": "[redacted]"},
]
TEXT: JsonObject = {"type": "string"}
GRAMS: JsonObject = {"type": "integer", "minimum": 1}
PARCELS = """
workflow: {name}
version: 1
title: Parcels
owner: nobody
goal: Every parcel leaves with a label.
record:
  parcel_id: {{type: string}}
  grams: {{type: integer, minimum: 1}}
start: {{requires: [parcel_id]}}
initial: weighing
roles: [checker]
sources: {{desk: {{python: desk}}}}
tools:
  desk.weigh: {{effect: read}}
  desk.label: {{effect: write, key: {{over: [session]}}}}
states:
  weighing:
    actor: agent
    goal: Weigh it.
    tools: [desk.weigh]
    events:
      submit_weight: {{requires: [grams], next: labelling}}
  labelling:
    actor: agent
    tools: [desk.label]
    events:
      hand_over: {{next: checking}}
    failed: lost
    unknown: lost
  checking:
    actor: human
    review: {{role: checker}}
    events:
      pass: {{next: sent}}
  sent: {{final: success}}
  lost: {{final: failed, owner: nobody}}
"""


def definition(tool: str, description: str, **properties: JsonObject) -> ToolDefinition:
    schema: JsonObject = {"type": "object", "properties": dict(properties), "required": list(properties)}
    return ToolDefinition(tool, description, schema)


def workflow(name: str = "parcel") -> Workflow:
    weigh = definition("desk.weigh", "Weigh the parcel.")
    label = definition("desk.label", "Print a label.", session=TEXT)
    loaded = load(PARCELS.format(name=name).encode(), "parcels.yaml")
    return bound(loaded, {one.name: one for one in (weigh, label)})


ACTIONS = {
    name: offers(workflow(), state) for name, state in workflow().states.items() if isinstance(state, AgentState)
}


class InMemoryGoverned:
    """Governs parcels, in memory."""

    def __init__(self, *workflows: Workflow) -> None:
        self._workflows = workflows or (workflow(),)
        self._numbers = itertools.count(1)
        self.sessions: dict[str, Reply] = {}
        self.listeners: dict[str, list[Callable[[Glimpse], None]]] = {}
        self.strays: list[JsonObject] = []
        self.callers: dict[str, Caller] = {}
        """Who has started each session."""

    def workflows(self) -> Sequence[Workflow]:
        return self._workflows

    async def start(
        self, caller: Caller, workflow: str, fields: JsonObject, begun: Begun | None = None
    ) -> Reply | Stray:
        if "parcel_id" not in fields:
            unmet = (Unmet("parcel_id", "missing", missing=True, schema=TEXT),)
            return Stray(Refusal("MISSING_FIELDS", "The start needs parcel_id.", unmet))
        session = f"s{next(self._numbers)}".ljust(26, "a")
        self.sessions[session] = Reply(session, workflow, "weighing", 2, "done")
        self.callers[session] = caller
        return self._tell(session, entered=True)

    async def status(self, caller: Caller, session: str) -> Reply | Stray:
        if session not in self.sessions:
            return Stray(NOT_FOUND)
        return self._tell(session, entered=True)

    async def workflow_of(self, caller: Caller, session: str) -> str | None:
        return self.sessions[session].workflow if session in self.sessions else None

    async def act(  # noqa: C901, PLR0912 - one line per action
        self,
        caller: Caller,
        session: str,
        action: str,
        arguments: JsonObject,
        expected_revision: int | None = None,
        waiter: Waiter | None = None,
    ) -> Reply | Stray:
        if session not in self.sessions:
            return Stray(NOT_FOUND)
        if waiter is not None:
            waiter.begun(session)
        match action.replace(".", "_"), self.sessions[session].state:
            case "desk_weigh", "weighing":
                return self._tell(session, result={"grams": 120, "expected_revision": expected_revision})
            case "desk_label", "labelling":
                return self._tell(session, result={"label": arguments.get("session")})
            case "submit_weight", "weighing":
                if "grams" not in arguments:
                    unmet = (Unmet("grams", "missing", missing=True, schema=GRAMS),)
                    return self._refuse(session, Refusal("MISSING_FIELDS", "The contract is not met.", unmet))
                return self._move(session, "labelling")
            case "hand_over", "labelling":
                return self._move(session, "checking")
            case "later", _:
                asyncio.get_running_loop().call_later(0.01, self._move, session, "sent")
                return self._tell(session)
            case "work", _:
                self._glimpse(session, running=("desk.scales",))
                await asyncio.sleep(0.2)
                return self._tell(session)
            case "ask", _:
                return self._tell(session, result=await _asked(waiter, arguments))
            case "speak", _:
                for done in (1.0, 0.5, float("nan"), 2.0):
                    if waiter is not None:
                        waiter.progress(done, 4.0, "so\u202efar")
                return self._tell(session)
            case "show", _:
                return replace(self._tell(session, result={"text": "hi", "content": BLOCKS}), content=tuple(BLOCKS))
            case "break", _:
                message = "the password is hunter2"
                raise RuntimeError(message)
            case "fill", _:
                raise StoreFull
            case "block", _:
                raise StoreBusy
            case _:
                names = ", ".join(one.name for one in ACTIONS.get(self.sessions[session].state, ()))
                return self._refuse(session, Refusal("NOT_ALLOWED", f"Allowed here: {names}."))

    async def offered(self, caller: Caller, session: str, people: People) -> Offer | None:
        return None

    async def decide(self, caller: Caller, session: str, request: Decide) -> Reply | Stray:
        return Stray(NOT_FOUND)

    async def list_sessions(self, caller: Caller, chosen: SessionChoice, cursor: str | None = None) -> Sessions | Stray:
        if cursor is not None and cursor not in self.sessions:
            return Stray(Refusal("INVALID_FIELDS", "cursor: this is no cursor."))
        newest = [one for one in reversed(self.sessions.values()) if _chosen(one, chosen)]
        begin = 0 if cursor is None else 1 + next(i for i, one in enumerate(newest) if one.session == cursor)
        page = newest[begin : begin + PAGE]
        shown: tuple[JsonObject, ...] = tuple({"session": one.session, "state": one.state} for one in page)
        return Sessions(shown, page[-1].session if len(newest) > begin + PAGE else None)

    async def diagram(self, caller: Caller, session: str) -> str | Stray:
        return "stateDiagram-v2" if session in self.sessions else Stray(NOT_FOUND)

    async def audit(self, caller: Caller, session: str, after_revision: int = 0) -> AuditPage | Stray:
        if session not in self.sessions:
            return Stray(NOT_FOUND)
        page = tuple(self.strays[after_revision : after_revision + PAGE])
        last = after_revision + len(page)
        return AuditPage(page, last if last < len(self.strays) else None)

    async def stray(self, caller: Caller, action: str, refusal: Refusal, arguments: JsonObject | None) -> None:
        self.strays.append({"action": action, "code": refusal.code, "client": caller.client, "actor": caller.actor.id})

    def subscribe(self, session: str, on_change: Callable[[Glimpse], None]) -> Callable[[], None]:
        listeners = self.listeners.setdefault(session, [])
        listeners.append(on_change)
        return lambda: listeners.remove(on_change)

    def _glimpse(self, session: str, running: tuple[str, ...] = ()) -> None:
        now = self.sessions[session]
        for listener in tuple(self.listeners.get(session, ())):
            listener(Glimpse(now.state, now.revision, running, not running))

    def _move(self, session: str, state: str) -> Reply:
        ended = Ended("success", 1_000) if state == "sent" else None
        now = self.sessions[session]
        self.sessions[session] = replace(now, state=state, revision=now.revision + 2, ended=ended)
        self._glimpse(session)
        return self._tell(session, entered=True)

    def _refuse(self, session: str, refusal: Refusal) -> Reply:
        return replace(self._tell(session), outcome="refused", refusal=refusal)

    def _tell(self, session: str, *, entered: bool = False, result: JsonObject | None = None) -> Reply:
        now = self.sessions[session]
        waiting = WaitingFor("human", "checker", "2026-11-22T09:00:00.000Z") if now.state == "checking" else None
        return replace(
            now,
            entered=entered,
            result=result,
            goal="Weigh it." if entered and now.state == "weighing" else None,
            context={"parcel_id": "P1"} if entered else None,
            allowed=ACTIONS.get(now.state, ()),
            waiting_for=waiting,
        )


async def _asked(waiter: Waiter | None, arguments: JsonObject) -> JsonObject:
    """Ask what the arguments name, and say what came of it."""
    keys = arguments.get("keys")
    if waiter is None or not isinstance(keys, list) or not waiter.takes(ELICIT):
        return {"takes": False}
    try:
        answers = await waiter.ask({str(key): Question(ELICIT, FORM) for key in keys})
    except Unanswered as error:
        return {"why": str(error)}
    return {"answers": {**answers}, "waited": waiter.asked_s > 0}


def _chosen(reply: Reply, chosen: SessionChoice) -> bool:
    return (
        chosen.workflow in (None, reply.workflow)
        and chosen.state in (None, reply.state)
        and reply.session.startswith(chosen.begins or "")
    )


def governed_with(session: str) -> InMemoryGoverned:
    """Govern one parcel already, if a handle is given."""
    governed = InMemoryGoverned()
    if session:
        governed.sessions[session] = Reply(session, "parcel", "labelling", 4, "done")
    return governed


async def main(surface: str, era: str, session: str = "") -> None:
    await serve_stdio(
        nullcontext(governed_with(session)),
        surface=surface,  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - from the command line
        era=era,  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - from the command line
        session=session or None,
        caller_id="local:tester",
    )


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
