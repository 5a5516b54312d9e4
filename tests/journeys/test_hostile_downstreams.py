"""Issue 4: a downstream that hangs, floods, dies, speaks garbage or returns 50 MB harms one call and nothing else.

Each mischief is done to a read and to a write of a governed session, through a real client and the real server,
once by a server that is started here and once by one that is reached over HTTP.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import mcp_types as types
import pytest
from mcp import Client, StdioServerParameters

from pointsman.contracts.values import JsonObject
from tests.server.command_line import warm
from tests.server.command_line.terminal import Shell
from tests.tools.mcp import raw_server
from tests.tools.mcp.web_server import serving
from tests.tools.mcp.workshop import pins_of, plain

WORKFLOW = """
workflow: yard
version: 1
owner: ada
sources:
  reading: {{mcp: {server}}}
  writing: {{mcp: {server}}}
tools:
{tools}
initial: here
states:
  here:
    actor: agent
    tools: [{names}]
    events: {{stop: {{next: stopped}}}}
    limits: [{{calls: 99, then: stopped}}]
    failed: stopped
    unknown: there
  there:
    actor: agent
    tools: [{names}]
    events: {{stop: {{next: stopped}}}}
    limits: [{{calls: 99, then: stopped}}]
    failed: stopped
    unknown: here
  stopped: {{final: success}}
"""
FIFTY_MB = 50 * 1024 * 1024
OVER_STDIO: dict[str, tuple[dict[str, object], str]] = {
    "die": ({}, "ended before it answered"),
    "hang": ({}, "did not answer within 2000 ms"),
    "flood": ({}, "ended before it answered"),
    "raw": ({"raw": "oops"}, "no message of MCP"),
    "long": ({"bytes": FIFTY_MB}, "longer than"),
    "error": ({}, "out of \\u202epaper"),
}
OVER_HTTP = {
    "huge": "longer than",
    "endless": "ended before it answered",
    "packed": "packs its answers",
    "unauthorized": "HTTP 401",
    "page": "Unexpected content type",
    "broken": "Failed to parse",
    "lost": "the connection broke",
}

pytestmark = pytest.mark.slow


@asynccontextmanager
async def yard(place: Path, server: str, tools: list[JsonObject]) -> AsyncGenerator[Client]:
    names = [f"{source}.{tool['name']}" for source in ("reading", "writing") for tool in tools]
    policies = [
        f"  {name}: {{effect: {'read' if name.startswith('r') else 'write, key: none'}, timeout: 2s}}" for name in names
    ]
    text = WORKFLOW.format(server=server, tools="\n".join(policies), names=", ".join(names))
    (place / "yard.yaml").write_text(text)
    pins = pins_of(tools).model_dump(mode="json")
    lock = {"version": 1, "sources": {"reading": pins, "writing": pins}}
    (place / "pointsman.lock").write_text(json.dumps(lock))
    shell = Shell(place)
    command = StdioServerParameters(
        command=str(warm.pointsman()), args=["serve", "yard.yaml"], cwd=str(place), env=shell.environment
    )
    async with Client(
        command, mode="legacy", client_info=types.Implementation(name="claude-ai", version="1")
    ) as client:
        await client.call_tool("start_yard", {})
        yield client


def taking(name: str, arguments: Mapping[str, object]) -> JsonObject:
    """A tool that takes these arguments."""
    return {"name": name, "inputSchema": {"type": "object", "properties": {key: {} for key in arguments}}}


async def mischief(client: Client, tool: str, arguments: dict[str, object], why: str, good: str) -> None:
    """Have it done to a read and to a write; what was fine before is fine afterwards."""
    for source, outcome in (("reading", "failed"), ("writing", "unknown")):
        ended = await client.call_tool(f"{source}_{tool}", arguments)
        said = ended.structured_content
        assert (said["outcome"], why in str(said["result"]["error"])) == (outcome, True), said
        fine = await client.call_tool(f"{source}_{good}", {})
        assert fine.structured_content["outcome"] == "done", fine.structured_content


async def test_what_a_server_here_does_wrong_ends_one_call(tmp_path: Path) -> None:
    shutil.copy(str(raw_server.__file__), tmp_path)
    tools = [taking(name, arguments) for name, (arguments, _) in OVER_STDIO.items()]
    tools.append(taking("look", {}))
    listed = json.dumps({"tools": tools})
    async with yard(tmp_path, f"{{command: python, args: [raw_server.py, '{listed}']}}", tools) as client:
        for tool, (arguments, why) in OVER_STDIO.items():
            await mischief(client, tool, arguments, why, "look")
        assert (await client.call_tool("stop", {})).structured_content["ended"]["outcome"] == "success"


async def test_what_a_server_elsewhere_does_wrong_ends_one_call(tmp_path: Path) -> None:
    with serving() as web:
        async with yard(tmp_path, f'{{url: "{web.url}"}}', [plain(name) for name in (*OVER_HTTP, "echo")]) as client:
            for tool, why in OVER_HTTP.items():
                await mischief(client, tool, {}, why, "echo")
            assert (await client.call_tool("stop", {})).structured_content["ended"]["outcome"] == "success"
