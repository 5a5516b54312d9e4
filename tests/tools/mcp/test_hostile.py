"""Servers that say what they should not: dropped, left out or ended, while everything else goes on."""

from __future__ import annotations

import os
import subprocess

import pytest
from structlog.testing import capture_logs

from pointsman.contracts.bounds import DOWNSTREAM_LOG_LINES_PER_MINUTE, DOWNSTREAM_TOOLS
from pointsman.contracts.values import Json, JsonObject
from pointsman.tools.errors import SourceError

from .workshop import Docks, answer, call

SCHEMA: JsonObject = {"type": "object"}
OK: JsonObject = {"content": [{"type": "text", "text": "ok"}]}


def tool(name: str, **more: Json) -> JsonObject:
    return {"name": name, "inputSchema": SCHEMA, **more}


async def test_what_is_no_mcp_on_standard_output_is_dropped(docks: Docks) -> None:
    source = docks.source({"at_start": "junk"})
    with capture_logs() as logs:
        assert (await call(source, "junk")).result == {"text": "ok"}
    assert sum(one["event"] == "downstream message dropped" for one in logs) == 7


async def test_an_answer_that_cannot_be_read_ends_its_call(docks: Docks) -> None:
    source = docks.source()
    spoiled = await call(source, "raw", {"raw": "oops"}, effect="write")
    assert (spoiled.outcome, spoiled.error) == (
        "unknown",
        "dock.raw answered with an error: its answer is no message of MCP",
    )
    assert (await answer(source, OK)).outcome == "done"


async def test_a_server_that_floods_its_standard_output_is_ended(docks: Docks) -> None:
    flooded = await call(docks.source({"at_start": "flood"}), "look")
    assert "cannot be had: it sends more than 100 lines a minute that are no MCP" in (flooded.error or "")


@pytest.mark.slow
async def test_a_server_that_floods_with_messages_is_ended_and_started_again(docks: Docks) -> None:
    source = docks.source()
    with capture_logs() as logs:
        flooded = await call(source, "flood", effect="write")
        assert flooded.outcome == "unknown"
        assert (await answer(source, OK)).outcome == "done"
    (ended,) = [one for one in logs if one["event"] == "downstream connection ended"]
    assert ended["cause"] == "it sends more than 6000 messages a minute that nobody asked for"


async def test_standard_error_is_logged_visibly_and_within_a_bound(docks: Docks) -> None:
    source = docks.source()
    with capture_logs() as logs:
        assert (await call(source, "noise")).result == {"text": "ok"}
        await source.aclose()
    lines = [one["line"] for one in logs if one["event"] == "downstream says"]
    assert len(lines) == DOWNSTREAM_LOG_LINES_PER_MINUTE
    assert lines[7] == "line 7 \\x1b[2J"
    assert sum("too much" in one["event"] for one in logs) == 1


async def test_a_server_is_ended_with_all_that_it_started(docks: Docks) -> None:
    source = docks.source()
    pids = [(await call(source, name)).result for name in ("look", "child")]
    await source.aclose()
    for one in pids:
        assert isinstance(one, dict)
        pid = one["pid"]
        assert isinstance(pid, int)
        assert not _runs(pid)


@pytest.mark.slow
async def test_a_server_that_does_not_end_by_itself_is_ended(docks: Docks) -> None:
    source = docks.source({"at_start": "stay"})
    result = (await call(source, "look")).result
    await source.aclose()
    assert isinstance(result, dict)
    assert isinstance(result["pid"], int)
    assert not _runs(result["pid"])


async def test_a_server_gets_its_declared_environment_and_nothing_else(
    docks: Docks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_OF_OURS", "canary")
    monkeypatch.setenv("TOKEN", "t-1")
    source = docks.source(env={"ERP": "erp-${TOKEN}", "MODE": "test"})
    result = (await call(source, "look")).result
    assert isinstance(result, dict)
    environment = result["environment"]
    assert isinstance(environment, dict)
    assert set(environment) - {"LC_CTYPE"} == {"PATH", "HOME", "ERP", "MODE"}
    assert (environment["ERP"], environment["PATH"]) == ("erp-t-1", os.environ["PATH"])
    assert result["folder"] == str(docks.folder)


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (tool("pay\u202eyap"), "name"),
        (tool("two\nlines"), "name"),
        (tool("n" * 300), "name"),
        (tool(""), "name"),
        (tool("a/b"), "name"),
        (tool("broken", inputSchema={"type": "object", "properties": {"a": {"type": "nothing"}}}), "input schema"),
        (tool("remote", inputSchema={"type": "object", "$ref": "https://evil.example/s.json"}), "input schema"),
        (tool("file", inputSchema={"type": "object", "properties": {"a": {"$ref": "file:///etc/passwd"}}}), "input"),
        (tool("output", outputSchema={"type": "object", "$ref": "#/$defs/none"}), "output schema"),
        (tool("redos", inputSchema={"type": "object", "properties": {"a": {"pattern": "(?=a)b"}}}), "input schema"),
    ],
)
async def test_a_tool_that_cannot_be_taken_is_left_out_and_the_others_stay(
    docks: Docks, bad: JsonObject, why: str
) -> None:
    """Faults 16, 29 and 30: hostile names, patterns and references."""
    offer = await docks.source({"tools": [tool("good"), bad]}).offer()
    assert list(offer.tools) == ["dock.good"]
    ((name, reason),) = offer.left_out.items()
    assert why in reason
    assert name.isascii()


async def test_a_tool_with_an_endless_description_is_left_out(docks: Docks) -> None:
    offer = await docks.source({"tools": [tool("good"), tool("big")], "swell": 1_000_000}).offer()
    assert list(offer.tools) == ["dock.good"]
    assert offer.left_out == {"big": "its definition is longer than 65536 bytes"}


@pytest.mark.parametrize("schema", [{}, {"type": "number"}, "none"])
async def test_a_list_that_is_no_mcp_is_refused(docks: Docks, schema: Json) -> None:
    source = docks.source({"tools": [tool("good"), tool("bad", inputSchema=schema)]})
    with pytest.raises(SourceError, match="cannot be had: its list of tools is not what MCP says"):
        await source.offer()


async def test_tools_that_share_a_name_on_the_wire_are_all_left_out(docks: Docks) -> None:
    offer = await docks.source({"tools": [tool("a.b"), tool("a_b"), tool("c"), tool("d"), tool("d")]}).offer()
    assert list(offer.tools) == ["dock.c"]
    assert set(offer.left_out) == {"a.b", "a_b", "d"}


async def test_schemas_of_older_dialects_are_read_as_today(docks: Docks) -> None:
    old = "http://json-schema.org/draft-07/schema#"
    offer = await docks.source({"tools": [tool("a", inputSchema={"$schema": old, "type": "object"})]}).offer()
    assert offer.tools["dock.a"].definition.input_schema == {"type": "object"}


async def test_a_list_in_pages_is_read_to_its_end(docks: Docks) -> None:
    offer = await docks.source({"tools": [tool(f"t{n}") for n in range(50)], "page": 7}).offer()
    assert len(offer.tools) == 50


async def test_a_server_with_too_many_tools_is_refused(docks: Docks) -> None:
    """10,000 tools, beyond what an argument of a process may hold: the raw server makes them itself."""
    with pytest.raises(SourceError, match=f"it offers more than {DOWNSTREAM_TOOLS} tools"):
        await docks.source({"many": 10_000}).offer()


async def test_a_list_that_never_ends_is_refused(docks: Docks) -> None:
    with pytest.raises(SourceError, match="more than 100 pages"):
        await docks.source({"tools": [tool(f"t{n}") for n in range(150)], "page": 1}).offer()


def _runs(pid: int) -> bool:
    """Whether a process runs. One that has ended may wait for a parent that does not ask."""
    ps = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return ps.stdout.strip()[:1] not in {"", "Z"}
