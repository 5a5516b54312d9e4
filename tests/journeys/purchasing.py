"""Agents that buy things by `buying.yaml`, and what they are told."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any, Final

import mcp_types as types
from mcp.shared.exceptions import MCPError

from tests.server.command_line.terminal import Shell
from tests.server.credentials.local_issuer import AUDIENCE, LocalIssuer
from tests.server.surfaces.connected import Connected

HERE: Final = Path(__file__).parent
FILES: Final = ("buying.yaml", "payroll.yaml")
SERVED: Final = (*FILES, "--surface", "compact")
"""How both workflows are served, so that every call names its session."""
BOTH_ERAS: Final = ("legacy", "auto")
PARTS: Final = ("", "/contract", "/diagram", "/audit")


def offices(place: Path) -> Shell:
    """Put both workflows into a folder."""
    for name in FILES:
        shutil.copy(HERE / name, place / name)
    return Shell(place)


def trusting(shell: Shell, issuer: LocalIssuer, leeway: str = "60s") -> None:
    """Have the server take the issuer's tokens."""
    (shell.place / "pointsman.toml").write_text(f"""
[oidc]
issuer = "{issuer.url}"
audience = "{AUDIENCE}"
leeway = "{leeway}"
roles_claim = "realm_access.roles"
people = {{azp = "console"}}

[oidc.roles]
ap-managers = "boss"
""")


async def started(agent: Connected, item: str) -> str:
    """Start a purchase, and bring it to its review."""
    begun = await agent.call("start", workflow="purchase", input={"item": item, "amount": 1})
    session = str(begun["session"])
    done = await agent.call("act", session=session, action="submit", arguments={"note": f"{item} is needed"})
    assert (done["outcome"], done["state"]) == ("done", "awaiting_boss")
    return session


async def asked(request: Any) -> str:  # noqa: ANN401 -- a request of any type
    """Give what a request is answered with, as a client is told it: its error too."""
    try:
        answer = await request
    except MCPError as error:
        return f"{error.error.code} {error.error.message} {error.error.data}"
    return json.dumps(answer.model_dump(mode="json", by_alias=True))


async def overview(agent: Connected) -> str:
    """All that an agent is told without naming a session."""
    client = agent.client
    template = types.ResourceTemplateReference(uri="session://{session}")
    prompts = (await client.list_prompts()).prompts
    answers = [
        asked(client.list_tools()),
        asked(client.call_tool("list_sessions", {})),
        asked(client.list_resources()),
        asked(client.list_prompts()),
        asked(client.complete(template, {"name": "session", "value": ""})),
        *(
            asked(client.complete(types.PromptReference(name=prompt.name), {"name": "session", "value": ""}))
            for prompt in prompts
        ),
    ]
    return "\n".join([await answer for answer in answers])


async def tried(agent: Connected, handle: str) -> list[str]:
    """What an agent is told of everything that can be asked about one session, with the session's name taken out."""
    client = agent.client
    reference = types.ResourceTemplateReference(uri="session://{session}")
    answers = [
        asked(client.call_tool("status", {"session": handle})),
        asked(client.call_tool("act", {"session": handle, "action": "submit", "arguments": {"note": "x"}})),
        asked(client.call_tool("act", {"session": handle, "action": "approve", "arguments": {}})),
        *(asked(client.read_resource(f"session://{handle}{part}")) for part in PARTS),
        asked(client.read_resource(f"session://{handle}/audit?after=1")),
        asked(client.get_prompt("purchase.drafting", {"session": handle})),
        asked(client.complete(reference, {"name": "session", "value": handle[:20]})),
    ]
    return [(await answer).replace(handle, "SESSION").replace(handle[:20], "BEGINNING") for answer in answers]
