"""The office whose console is looked at: a real server, people with roles, agents with owners, and their work.

The work is that of the gallery's scripts, played by a real MCP client, and of `supplier.yaml`, in which every text
comes from outside.
"""

from __future__ import annotations

import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from typing_extensions import override

from pointsman.contracts.values import Json, JsonObject
from pointsman.gallery import path as gallery_path
from pointsman.server.scripts.script import CallStep, DecideStep, DeliverStep, load_script
from pointsman.server.scripts.values import ScriptScope, rendered
from tests.journeys.deployed import Deployed, deployed
from tests.server.command_line.terminal import Shell
from tests.server.surfaces.connected import Connected

HERE: Final = Path(__file__).parent
INVOICES: Final = gallery_path("invoices")
SERVICE_DESK: Final = gallery_path("service_desk")
SUPPLIERS: Final = "supplier.yaml"
SERVED: Final = (str(INVOICES), str(SERVICE_DESK), SUPPLIERS, "--surface", "compact", "--require-token")

PEOPLE: Final[dict[str, tuple[str, ...]]] = {
    "maria": ("accounts_payable_manager", "purchaser", "service_desk_lead"),
    "pavel": ("procurement", "service_desk_lead", "purchaser"),
    "nadia": ("it_security", "service_desk"),
    "audrey": ("auditor",),
    "otto": (),
}
"""Who works here, by the roles they have. Otto has none: his agent starts what the others decide."""
OWNER: Final = "otto"


@dataclass(frozen=True)
class Premises(Shell):
    """A folder in which the gallery's records are kept too."""

    @property
    @override
    def environment(self) -> dict[str, str]:
        return {**super().environment, "XDG_DATA_HOME": str(self.place / "data")}


@dataclass(frozen=True)
class Office:
    """A server that runs, the tokens of its people, and their agent."""

    server: Deployed
    tokens: dict[str, str]
    agent: Connected

    async def play(self, script: Path, *, until: str | None = None, **start: Json) -> str:
        """Play a script's steps up to the first that comes to this state or outcome, and give the session.

        Where time is to pass, it ends: nobody waits here. Fields in `start` go before those of the script.
        """
        read = load_script(script)
        workflow = {INVOICES.parent: "invoice_exception", SERVICE_DESK.parent: "service_desk"}[script.parents[1]]
        session = await self.start(workflow, **rendered({**read.start, **start}, ScriptScope({}, {})))
        for step in read.steps:
            match step:
                case CallStep():
                    last = await self.act(session, step.call, **rendered(step.values, ScriptScope({}, {})))
                case DecideStep():
                    number = await self.waiting_call(session) if step.approval else None
                    said = {} if step.rationale is None else {"rationale": step.rationale}
                    last = await self.decide(session, step.person, step.decide, number, **step.values, **said)
                case DeliverStep():
                    last = await self.deliver(session, step.deliver, **step.values)
                case _:
                    break
            if until is not None and until in (last.get("state"), last.get("outcome")):
                break
        return session

    async def start(self, workflow: str, **fields: Json) -> str:
        """Start a session, as Otto's agent."""
        begun = await self.agent.call("start", workflow=workflow, input=fields)
        return str(begun["session"])

    async def act(self, session: str, action: str, **arguments: Json) -> dict[str, Any]:
        """Call a tool or send an event, as Otto's agent."""
        return await self.agent.call("act", session=session, action=action, arguments=arguments)

    async def decide(
        self, session: str, person: str, event: str, number: str | None = None, **arguments: Json
    ) -> JsonObject:
        """Decide what waits for a person, over the API, on what is shown now."""
        name, token = session if number is None else f"{session}.{number}", self.tokens[person]
        shown = (await self.server.ask("GET", f"/api/reviews/{name}", token)).json()
        body: JsonObject = {"event": event, "arguments": arguments}
        body |= {key: shown[key] for key in ("shown_digest", "stay")}
        answer: JsonObject = (await self.server.ask("POST", f"/api/reviews/{name}/decisions", token, body)).json()
        return answer

    async def waiting_call(self, session: str) -> str:
        """Give the number of the call that waits for a person in a session."""
        waiting = (await self.server.ask("GET", "/api/reviews", self.tokens["nadia"])).json()["items"]
        (found,) = [one["id"] for one in waiting if one["session"] == session]
        return str(found).partition(".")[2]

    async def deliver(self, session: str, event: str, **arguments: Json) -> JsonObject:
        """Deliver an event, as another system."""
        path = f"/sessions/{session}/events/{event}"
        answer: JsonObject = (await self.server.ask("POST", path, self.tokens["erp"], arguments)).json()
        return answer


@asynccontextmanager
async def opened_office(place: Path, *arguments: str) -> AsyncGenerator[Office]:
    """Open an office in an empty folder: everybody has a token, and nothing has been done yet.

    Args:
        place: The folder.
        arguments: What `serve` is told beside the workflows.
    """
    for name in (SUPPLIERS, "supplier_registry.py"):
        shutil.copy(HERE / name, place / name)
    async with deployed(Premises(place), *SERVED, *arguments) as server:
        tokens = {name: server.token(name, "human", roles=roles) for name, roles in PEOPLE.items()}
        tokens["erp"] = server.token("erp", "system", owner=OWNER)
        tokens["matcher"] = server.token("matcher", owner=OWNER)
        async with server.agent(tokens["matcher"]) as agent:
            yield Office(server, tokens, agent)
