"""A session of a workflow through the client of MCP's Python SDK (version 2).

Without POINTSMAN_URL it starts a server of its own; with it, it reaches one that runs, with the token
in POINTSMAN_TOKEN. Run it from the root of the repository: uv run python docs/examples/clients/sdk_client.py
"""

from __future__ import annotations

import asyncio
import os
from contextlib import AsyncExitStack

import httpx2
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

WORKFLOW = "docs/examples/expense.yaml"


async def main() -> None:
    """Claim an expense that is within the budget."""
    async with AsyncExitStack() as stack:
        url = os.environ.get("POINTSMAN_URL")
        if url is None:
            server = StdioServerParameters(command="pointsman", args=["serve", WORKFLOW], env=dict(os.environ))
        else:
            authorization = {"Authorization": f"Bearer {os.environ['POINTSMAN_TOKEN']}"}
            http = await stack.enter_async_context(httpx2.AsyncClient(headers=authorization))
            server = streamable_http_client(url, http_client=http)
        client = await stack.enter_async_context(Client(server))

        started = await client.call_tool("start_expense", {"purpose": "A chair", "amount": 90})
        session = started.structured_content["session"]
        print("tools:", sorted(tool.name for tool in (await client.list_tools()).tools))
        await client.call_tool("budget_left", {"session": session})
        claimed = await client.call_tool("claim", {"session": session, "reason": "The old one is broken."})
        print("state:", claimed.structured_content["state"])


asyncio.run(main())
