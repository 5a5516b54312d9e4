"""Tools that speak with the client through the gate: its model, its folders and its log, in both eras."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import mcp_types as types
import pytest
from mcp import Client
from mcp.client import ClientRequestContext
from mcp.shared.exceptions import MCPError

from pointsman.fsm.session import Actor
from pointsman.server.application import open_application
from pointsman.server.replies import Caller, Reply
from tests.server.surfaces.connected import connected

FIXTURES = Path(__file__).parents[2] / "conformance" / "python.yaml"
CALLER = Caller(Actor("agent", "local:tester"), "test", "mcp")
BOTH_ERAS = pytest.mark.parametrize("mode", ["legacy", "auto"], ids=["handshake", "2026-07-28"])


async def sampled(context: ClientRequestContext, params: types.CreateMessageRequestParams) -> types.CreateMessageResult:
    del context
    said = types.TextContent(text=f"{len(params.messages)} message")
    return types.CreateMessageResult(role="assistant", content=said, model="m")


async def rooted(context: ClientRequestContext) -> types.ListRootsResult:
    del context
    return types.ListRootsResult.model_validate({"roots": [{"uri": "file:///work"}]})


@asynccontextmanager
async def talking(tmp_path: Path, mode: str, **more: Any) -> AsyncGenerator[Client]:  # noqa: ANN401 -- of the SDK
    """A client of these abilities, in a session of the conformance suite's workflow."""
    async with open_application(str(tmp_path / "db.sqlite3"), [FIXTURES], caretaking=False) as application:
        reply = await application.governor.start(CALLER, "conformance", {})
        assert isinstance(reply, Reply)
        async with connected(
            "claude-code", mode=mode, surface="stable", session=reply.session, governed=application.governor, more=more
        ) as agent:
            yield agent.client


@BOTH_ERAS
async def test_the_clients_model_and_folders_are_asked(tmp_path: Path, mode: str) -> None:
    async with talking(tmp_path, mode, sampling_callback=sampled, list_roots_callback=rooted) as client:
        words = await client.call_tool("test_sampling", {"prompt": "Who?"})
        assert "1 message" in str(words.structured_content)
        folders = await client.call_tool("test_input_required_result_list_roots", {})
        assert "file:///work" in str(folders.structured_content)


@BOTH_ERAS
async def test_a_client_without_a_model_is_told_what_it_lacks(tmp_path: Path, mode: str) -> None:
    """MCP 2026-07-28: MissingRequiredClientCapabilityError; the handshake era has a result that says so."""
    async with talking(tmp_path, mode) as client:
        if mode == "auto":
            with pytest.raises(MCPError) as raised:
                await client.call_tool("test_missing_capability", {})
            assert raised.value.code == types.MISSING_REQUIRED_CLIENT_CAPABILITY
            assert raised.value.error.data == {"requiredCapabilities": {"sampling": {}}}
        else:
            result = await client.call_tool("test_missing_capability", {})
            assert result.is_error
            assert "needs an answer of the client's model" in str(result.content)


@pytest.mark.parametrize(
    ("level", "heard"), [("debug", 3), ("info", 3), ("warning", 0), (None, 0)], ids=["debug", "info", "warning", "none"]
)
@BOTH_ERAS
async def test_a_tools_log_is_passed_on_from_the_level_that_the_client_asked_for(
    tmp_path: Path, mode: str, level: types.LoggingLevel | None, heard: int
) -> None:
    logged: list[Any] = []

    async def hear(params: types.LoggingMessageNotificationParams) -> None:
        logged.append(params.data)

    modern = {"log_level": level} if mode == "auto" else {}
    async with talking(tmp_path, mode, logging_callback=hear, **modern) as client:
        if mode == "legacy" and level is not None:
            asking = types.SetLevelRequest(params=types.SetLevelRequestParams(level=level))
            await client.session.send_request(asking, types.EmptyResult)
        await client.call_tool("test_tool_with_logging", {})
    assert logged == ["Tool execution started", "Tool processing data", "Tool execution completed"][:heard]
