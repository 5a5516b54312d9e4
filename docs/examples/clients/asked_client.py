"""A client of MCP's Python SDK (version 2) whose person decides a review: the form is put to them at the terminal.

Run it from the root of the repository: uv run python docs/examples/clients/asked_client.py
"""

from __future__ import annotations

import asyncio
import os

from mcp import Client, StdioServerParameters
from mcp.client import ClientRequestContext
from mcp_types import ElicitRequestFormParams, ElicitRequestParams, ElicitResult

WORKFLOW = "docs/examples/release.yaml"


async def ask(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
    """Show what the server asks, and let the person fill in its form; an empty decision declines."""
    del context
    if not isinstance(params, ElicitRequestFormParams):
        return ElicitResult(action="decline")
    print(params.message)
    content: dict[str, str] = {}
    for name, field in params.requested_schema["properties"].items():
        choices = " or ".join(field.get("enum", []))
        hint = f" ({choices})" if choices else ""
        default = f" [{field['default']}]" if "default" in field else ""
        said = await asyncio.to_thread(input, f"{name}{hint}{default}: ")
        content[name] = said or field.get("default", "")
    return ElicitResult(action="accept", content={**content}) if content["decision"] else ElicitResult(action="decline")


async def main() -> None:
    """Propose a release, and see what became of it."""
    server = StdioServerParameters(command="pointsman", args=["serve", WORKFLOW], env=dict(os.environ))
    async with Client(server, elicitation_callback=ask) as client:
        started = await client.call_tool("start_release", {})
        proposal = {"version": "1.4.0", "changes": "Reads files of version 3.", "stage": "stable"}
        answer = await client.call_tool("propose", {"session": started.structured_content["session"], **proposal})
        print("\nstate:", answer.structured_content["state"])


asyncio.run(main())
