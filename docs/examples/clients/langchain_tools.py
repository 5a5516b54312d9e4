"""A session of a workflow as tools of LangChain, by its MCP adapters.

Without POINTSMAN_URL it starts a server of its own; with it, it reaches one that runs, with the token in
POINTSMAN_TOKEN. The adapters need an environment of their own, with the SDK's version 1:

    uv tool install .
    uv run --isolated --no-project --with langchain-mcp-adapters python docs/examples/clients/langchain_tools.py
"""

from __future__ import annotations

import asyncio
import json
import os

from langchain_core.tools import BaseTool
from langchain_mcp_adapters.client import MultiServerMCPClient
from langchain_mcp_adapters.tools import load_mcp_tools

WORKFLOW = "docs/examples/expense.yaml"


def connection() -> dict[str, object]:
    """Say how to reach the server."""
    url = os.environ.get("POINTSMAN_URL")
    if url is None:
        return {"transport": "stdio", "command": "pointsman", "args": ["serve", WORKFLOW], "env": dict(os.environ)}
    authorization = {"Authorization": f"Bearer {os.environ['POINTSMAN_TOKEN']}"}
    return {"transport": "streamable_http", "url": url, "headers": authorization}


async def call(tool: BaseTool, **arguments: object) -> dict[str, object]:
    """Call a tool as an agent does, and give the reply, which is the last block of its text."""
    message = await tool.ainvoke({"type": "tool_call", "id": "1", "name": tool.name, "args": arguments})
    return json.loads(message.content[-1]["text"])


async def main() -> None:
    """Claim an expense that is within the budget."""
    client = MultiServerMCPClient({"expense": connection()})
    # `client.get_tools()` would connect anew for every call; one connection is enough for a whole conversation.
    async with client.session("expense") as connected:
        tools = {tool.name: tool for tool in await load_mcp_tools(connected)}
        print("tools:", sorted(tools))
        started = await call(tools["start_expense"], purpose="A chair", amount=90)
        await call(tools["budget_left"], session=started["session"])
        claimed = await call(tools["claim"], session=started["session"], reason="The old one is broken.")
        print("state:", claimed["state"])


asyncio.run(main())
