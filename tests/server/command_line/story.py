"""What has happened before a test begins: sessions of `purchase.yaml`, made through the governor itself."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import mcp_types as types
from mcp import Client, StdioServerParameters

from pointsman.contracts.values import JsonObject
from pointsman.fsm.session import Actor
from pointsman.server.application import open_application
from pointsman.server.replies import Caller, Reply
from tests.server.command_line import warm
from tests.server.command_line.terminal import ME, Shell

FIELDS: JsonObject = {"item": "pen", "amount": 12}


def drafted(shell: Shell, *, by: str = ME, fields: JsonObject = FIELDS) -> str:
    """Start a session, and leave it where an agent must write the note."""
    return asyncio.run(_told(shell, by, fields, None))


def awaiting_boss(shell: Shell, *, by: str = ME, note: str = "It writes.") -> str:
    """Start a session, and bring it to its review."""
    return asyncio.run(_told(shell, by, FIELDS, note))


async def _told(shell: Shell, by: str, fields: JsonObject, note: str | None) -> str:
    files = [shell.place / "purchase.yaml"]
    async with open_application(str(shell.database), files, caretaking=False) as application:
        caller = Caller(Actor("agent", by), "claude-ai", "mcp")
        reply = await application.governor.start(caller, "purchase", fields)
        assert isinstance(reply, Reply), reply
        if note is not None:
            submitted = await application.governor.act(caller, reply.session, "submit", {"note": note})
            assert isinstance(submitted, Reply), submitted
            assert submitted.outcome == "done", submitted
        return reply.session


def server(shell: Shell, *more: str, env: dict[str, str] | None = None) -> StdioServerParameters:
    """The real server as a client starts it."""
    return StdioServerParameters(
        command=str(warm.pointsman()),
        args=["serve", "purchase.yaml", "--surface", "compact", *more],
        cwd=str(shell.place),
        env={**shell.environment, **(env or {})},
    )


async def call(client: Client, name: str, arguments: Mapping[str, object]) -> dict[str, object]:
    """Call a tool of the compact surface, and give its structured content."""
    result = await client.call_tool(name, dict(arguments))
    assert isinstance(result, types.CallToolResult)
    return {**result.structured_content}
