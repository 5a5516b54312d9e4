"""What governing adds to what a model reads, for each surface, beside the same tool on a bare `mcp` server.

Tokens are counted as characters / 4. A client that knows structured content hands a model that
alone; any other hands it the text. Of the tool's call only what it adds to the bare call counts.
"""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import get_args

import mcp_types as types
import pytest
from mcp import Client, StdioServerParameters

from pointsman.gallery import path as gallery_path
from pointsman.server.scripts.agent import Surface
from tests.contracts.invoice import FIELDS
from tests.server.surfaces.test_governed_session import START

HERE = Path(__file__).parent
CALLS = ("start", "tool", "refusal", "event", "status", "list")
READERS = {"structured": "claude-code", "text": "claude-ai"}

pytestmark = pytest.mark.benchmark


@asynccontextmanager
async def connected(*arguments: str, name: str) -> AsyncGenerator[Client]:
    parameters = StdioServerParameters(command=sys.executable, args=list(arguments))
    info = types.Implementation(name=name, version="1")
    async with Client(parameters, mode="legacy", client_info=info, read_timeout_seconds=30) as client:
        yield client


def tokens(result: types.CallToolResult, reads: str) -> int:
    """Count what a model is handed."""
    if reads == "structured":
        return len(json.dumps(result.structured_content, ensure_ascii=False, separators=(",", ":"))) // 4
    return sum(len(block.text) for block in result.content if isinstance(block, types.TextContent)) // 4


async def listed(client: Client) -> int:
    tools = (await client.list_tools()).tools
    return sum(len(tool.model_dump_json(by_alias=True, exclude_none=True)) for tool in tools) // 4


async def governed(directory: Path, surface: Surface, reads: str) -> dict[str, int]:
    """Play the beginning of an invoice, and count."""
    serve = ["-m", "pointsman.server", "serve", str(gallery_path("invoices")), "--database", str(directory / "s.db")]
    async with connected(*serve, "--surface", surface, name=READERS[reads]) as client:

        async def act(action: str, arguments: dict[str, object]) -> types.CallToolResult:
            if surface == "compact":
                return await client.call_tool("act", {"action": action, "arguments": arguments})
            return await client.call_tool(action, arguments)

        before = await listed(client)
        start = {"workflow": "invoice_exception", "input": START} if surface == "compact" else START
        calls = {
            "start": await client.call_tool("start" if surface == "compact" else "start_invoice_exception", start),
            "tool": await act("docs_read", {}),
            "refusal": await act("submit_fields", {"total": "twelve"}),
            "event": await act("submit_fields", {**FIELDS}),
            "status": await client.call_tool("status" if surface == "compact" else "session_status", {}),
        }
        assert [bool(result.is_error) for result in calls.values()] == [False, False, True, False, False]
        return {name: tokens(result, reads) for name, result in calls.items()} | {
            "list": max(before, await listed(client))
        }


@pytest.mark.parametrize("reads", READERS)
async def test_tokens_of_a_reply_for_each_surface(
    reads: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with connected(str(HERE / "bare_server.py"), name=READERS[reads]) as bare:
        read = tokens(await bare.call_tool("docs_read", {"document": START["document"]}), reads)
        tool = await listed(bare)
    lines = [
        f"\n{reads}: a bare call {read} tokens, a bare tool {tool}",
        f"{'':10}" + "".join(f"{c:>9}" for c in CALLS),
    ]
    for surface in get_args(Surface):
        directory = tmp_path / surface
        directory.mkdir()
        counted = await governed(directory, surface, reads)
        counted["tool"] -= read
        assert counted["tool"] < 120
        lines.append(f"{surface:10}" + "".join(f"{counted[call]:9}" for call in CALLS))
    with capsys.disabled():
        sys.stdout.write("\n".join(lines) + "\n")
