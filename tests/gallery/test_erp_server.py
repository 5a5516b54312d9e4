"""The example's ERP as an MCP server: a real process, and the faults that can be switched on."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, Literal

import anyio
import pytest
from mcp import Client, MCPError, StdioServerParameters
from mcp_types import CallToolResult, TextContent

from pointsman.gallery.invoices import erp
from pointsman.gallery.invoices.erp_faults import faults_file
from pointsman.gallery.invoices.erp_server import call, tools
from pointsman.gallery.invoices.store import postings
from pointsman.tools.functions import function_tool

INVOICE: Final = "INV-1003"
POSTING: Final = {"invoice_id": INVOICE, "route": "short_pay", "summary": "Why.", "approved_by": "maria"}


@asynccontextmanager
async def served(records: Path, mode: Literal["legacy", "auto"] = "auto") -> AsyncGenerator[Client]:
    env = {"PATH": os.environ["PATH"], "HOME": str(records), "POINTSMAN_GALLERY_DATA": str(records)}
    server = StdioServerParameters(command=sys.executable, args=["-m", erp.__name__], env=env)
    async with Client(server, mode=mode, read_timeout_seconds=30) as client:
        yield client


@pytest.fixture
def faulty(erp_file: Path) -> Path:
    """The file of faults, in a folder that is there."""
    erp_file.parent.mkdir()
    return faults_file()


def words(result: CallToolResult) -> str:
    (text,) = result.content
    assert isinstance(text, TextContent)
    return text.text


def test_what_it_says_of_its_tools_is_what_its_functions_are() -> None:
    """The file is fixed so that a pin outlives versions of libraries; it must not outlive the code."""
    for tool in tools():
        made = function_tool(tool.name, getattr(erp, tool.name)).definition
        assert (tool.description, tool.input_schema, tool.output_schema) == (
            made.description,
            made.input_schema,
            made.output_schema,
        )
    assert {tool.name for tool in tools()} == set(erp.__all__)


@pytest.mark.parametrize("mode", ["auto", pytest.param("legacy", marks=pytest.mark.slow)])
async def test_a_client_of_either_era_reads_and_posts(records: Path, mode: Literal["legacy", "auto"]) -> None:
    async with served(records, mode) as client:
        assert {tool.name for tool in (await client.list_tools()).tools} == set(erp.__all__)
        missing = await client.call_tool("find_purchase_order", {"po_number": "PO-0"})
        assert isinstance(missing, CallToolResult)
        assert missing.structured_content == {"order": None}
        posted = await client.call_tool("post_route", POSTING)
        assert isinstance(posted, CallToolResult)
        assert posted.structured_content == {"write_id": "W-000002", "repeated": False}
        locked = await client.call_tool("post_route", {**POSTING, "invoice_id": "INV-1010"})
        assert isinstance(locked, CallToolResult)
        assert locked.is_error
        assert words(locked).endswith("Nothing was posted.")


@pytest.mark.slow
async def test_one_that_dies_after_the_write_has_written(records: Path, faulty: Path) -> None:
    faulty.write_text("once post_route die after\n")
    async with served(records) as client:
        with pytest.raises(MCPError, match="Connection closed"):
            await client.call_tool("post_route", POSTING)
    assert postings(INVOICE) == ["W-000002"]
    async with served(records) as client:
        again = await client.call_tool("post_route", POSTING)
        assert isinstance(again, CallToolResult)
        assert again.structured_content == {"write_id": "W-000002", "repeated": True}


@pytest.mark.parametrize(("when", "written"), [("before", []), ("after", ["W-000002"])])
async def test_a_failure_says_nothing_about_the_write(faulty: Path, when: str, written: list[str]) -> None:
    faulty.write_text(f"once post_route fail {when}\n")
    failed = await call("post_route", POSTING)
    assert failed.is_error
    assert words(failed) == "The ERP has failed. Nobody said whether anything was written."
    assert postings(INVOICE) == written


@pytest.mark.parametrize(("when", "written"), [("before", []), ("after", ["W-000002"])])
async def test_one_that_hangs_never_answers_whether_it_has_written_or_not(
    faulty: Path, when: str, written: list[str]
) -> None:
    faulty.write_text(f"once post_route hang {when}\n")
    with anyio.move_on_after(0.5) as patience:
        await call("post_route", POSTING)
    assert patience.cancelled_caught
    assert postings(INVOICE) == written


async def test_one_that_is_slow_answers_in_the_end(faulty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr(anyio, "sleep", sleep)
    faulty.write_text("always find_route slow before\nalways find_route slow after\n")
    assert (await call("find_route", {"invoice_id": INVOICE})).structured_content == {"route": None, "write_id": None}
    assert slept == [3.0, 3.0]


async def test_a_careless_one_posts_again_what_has_no_key(faulty: Path) -> None:
    """So a call that was repeated without its key is seen as two postings."""
    faulty.write_text("always post_route again\n")
    for _ in range(2):
        await call("post_route", POSTING)
    assert postings(INVOICE) == ["W-000002", "W-000003"]
    for _ in range(2):
        await call("post_route", {**POSTING, "idempotency_key": "k-1"})
    assert postings(INVOICE) == ["W-000002", "W-000003", "W-000004"]
    assert (await call("find_route", {"invoice_id": INVOICE})).structured_content == {
        "route": "short_pay",
        "write_id": "W-000002",
    }
    assert (await call("post_route", {**POSTING, "invoice_id": "INV-1010"})).is_error


async def test_what_happens_once_serves_one_call_each_and_the_rest_stays(faulty: Path) -> None:
    faulty.write_text("# twice\nonce find_route fail before\nonce find_route fail before\nalways compare hang after\n")
    failed = [(await call("find_route", {"invoice_id": INVOICE})).is_error for _ in range(3)]
    assert failed == [True, True, False]
    assert faulty.read_text() == "# twice\nalways compare hang after\n"


@pytest.mark.parametrize("line", ["post_route hang", "once post_route hang", "once a hang never", "once compare again"])
async def test_a_line_that_is_no_fault_is_told_and_nothing_done(faulty: Path, line: str) -> None:
    faulty.write_text(f"{line}\n")
    refused = await call("post_route", POSTING)
    assert refused.is_error
    assert f"a line that is no fault: '{line}'" in words(refused)
    assert postings(INVOICE) == []


@pytest.mark.parametrize(
    ("tool", "arguments", "says"),
    [
        ("pay", {}, "There is no tool 'pay'"),
        ("find_route", {}, "invoice_id: Missing required argument"),
        ("find_route", {"invoice_id": 3}, "invoice_id: Input should be a valid string"),
        ("find_route", {"invoice_id": "INV-1", "more": 1}, "more: Unexpected keyword argument"),
    ],
)
async def test_arguments_that_do_not_fit_are_told(
    erp_file: Path, tool: str, arguments: dict[str, Any], says: str
) -> None:
    refused = await call(tool, arguments)
    assert refused.is_error
    assert says in words(refused)
    assert not erp_file.exists()
