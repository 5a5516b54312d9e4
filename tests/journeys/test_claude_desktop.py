"""Claude Desktop, from the installed entry to a decision in a second terminal while it holds the server open.

A local user who may not decide a session of their own is told so, and how to add a second
person; `review decide` works from a second terminal while a client holds the server open.
"""

from __future__ import annotations

import json
import re
from typing import Any

from mcp import Client, StdioServerParameters
from mcp_types import CallToolResult, Implementation, TextContent

from tests.server.command_line.conftest import shell as shell  # noqa: PLC0414 -- a fixture is found by its name
from tests.server.command_line.terminal import Shell


def as_claude_desktop_starts_it(shell: Shell) -> StdioServerParameters:
    """The installed entry, in the bare environment of a program with windows: no PATH of the user's, another folder."""
    config = shell.place / "claude_desktop_config.json"
    done = shell.run("install", "claude-desktop", "purchase.yaml", "--config", config, "--yes")
    assert done.code == 0, done.stderr
    entry: dict[str, Any] = json.loads(config.read_text())["mcpServers"]["pointsman"]
    bare = {"PATH": "/usr/bin:/bin"}
    return StdioServerParameters(command=entry["command"], args=entry["args"], env=bare, cwd="/")


async def act(client: Client, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
    result = await client.call_tool(tool, arguments)
    assert isinstance(result, CallToolResult)
    return dict(result.structured_content or {})


async def test_a_client_that_hands_its_model_text_alone_is_told_everything_in_text(shell: Shell) -> None:
    """Claude Desktop drops structured content, so that the handle and what is missing must be in the text."""
    server = as_claude_desktop_starts_it(shell)
    name = Implementation(name="claude-ai", version="1")

    async def read(client: Client, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        result = await client.call_tool(tool, arguments)
        texts = [block.text for block in result.content if isinstance(block, TextContent)]
        return dict(json.loads(texts[-1]))

    async with Client(server, mode="legacy", client_info=name, read_timeout_seconds=60) as client:
        schemas = {tool.name: tool.input_schema for tool in (await client.list_tools()).tools}
        started = await read(client, "start_purchase", {"item": "pen", "amount": 12})
        assert {"name": "submit", "kind": "event"} in started["allowed"]
        assert list(schemas["submit"]["properties"])[:2] == ["session", "note"]
        refused = await read(client, "submit", {"session": started["session"]})
        assert [unmet["path"] for unmet in refused["refusal"]["unmet"]] == ["note"]
        listed = await read(client, "list_sessions", {})
        assert [session["session"] for session in listed["sessions"]] == [started["session"]]


async def test_a_second_person_decides_in_a_terminal_while_claude_desktop_holds_the_session(shell: Shell) -> None:
    server = as_claude_desktop_starts_it(shell)
    name = Implementation(name="claude-ai", version="1")
    async with Client(server, mode="legacy", client_info=name, read_timeout_seconds=60) as client:
        tools = [tool.name for tool in (await client.list_tools()).tools]
        assert tools[:3] == ["start_purchase", "session_status", "list_sessions"]
        assert "submit" in tools
        started = await act(client, "start_purchase", {"item": "pen", "amount": 12})
        handle = started["session"]
        sent = await act(client, "submit", {"note": "It writes."})
        assert sent["waiting_for"]["role"] == "boss"

        mine = shell.at_terminal("review", "decide", handle, "approve", "--rationale", "Mine.", typed="approve")
        assert mine.code == 1
        assert "FORBIDDEN" in mine.stdout
        assert "pointsman token create" in mine.stdout

        made = shell.at_terminal("token", "create", "maria", "--role", "boss", typed="maria")
        token = max(re.findall(r"[A-Za-z0-9_-]{30,}", made.stdout), key=len)
        theirs = shell.run("review", "decide", handle, "approve", "--rationale", "Yes.", env={"POINTSMAN_TOKEN": token})
        assert theirs.code == 0, theirs.stderr

        status = await act(client, "session_status", {"session": handle})
        assert status["state"] == "bought"
    assert shell.run("audit", "verify").code == 0
