"""A whole session through the real server process: the command line, the governor and the invoice workflow."""

from __future__ import annotations

import itertools
import json
import sqlite3
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any, cast

import mcp_types as types
import pytest
from mcp import Client, StdioServerParameters

from tests.contracts.invoice import FIELDS, SUMMARY
from tests.server.surfaces.connected import Connected

ROOT = Path(__file__).parents[3]
START = {"invoice_id": "INV-1001", "vendor_id": "V-7", "document": "inv-1001.txt"}
STORY: list[tuple[str, dict[str, Any], str]] = [
    ("submit_fields", FIELDS, "MISSING_EVIDENCE"),
    ("erp.post_route", {}, "NOT_ALLOWED"),
    ("docs.read", {}, "done"),
    ("docs.read", {"document": "inv-1002.txt"}, "INVALID_FIELDS"),
    ("submit_fields", {"total": "twelve"}, "MISSING_FIELDS"),
    ("submit_fields", FIELDS, "done"),
    ("submit_summary", SUMMARY, "done"),
    ("submit_summary", SUMMARY, "done"),
    ("docs.read", {}, "NOT_YOUR_TURN"),
]
"""What the agent calls, with mistakes, and what comes of it."""

DIFFERENT = {
    *("session_id", "session", "command_id", "instance", "duration_ms", "client", "trace_id"),
    *("prev", "hash", "body_digest", "arguments_digest"),
}
"""Columns and members that differ from session to session; times are told by their form."""


@asynccontextmanager
async def driven(directory: Path, name: str, mode: str, surface: str = "auto") -> AsyncGenerator[Connected]:
    arguments = ["-m", "pointsman.server", "serve", str(ROOT / "gallery" / "invoices" / "workflow.yaml")]
    parameters = StdioServerParameters(
        command=sys.executable,
        args=[*arguments, "--database", str(directory / "sessions.db"), "--surface", surface],
        env={"XDG_DATA_HOME": str(directory)},
        cwd=directory,
    )
    heard: list[Connected] = []

    async def hear(message: object) -> None:
        await heard[0].hear(message)

    info = types.Implementation(name=name, version="1")
    client = Client(parameters, mode=mode, client_info=info, message_handler=hear, read_timeout_seconds=30)
    heard.append(Connected(client))
    async with client:
        yield heard[0]


async def play(agent: Connected) -> tuple[str, list[dict[str, Any]]]:
    """Play the story on whichever surface is shown; give the session and its audit rows as the agent is shown them."""
    tools = "act" not in await agent.tools()
    started = await (
        agent.call("start_invoice_exception", **START)
        if tools
        else agent.call("start", workflow="invoice_exception", input=START)
    )
    for action, arguments, expected in STORY:
        reply = await (
            agent.call(action.replace(".", "_"), **arguments)
            if tools
            else agent.call("act", action=action, arguments=arguments)
        )
        assert reply.get("refusal", {}).get("code", reply["outcome"]) == expected, reply
    contents = (await agent.client.read_resource(f"session://{started['session']}/audit")).contents[0]
    assert isinstance(contents, types.TextResourceContents)
    return started["session"], json.loads(contents.text)["rows"]


def whole_rows(directory: Path, session: str) -> list[dict[str, Any]]:
    """Give a session's rows with their bodies, which no agent is shown."""
    with closing(sqlite3.connect(directory / "sessions.db")) as database:
        database.row_factory = sqlite3.Row
        found = database.execute("SELECT * FROM audit WHERE session_id = ? ORDER BY revision", (session,))
        rows = [dict(row) for row in found]
    for row in rows:
        row["body"] = {name: value for name, value in json.loads(row["body"]).items() if name != "salt"}
    return rows


def comparable(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Leave out what differs from one session to the next."""
    if isinstance(value, dict):
        members = cast("dict[str, Any]", value)
        return {key: comparable(item) for key, item in members.items() if key not in DIFFERENT}
    if isinstance(value, list):
        return [comparable(item) for item in value]  # pyright: ignore[reportUnknownVariableType] - JSON
    if isinstance(value, int) and value > 10**12:
        return "a moment"
    return "a moment" if isinstance(value, str) and value.startswith("20") and value.endswith("Z") else value


def at_the_same_time(row: dict[str, Any]) -> bool:
    return (row["kind"], row["actor_kind"]) == ("settled", "system")


def history(rows: list[dict[str, Any]]) -> list[Any]:
    """Make rows comparable. Steps that ran at the same time may settle in either order: those are put in one."""
    told: list[Any] = []
    for together, group in itertools.groupby(rows, at_the_same_time):
        some = list(group)
        if together:
            some = [{"action": one["action"], "outcome": one["outcome"], "body": one["body"]["result"]} for one in some]
            some.sort(key=str)
        told += [comparable(one) for one in some]
    return told


@pytest.mark.slow
async def test_the_same_calls_give_the_same_history_on_every_surface(tmp_path: Path) -> None:
    """row for row but for times, identifiers and channel; and design, section 5."""
    histories: dict[str, Any] = {}
    for number, (name, mode, surface) in enumerate(
        [
            ("claude-code", "legacy", "auto"),
            ("claude-ai", "legacy", "auto"),
            ("claude-code", "auto", "auto"),
            ("claude-code", "auto", "adaptive"),
            ("claude-code", "legacy", "compact"),
        ]
    ):
        directory = tmp_path / str(number)
        directory.mkdir()
        async with driven(directory, name, mode, surface) as agent:
            session, shown = await play(agent)
        rows = whole_rows(directory, session)
        assert [row["hash"] for row in shown] == [row["hash"] for row in rows]
        histories[f"{name} {mode} {surface}"] = history(rows)
    first, *others = histories.values()
    assert len(first) > 15
    for other in others:
        assert other == first


@pytest.mark.slow
async def test_adaptive_follows_a_real_session_from_state_to_state(tmp_path: Path) -> None:
    async with driven(tmp_path, "claude-code", "legacy") as agent:
        assert list(await agent.tools()) == ["start_invoice_exception", "session_status", "list_sessions"]
        await agent.call("start_invoice_exception", **START)
        await agent.list_change(1)
        extracting = await agent.tools()
        assert list(extracting) == ["docs_read", "submit_fields", "report_missing_fields", "session_status"]
        assert extracting["docs_read"].input_schema["properties"] == {}
        assert extracting["docs_read"].annotations == types.ToolAnnotations(read_only_hint=True, open_world_hint=True)
        assert extracting["submit_fields"].input_schema["properties"]["total"] == {"type": "number", "minimum": 0}
        await agent.call("docs_read")
        await agent.call("submit_fields", **FIELDS)
        await agent.list_change(2)
        assert list(await agent.tools()) == ["docs_read", "submit_summary", "session_status"]
        await agent.call("submit_summary", **SUMMARY)
        await agent.list_change(3)
        assert list(await agent.tools()) == ["session_status"]
        assert agent.list_changes == 3


@pytest.mark.slow
async def test_a_session_is_taken_up_again_after_the_server_was_started_anew(tmp_path: Path) -> None:
    async with driven(tmp_path, "claude-ai", "legacy") as agent:
        session, rows = await play(agent)
    async with driven(tmp_path, "claude-ai", "legacy") as agent:
        status = await agent.call("session_status", session=session)
        assert (status["state"], status["revision"]) == ("awaiting_accounts_payable_review", len(rows))
        assert status["waiting_for"]["role"] == "accounts_payable_manager"
        listed = await agent.call("list_sessions")
        assert [one["session"] for one in listed["sessions"]] == [session]
