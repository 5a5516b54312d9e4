"""A `Governed` for tests of what stands in front of it, and a server process that serves it.

Its one workflow weighs and labels parcels. Beside what the states allow it knows actions that no
list shows: `break`, `fill` and `block` fail, `later` moves the session on by itself a little later.
"""

# ruff: noqa: ARG002 - the port has more arguments than this needs
from __future__ import annotations

import asyncio
import itertools
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace

from pointsman.contracts.schemas import Contract, Unmet
from pointsman.contracts.values import JsonObject
from pointsman.contracts.workflow import Access, AgentState, FinalState, Key, ToolPolicy, Workflow
from pointsman.fsm.allowed import Action
from pointsman.fsm.refusals import Refusal
from pointsman.fsm.session import Ended
from pointsman.server.errors import StoreBusy, StoreFull
from pointsman.server.mcp_server import serve_stdio
from pointsman.server.replies import Caller, Reply, Stray, WaitingFor

NOT_FOUND = Refusal("NOT_FOUND", "There is no such session.")


def an_object(*required: str, **properties: JsonObject) -> JsonObject:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(required),
        "additionalProperties": False,
    }


GRAMS: JsonObject = {"type": "integer", "minimum": 1}
TEXT: JsonObject = {"type": "string"}
ACTIONS = {
    "weighing": (
        Action("desk.weigh", "tool", "Weigh the parcel. Reads only.", an_object()),
        Action("submit_weight", "event", "Leads to labelling.", an_object("grams", grams=GRAMS)),
    ),
    "labelling": (
        Action("desk.label", "tool", "Print a label. Changes something outside.", an_object("session", session=TEXT)),
        Action("hand_over", "event", "Leads to checking.", an_object()),
    ),
}


def workflow(name: str = "parcel") -> Workflow:
    return Workflow(
        name=name,
        version=1,
        digest=f"sha256:{name}",
        text="",
        title="Parcels",
        goal="Every parcel leaves with a label.",
        owner=None,
        description=None,
        record={},
        start=Contract(an_object("parcel_id", parcel_id=TEXT)),
        start_fields=("parcel_id",),
        initial="weighing",
        roles=("checker",),
        access=Access(),
        sources={},
        tools={
            "desk.weigh": ToolPolicy("desk.weigh", "read"),
            "desk.label": ToolPolicy("desk.label", "write", key=Key()),
        },
        remembered=frozenset(),
        limits=(),
        states={
            "weighing": AgentState("weighing"),
            "labelling": AgentState("labelling"),
            "sent": FinalState("sent", outcome="success"),
        },
        tool_contracts={
            ("weighing", "desk.weigh"): Contract(ACTIONS["weighing"][0].input_schema),
            ("labelling", "desk.label"): Contract(ACTIONS["labelling"][0].input_schema),
        },
    )


class InMemoryGoverned:
    """Governs parcels, in memory."""

    def __init__(self, *workflows: Workflow) -> None:
        self._workflows = workflows or (workflow(),)
        self._numbers = itertools.count(1)
        self.sessions: dict[str, Reply] = {}
        self.listeners: dict[str, list[Callable[[], None]]] = {}
        self.strays: list[JsonObject] = []

    def workflows(self) -> Sequence[Workflow]:
        return self._workflows

    async def start(self, caller: Caller, workflow: str, fields: JsonObject) -> Reply | Stray:
        if "parcel_id" not in fields:
            unmet = (Unmet("parcel_id", "missing", missing=True, schema=TEXT),)
            return Stray(Refusal("MISSING_FIELDS", "The start needs parcel_id.", unmet))
        session = f"s{next(self._numbers)}".ljust(26, "a")
        self.sessions[session] = Reply(session, workflow, "weighing", 2, "done")
        return self._tell(session, entered=True)

    async def status(self, caller: Caller, session: str) -> Reply | Stray:
        if session not in self.sessions:
            return Stray(NOT_FOUND)
        return self._tell(session, entered=True)

    async def act(  # noqa: C901 - one line per action
        self, caller: Caller, session: str, action: str, arguments: JsonObject, expected_revision: int | None = None
    ) -> Reply | Stray:
        if session not in self.sessions:
            return Stray(NOT_FOUND)
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

    async def list_sessions(self, caller: Caller) -> Sequence[JsonObject]:
        return [{"session": reply.session, "state": reply.state} for reply in reversed(self.sessions.values())]

    async def contract(self, caller: Caller, session: str) -> JsonObject | Stray:
        return {"state": self.sessions[session].state} if session in self.sessions else Stray(NOT_FOUND)

    async def diagram(self, caller: Caller, session: str) -> str | Stray:
        return "stateDiagram-v2" if session in self.sessions else Stray(NOT_FOUND)

    async def audit(self, caller: Caller, session: str) -> Sequence[JsonObject] | Stray:
        return self.strays if session in self.sessions else Stray(NOT_FOUND)

    async def stray(self, caller: Caller, action: str, refusal: Refusal, arguments: JsonObject | None) -> None:
        self.strays.append({"action": action, "code": refusal.code, "client": caller.client, "actor": caller.actor.id})

    def subscribe(self, session: str, on_rest: Callable[[], None]) -> Callable[[], None]:
        listeners = self.listeners.setdefault(session, [])
        listeners.append(on_rest)
        return lambda: listeners.remove(on_rest)

    def _move(self, session: str, state: str) -> Reply:
        ended = Ended("success", 1_000) if state == "sent" else None
        now = self.sessions[session]
        self.sessions[session] = replace(now, state=state, revision=now.revision + 2, ended=ended)
        for listener in self.listeners.get(session, ()):
            listener()
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


def governed_with(session: str) -> InMemoryGoverned:
    """Govern one parcel already, if a handle is given."""
    governed = InMemoryGoverned()
    if session:
        governed.sessions[session] = Reply(session, "parcel", "labelling", 4, "done")
    return governed


async def main(surface: str, era: str, session: str = "") -> None:
    await serve_stdio(
        governed_with(session),
        surface=surface,  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - from the command line
        era=era,  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - from the command line
        session=session or None,
        caller_id="local:tester",
    )


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
