"""What a client may try against the surfaces of a real governor, and what must hold all the same."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from mcp.shared.exceptions import MCPError
from mcp_types import CallToolResult, PromptReference, ResourceTemplateReference

from pointsman.fsm.session import Actor
from pointsman.server.application import Application, open_application
from pointsman.server.audit.verify import verify_and_replay
from pointsman.server.replies import Caller, Reply
from pointsman.server.surfaces.choosing import SurfaceChoice
from tests.server.governor.desks import HERE
from tests.server.surfaces.connected import Connected, connected

OTHER = Caller(Actor("agent", "local:somebody-else"), "a-client", "mcp")
SURFACES = pytest.mark.parametrize("surface", ["adaptive", "stable", "compact"])
MODES = pytest.mark.parametrize("mode", ["legacy", "auto"], ids=["handshake", "2026-07-28"])
CALLS = 1_000


@pytest.fixture
async def application(tmp_path: Path) -> AsyncIterator[Application]:
    for name in ("desk.py", "desk.yaml"):
        shutil.copy(HERE / name, tmp_path / name)
    async with open_application(str(tmp_path / "s.db"), [tmp_path / "desk.yaml"], caretaking=False) as opened:
        yield opened


async def start(agent: Connected, surface: SurfaceChoice) -> str:
    fields = {"subject": "rent"}
    arguments: dict[str, Any] = {"workflow": "desk", "input": fields} if surface == "compact" else fields
    return str((await agent.call("start" if surface == "compact" else "start_desk", **arguments))["session"])


async def act(agent: Connected, surface: SurfaceChoice, action: str, session: object, **arguments: object) -> Any:  # noqa: ANN401 - a reply
    if surface == "compact":
        return await agent.call("act", session=session, action=action, arguments=arguments)
    return await agent.call(action, session=session, **arguments)


async def assert_verified(application: Application) -> None:
    reports = await application.engine.reading(lambda connection: list(verify_and_replay(connection)))
    assert [report for report in reports if not report.ok] == []


@MODES
@SURFACES
async def test_a_session_of_another_user_is_not_there_whatever_way_is_tried(
    application: Application, surface: SurfaceChoice, mode: str
) -> None:
    theirs = await application.governor.start(OTHER, "desk", {"subject": "a secret"})
    assert isinstance(theirs, Reply)
    async with connected("claude-code", mode=mode, surface=surface, governed=application.governor) as agent:
        heard: list[object] = []

        async def hear(progress: float, total: float | None, message: str | None) -> None:
            heard.append((progress, total, message))

        status = "status" if surface == "compact" else "session_status"
        assert (await agent.call(status, session=theirs.session))["refusal"]["code"] == "NOT_FOUND"
        for action in ("desk_look", "again", "desk.send", "no_such_tool"):
            assert (await act(agent, surface, action, theirs.session))["refusal"]["code"] == "NOT_FOUND"
        called = {"session": theirs.session}
        await agent.client.call_tool(status, called, progress_callback=hear)
        assert heard == []
        assert (await agent.call("list_sessions"))["sessions"] == []
        for address in ("", "/contract", "/diagram", "/audit", "/audit?after=1"):
            with pytest.raises(MCPError, match="There is no such resource"):
                await agent.resource(f"session://{theirs.session}{address}")
        assert all(theirs.session not in str(one.uri) for one in (await agent.client.list_resources()).resources)
        with pytest.raises(MCPError, match="There is no session with this handle"):
            await agent.client.get_prompt("desk.writing", {"session": theirs.session})
        for reference in (PromptReference(name="desk.writing"), ResourceTemplateReference(uri="session://{session}")):
            found = await agent.client.complete(reference, {"name": "session", "value": theirs.session[:2]})
            assert found.completion.values == []


@pytest.mark.slow
@SURFACES
async def test_a_thousand_calls_at_once_are_all_answered_and_the_audit_verifies(
    application: Application, surface: SurfaceChoice
) -> None:
    async with connected("claude-code", surface=surface, governed=application.governor) as agent:
        session = await start(agent, surface)
        kinds = ("desk_look", "ready", "desk_send", "nothing_like_it")

        async def call(number: int) -> str:
            reply = await act(agent, surface, kinds[number % len(kinds)], session)
            return str(reply.get("refusal", {}).get("code", reply["outcome"]))

        async with asyncio.timeout(60):
            outcomes = await asyncio.gather(*(call(number) for number in range(CALLS)))
        assert len(outcomes) == CALLS
        assert set(outcomes) <= {
            *("done", "NOT_ALLOWED", "MISSING_FIELDS", "LIMIT_REACHED", "NOT_YOUR_TURN", "SESSION_ENDED"),
        }
        status = await agent.call("status" if surface == "compact" else "session_status", session=session)
        assert status["session"] == session
    await assert_verified(application)


async def test_lists_that_are_read_while_the_session_moves_are_each_of_one_moment(application: Application) -> None:
    async with connected("claude-code", surface="adaptive", governed=application.governor) as agent:
        await start(agent, "adaptive")
        before = ["start_desk", "session_status", "list_sessions"]
        writing = ["desk_look", "desk_send", "ready", "again", "session_status"]
        moving = asyncio.gather(*(agent.call("again") for _ in range(50)))
        lists = await asyncio.gather(*(agent.tools() for _ in range(50)))
        await moving
        assert all(list(one) in (before, writing, ["session_status"]) for one in lists)
        state = (await agent.call("session_status"))["state"]
        assert list(await agent.tools()) == (writing if state == "writing" else before)


@MODES
@pytest.mark.parametrize("surface", ["adaptive", "stable"])
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"session": 5}, "INVALID_FIELDS"),
        ({"session": ["a"]}, "INVALID_FIELDS"),
        ({"session": {"$ne": ""}}, "INVALID_FIELDS"),
        ({"session": ""}, "MALFORMED"),
        ({"session": "\u202eabc"}, "MALFORMED"),
        ({"session": "a" * 129}, "MALFORMED"),
        ({"expected_revision": "4"}, "INVALID_FIELDS"),
        ({"expected_revision": 2**70}, "STALE"),
        ({"pointsman_session": "x"}, "INVALID_FIELDS"),
        ({"\u0441ession": "x"}, "INVALID_FIELDS"),
    ],
)
async def test_arguments_of_the_wrong_type_are_refused_and_the_next_call_works(
    application: Application, surface: SurfaceChoice, mode: str, arguments: dict[str, Any], code: str
) -> None:
    async with connected("claude-code", mode=mode, surface=surface, governed=application.governor) as agent:
        await start(agent, surface)
        result = await agent.client.call_tool("again", arguments)
        assert isinstance(result, CallToolResult)
        assert result.structured_content is not None
        assert result.structured_content.get("refusal", {}).get("code") == code
        assert (await agent.call("session_status"))["outcome"] == "done"
    await assert_verified(application)


@SURFACES
async def test_names_that_only_look_like_a_tools_are_refused(application: Application, surface: SurfaceChoice) -> None:
    async with connected("claude-code", surface=surface, governed=application.governor) as agent:
        session = await start(agent, surface)
        for name in ("desk\u200b_look", "d\u0435sk_look", "desk_look\x00", "../desk_look", "", "x" * 1_000):
            result = await agent.client.call_tool(name, {"session": session})
            assert isinstance(result, CallToolResult)
            assert result.is_error
            assert json.loads(json.dumps(result.structured_content))["refusal"]["code"] == "MALFORMED"
