"""Sessions and workflows as resources, in both eras."""

from __future__ import annotations

import json

import pytest
from mcp.shared.exceptions import MCPError

from pointsman.server.surfaces.choosing import SurfaceChoice
from tests.server.surfaces.connected import connected
from tests.server.surfaces.governed import PAGE, InMemoryGoverned, workflow

HANDLE = "s" * 26
ADDRESS = f"session://{HANDLE}"
BOTH_ERAS = pytest.mark.parametrize("mode", ["legacy", "auto"], ids=["handshake", "2026-07-28"])


@BOTH_ERAS
async def test_workflows_and_sessions_are_listed_and_their_addresses_have_templates(mode: str) -> None:
    async with connected("claude-code", mode=mode, session=HANDLE) as agent:
        listed = [str(one.uri) for one in (await agent.client.list_resources()).resources]
        assert listed == [
            "workflow://parcel",
            ADDRESS,
            f"{ADDRESS}/contract",
            f"{ADDRESS}/diagram",
            f"{ADDRESS}/audit",
        ]
        shapes = [one.uri_template for one in (await agent.client.list_resource_templates()).resource_templates]
        assert shapes == [
            "session://{session}",
            "session://{session}/contract",
            "session://{session}/diagram",
            "session://{session}/audit{?after}",
            "workflow://{workflow}",
            "workflow://{workflow}/{state}",
        ]


@BOTH_ERAS
async def test_a_session_tells_its_status_contract_diagram_and_audit(mode: str) -> None:
    async with connected("claude-code", mode=mode, session=HANDLE) as agent:
        status = json.loads(await agent.resource(ADDRESS))
        assert (status["state"], status["context"]) == ("labelling", {"parcel_id": "P1"})
        contract = json.loads(await agent.resource(f"{ADDRESS}/contract"))
        assert contract == {"workflow": "parcel", "state": "labelling", "allowed": status["allowed"]}
        assert [one["name"] for one in contract["allowed"]] == ["desk_label", "hand_over"]
        assert "input_schema" in contract["allowed"][0]
        assert await agent.resource(f"{ADDRESS}/diagram") == "stateDiagram-v2"
        assert json.loads(await agent.resource(f"{ADDRESS}/audit")) == {"rows": []}


async def test_an_audit_goes_on_at_the_address_that_comes_with_its_page() -> None:
    async with connected("claude-code", session=HANDLE) as agent:
        for _ in range(PAGE + 1):
            await agent.call("session_status", session=5)
        first = json.loads(await agent.resource(f"{ADDRESS}/audit"))
        assert len(first["rows"]) == PAGE
        assert first["next"] == f"{ADDRESS}/audit?after={PAGE}"
        rest = json.loads(await agent.resource(first["next"]))
        assert len(rest["rows"]) == 1
        assert "next" not in rest


async def test_sessions_are_listed_page_by_page() -> None:
    async with connected("claude-code") as agent:
        started = [(await agent.call("start_parcel", parcel_id="P"))["session"] for _ in range(PAGE + 1)]
        first = await agent.client.list_resources()
        rest = await agent.client.list_resources(cursor=first.next_cursor)
        assert rest.next_cursor is None
        found = [str(one.uri).removeprefix("session://") for one in (*first.resources, *rest.resources)]
        assert [name for name in found if "/" not in name] == started[::-1]


async def test_a_workflow_tells_how_it_starts_and_what_each_state_of_an_agent_demands() -> None:
    async with connected("claude-code") as agent:
        about = json.loads(await agent.resource("workflow://parcel"))
        assert about["goal"] == "Every parcel leaves with a label."
        assert about["start"]["required"] == ["parcel_id"]
        assert about["states"] == ["weighing", "labelling"]
        weighing = json.loads(await agent.resource("workflow://parcel/weighing"))
        assert (weighing["state"], weighing["goal"]) == ("weighing", "Weigh it.")
        assert weighing["allowed"][1]["input_schema"]["required"] == ["grams"]


async def test_actions_have_the_names_of_the_tool_list() -> None:
    governed = InMemoryGoverned(workflow(), workflow("letter"))
    names: dict[SurfaceChoice, str] = {"stable": "letter_desk_weigh", "compact": "desk_weigh", "adaptive": "desk_weigh"}
    for surface, name in names.items():
        async with connected("claude-ai", surface=surface, governed=governed) as agent:
            weighing = json.loads(await agent.resource("workflow://letter/weighing"))
            assert weighing["allowed"][0]["name"] == name


@BOTH_ERAS
@pytest.mark.parametrize(
    "address",
    [
        *(f"session://{'z' * 26}{part}" for part in ("", "/contract", "/diagram", "/audit", "/audit?after=1", "/x")),
        *(
            f"{ADDRESS}/audit?{query}"
            for query in ("after=-1", "after=x", "after=\u0661", "before=1", "after=1&after=2")
        ),
        *(f"{ADDRESS}/audit?after={'9' * 5_000}", f"{ADDRESS}?after=1", f"{ADDRESS}/contract?x=1"),
        *("workflow://", "workflow://letter", "workflow://parcel/checking", "workflow://parcel/weighing/x"),
        *("file:///etc/passwd", "session://a b", "session://\u202eabc"),
    ],
)
async def test_a_resource_that_is_not_there_is_an_error_in_the_same_words_for_all(address: str, mode: str) -> None:
    async with connected("claude-code", mode=mode, session=HANDLE) as agent:
        with pytest.raises(MCPError, match="There is no such resource") as caught:
            await agent.resource(address)
        assert caught.value.error.code == -32602


@BOTH_ERAS
@pytest.mark.parametrize("cursor", ["", "x", "\u202e", "9" * 10_000, "1-2"])
async def test_a_cursor_that_is_none_of_ours_is_an_error(cursor: str, mode: str) -> None:
    """MCP 2025-11-25, pagination: -32602."""
    async with connected("claude-code", mode=mode) as agent:
        client = agent.client
        for listing in (
            client.list_tools,
            client.list_prompts,
            client.list_resource_templates,
            client.list_resources,
        ):
            with pytest.raises(MCPError) as caught:
                await listing(cursor=cursor)
            assert caught.value.error.code == -32602
        assert (await agent.call("list_sessions", cursor=cursor))["refusal"]["code"] == "INVALID_FIELDS"
        assert len(await agent.tools()) > 2
