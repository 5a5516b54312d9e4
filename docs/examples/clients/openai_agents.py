"""A session of a workflow as an MCP server of the OpenAI Agents SDK.

Without POINTSMAN_URL it starts a server of its own; with it, it reaches one that runs, with the token in
POINTSMAN_TOKEN. The SDK needs an environment of its own, with version 1 of MCP's:

    uv tool install .
    uv run --isolated --no-project --with openai-agents python docs/examples/clients/openai_agents.py
"""

from __future__ import annotations

import asyncio
import json
import os

from agents.mcp import MCPServer, MCPServerStdio, MCPServerStreamableHttp

WORKFLOW = "docs/examples/expense.yaml"


def expense() -> MCPServer:
    """Say how to reach the server."""
    url = os.environ.get("POINTSMAN_URL")
    if url is None:
        launch = {"command": "pointsman", "args": ["serve", WORKFLOW], "env": dict(os.environ)}
        return MCPServerStdio(params=launch, client_session_timeout_seconds=60)
    authorization = {"Authorization": f"Bearer {os.environ['POINTSMAN_TOKEN']}"}
    return MCPServerStreamableHttp(params={"url": url, "headers": authorization}, client_session_timeout_seconds=60)


async def call(server: MCPServer, tool: str, **arguments: object) -> dict[str, object]:
    """Call a tool as an agent does, and give the reply, which is the last block of its text."""
    result = await server.call_tool(tool, arguments)
    return json.loads(result.content[-1].text)


async def main() -> None:
    """Claim an expense that is within the budget."""
    async with expense() as server:  # an agent takes it as it is: Agent(..., mcp_servers=[server])
        print("tools:", sorted(tool.name for tool in await server.list_tools()))
        started = await call(server, "start_expense", purpose="A chair", amount=90)
        await call(server, "budget_left", session=started["session"])
        claimed = await call(server, "claim", session=started["session"], reason="The old one is broken.")
        print("state:", claimed["state"])


asyncio.run(main())
