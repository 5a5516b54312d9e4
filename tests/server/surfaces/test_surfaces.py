"""The surfaces, through the SDK's client and real pipes, in both eras."""

from __future__ import annotations

import pytest

from pointsman.contracts.workflow import Key, ToolPolicy
from pointsman.fsm.allowed import Action
from pointsman.server.surfaces.choosing import SurfaceChoice
from pointsman.server.surfaces.listed import action_tool
from tests.server.surfaces.connected import connected

BEFORE = ["start_parcel", "session_status", "list_sessions"]
COMPACT = ["start", "status", "list_sessions", "act"]
WEIGHING = [{"name": "desk_weigh", "kind": "tool"}, {"name": "submit_weight", "kind": "event"}]
BOTH_ERAS = pytest.mark.parametrize(
    ("name", "mode"), [("claude-ai", "legacy"), ("claude-code", "auto")], ids=["handshake", "2026-07-28"]
)
IN_BOTH_PROCESSES = pytest.mark.parametrize("process", [False, True], ids=["here", "a process of its own"])


@IN_BOTH_PROCESSES
async def test_adaptive_shows_how_to_start_then_what_the_state_allows_then_how_to_start_again(*, process: bool) -> None:
    async with connected("claude-code", process=process) as agent:
        assert agent.client.server_capabilities.tools is not None
        assert agent.client.server_capabilities.tools.list_changed is True
        assert list(await agent.tools()) == BEFORE
        await agent.call("start_parcel", parcel_id="P1")
        assert list(await agent.tools()) == ["desk_weigh", "submit_weight", "session_status"]
        await agent.call("submit_weight", grams=3)
        assert list(await agent.tools()) == ["desk_label", "hand_over", "session_status"]
        await agent.call("hand_over")
        assert list(await agent.tools()) == ["session_status"]
        await agent.call("later")
        await agent.list_change(4)
        assert list(await agent.tools()) == BEFORE


async def test_list_changes_are_told_once_each_and_only_when_something_else_is_offered() -> None:
    async with connected("claude-code") as agent:
        await agent.call("start_parcel", parcel_id="P1")
        await agent.list_change(1)
        for _ in range(5):
            await agent.call("desk_weigh")
            await agent.call("submit_weight")
        await agent.call("submit_weight", grams=3)
        await agent.list_change(2)
        await agent.call("later")
        await agent.list_change(3)
        assert agent.list_changes == 3


async def test_a_change_that_nobody_called_for_is_told_too() -> None:
    """A timer, a reviewer or another process may move the session."""
    async with connected("claude-code", session="s" * 26) as agent:
        await agent.call("later")
        await agent.list_change(1)
        assert list(await agent.tools()) == BEFORE


async def test_tools_say_what_they_do_to_the_world() -> None:
    async with connected("claude-code") as agent:
        before = await agent.tools()
        assert before["start_parcel"].input_schema["required"] == ["parcel_id"]
        assert before["start_parcel"].description is not None
        assert "Every parcel leaves with a label." in before["start_parcel"].description
        await agent.call("start_parcel", parcel_id="P1")
        weighing = await agent.tools()
        await agent.call("submit_weight", grams=3)
        tools = {**before, **weighing, **await agent.tools()}
        hints = {name: tool.annotations for name, tool in tools.items()}
        assert {name for name, hint in hints.items() if hint and hint.read_only_hint} == {
            "session_status",
            "list_sessions",
            "desk_weigh",
        }
        assert {name for name, hint in hints.items() if hint and hint.destructive_hint} == {"desk_label"}
        assert {name for name, hint in hints.items() if hint and hint.idempotent_hint} == {"desk_label"}
        assert {name for name, hint in hints.items() if hint and hint.open_world_hint} == {"desk_label", "desk_weigh"}
        assert weighing["desk_weigh"].description == "Weigh the parcel. Reads only. Allowed in weighing only."


def test_a_write_whose_every_call_is_a_new_one_is_not_called_idempotent() -> None:
    pay = Action("bank.pay", "tool", "Pay.", {"type": "object"})
    hints = {
        key: action_tool(pay, "bank_pay", {"bank.pay": ToolPolicy("bank.pay", key=key)}).annotations
        for key in (None, "none", Key(("amount",)))
    }
    assert [hint is not None and hint.idempotent_hint for hint in hints.values()] == [True, False, True]


async def test_a_tool_that_is_not_listed_is_refused_by_the_governor_and_the_refusal_names_what_is_allowed() -> None:
    """Fault 18. Enforcement never depends on the list."""
    async with connected("claude-code") as agent:
        await agent.call("start_parcel", parcel_id="P1")
        for name in ("desk_label", "hand_over", "no_such_tool", "start_nothing"):
            reply = await agent.call(name)
            assert reply["is_error"] is True
            assert reply["refusal"]["code"] == "NOT_ALLOWED"
            assert "desk.weigh, submit_weight" in reply["refusal"]["message"]
            assert reply["allowed"] == WEIGHING


async def test_a_call_before_any_session_is_refused_and_says_how_to_start_one() -> None:
    async with connected("claude-code") as agent:
        reply = await agent.call("submit_weight", grams=3)
        assert reply["refusal"]["code"] == "NOT_ALLOWED"
        assert "start_parcel" in reply["refusal"]["message"]
        assert "session" not in reply


async def test_a_tool_is_called_by_its_name_on_the_wire_or_dotted() -> None:
    async with connected("claude-code") as agent:
        await agent.call("start_parcel", parcel_id="P1")
        assert (await agent.call("desk_weigh"))["result"]["grams"] == 120
        assert (await agent.call("desk.weigh"))["result"]["grams"] == 120


async def test_a_second_session_has_to_be_named_and_the_newest_ones_tools_are_shown() -> None:
    async with connected("claude-code") as agent:
        first = (await agent.call("start_parcel", parcel_id="P1"))["session"]
        await agent.call("submit_weight", grams=3)
        second = (await agent.call("start_parcel", parcel_id="P2"))["session"]
        tools = await agent.tools()
        assert list(tools) == ["desk_weigh", "submit_weight", "session_status"]
        assert "session" in tools["submit_weight"].input_schema["properties"]
        unnamed = await agent.call("desk_weigh")
        assert unnamed["refusal"]["code"] == "MISSING_FIELDS"
        assert first in unnamed["refusal"]["message"]
        assert second in unnamed["refusal"]["message"]
        assert (await agent.call("desk_weigh", session=second))["session"] == second
        assert (await agent.call("session_status", session=first))["state"] == "labelling"
        labelled = await agent.call("desk_label", session="theirs", pointsman_session=first)
        assert (labelled["session"], labelled["result"]) == (first, {"label": "theirs"})


async def test_a_session_that_has_ended_needs_no_naming_of_the_next_one() -> None:
    async with connected("claude-code") as agent:
        await agent.call("start_parcel", parcel_id="P1")
        await agent.call("later")
        await agent.list_change(2)
        assert (await agent.call("session_status"))["ended"]["outcome"] == "success"
        second = (await agent.call("start_parcel", parcel_id="P2"))["session"]
        assert (await agent.call("desk_weigh"))["session"] == second


async def test_an_existing_session_is_bound_from_the_beginning() -> None:
    async with connected("claude-code", session="s" * 26) as agent:
        assert list(await agent.tools()) == ["desk_label", "hand_over", "session_status"]
        assert (await agent.call("session_status"))["session"] == "s" * 26


@BOTH_ERAS
@IN_BOTH_PROCESSES
async def test_compact_shows_four_tools_that_never_change(name: str, mode: str, *, process: bool) -> None:
    async with connected(name, mode=mode, surface="compact", process=process) as agent:
        before = await agent.tools()
        assert list(before) == COMPACT
        await agent.call("start", workflow="parcel", input={"parcel_id": "P1"})
        await agent.call("act", action="submit_weight", arguments={"grams": 3})
        assert await agent.tools() == before
        assert agent.list_changes == 0


@BOTH_ERAS
async def test_compact_replies_bring_the_schemas_of_what_is_allowed_when_the_state_changes(
    name: str, mode: str
) -> None:
    async with connected(name, mode=mode, surface="compact") as agent:
        started = await agent.call("start", workflow="parcel", input={"parcel_id": "P1"})
        assert [one["name"] for one in started["allowed"]] == ["desk_weigh", "submit_weight"]
        assert started["allowed"][1]["input_schema"]["required"] == ["grams"]
        weighed = await agent.call("act", action="desk.weigh")
        assert weighed["allowed"] == WEIGHING
        moved = await agent.call("act", action="submit_weight", arguments={"grams": 3})
        assert moved["allowed"][0]["input_schema"]["required"] == ["session"]
        labelled = await agent.call("act", action="desk_label", arguments={"session": "theirs"}, expected_revision=4)
        assert labelled["result"] == {"label": "theirs"}
        status = await agent.call("status")
        assert "input_schema" in status["allowed"][0]
        waiting = await agent.call("act", action="hand_over")
        assert waiting["waiting_for"]["role"] == "checker"
        assert "allowed" not in waiting


@pytest.mark.parametrize(
    ("tool", "arguments", "code", "path"),
    [
        ("start", {}, "MISSING_FIELDS", "workflow"),
        ("start", {"workflow": 5}, "INVALID_FIELDS", "workflow"),
        ("start", {"workflow": "parcel", "input": "P1"}, "INVALID_FIELDS", "input"),
        ("start", {"workflow": "parcel", "parcel_id": "P1"}, "INVALID_FIELDS", "parcel_id"),
        ("act", {}, "MISSING_FIELDS", "action"),
        ("act", {"action": "desk.weigh", "arguments": []}, "INVALID_FIELDS", "arguments"),
        ("act", {"action": "desk.weigh", "expected_revision": True}, "INVALID_FIELDS", "expected_revision"),
        ("status", {"session": 5}, "INVALID_FIELDS", "session"),
        ("list_sessions", {"all": True}, "INVALID_FIELDS", "all"),
    ],
)
async def test_compact_tools_say_which_argument_does_not_fit(
    tool: str, arguments: dict[str, object], code: str, path: str
) -> None:
    async with connected("claude-ai", surface="compact") as agent:
        refusal = (await agent.call(tool, **arguments))["refusal"]
        assert (refusal["code"], refusal["unmet"][0]["path"]) == (code, path)


async def test_names_that_are_no_identifiers_are_refused_on_every_surface() -> None:
    """Fault 16."""
    async with connected("claude-ai", surface="compact") as agent:
        await agent.call("start", workflow="parcel", input={"parcel_id": "P1"})
        for reply in (
            await agent.call("act", action="desk.w\u0435igh"),
            await agent.call("act", action="desk\x00weigh"),
            await agent.call("start", workflow="p\u0430rcel"),
            await agent.call("status", session="\u202eabc"),
            await agent.call("st\u0430rt"),
        ):
            assert reply["refusal"]["code"] == "MALFORMED"
        assert (await agent.call("desk_weigh"))["refusal"]["code"] == "NOT_ALLOWED"
    async with connected("claude-code") as agent:
        assert (await agent.call("desk\u200d_weigh"))["refusal"]["code"] == "MALFORMED"
        assert (await agent.call("desk_weigh", session="a b"))["refusal"]["code"] == "MALFORMED"


@pytest.mark.parametrize(
    ("surface", "tool"), [("adaptive", "session_status"), ("stable", "session_status"), ("compact", "status")]
)
async def test_an_unknown_session_is_not_found(surface: SurfaceChoice, tool: str) -> None:
    async with connected("claude-code", surface=surface) as agent:
        assert (await agent.call(tool, session="z" * 26))["refusal"]["code"] == "NOT_FOUND"


@pytest.mark.parametrize(("action", "code"), [("block", "BUSY"), ("fill", "STORAGE_FULL")])
async def test_a_failing_store_is_a_refusal_that_says_nothing_was_done(action: str, code: str) -> None:
    async with connected("claude-code", session="s" * 26) as agent:
        reply = await agent.call(action)
        assert (reply["is_error"], reply["refusal"]["code"]) == (True, code)
        assert "Nothing was done" in reply["refusal"]["message"]


@pytest.mark.parametrize("mode", ["legacy", "auto"])
async def test_an_unexpected_failure_tells_the_client_nothing_of_our_insides(mode: str) -> None:
    async with connected("claude-ai", mode=mode, surface="compact", session="s" * 26) as agent:
        reply = await agent.call("act", action="break")
        assert (reply["is_error"], reply["outcome"]) == (True, "failed")
        assert "hunter2" not in str(reply)
        assert (await agent.call("status"))["outcome"] == "done"


async def test_calls_that_belong_to_no_session_are_recorded() -> None:
    async with connected("claude-code", session="s" * 26) as agent:
        await agent.call("desk\x00label")
        await agent.call("session_status", session=5)
        rows = await agent.resource(f"session://{'s' * 26}/audit")
        assert '"code": "MALFORMED"' in rows
        assert '"code": "INVALID_FIELDS"' in rows
        assert '"client": "claude-code"' in rows
        assert '"actor": "local:tester"' in rows


async def test_adaptive_in_the_2026_era_is_had_by_choosing_it_and_changes_come_to_whoever_listens() -> None:
    async with connected("claude-code", mode="auto", surface="adaptive") as agent:
        assert agent.client.protocol_version == "2026-07-28"
        assert list(await agent.tools()) == BEFORE
        async with agent.client.listen(tools_list_changed=True) as changes:
            await agent.call("start_parcel", parcel_id="P1")
            async for _ in changes:
                break
        assert list(await agent.tools()) == ["desk_weigh", "submit_weight", "session_status"]


async def test_the_2026_era_can_be_switched_off_and_a_client_that_can_falls_back() -> None:
    async with connected("claude-code", mode="auto", era="handshake") as agent:
        assert agent.client.protocol_version == "2025-11-25"
        assert list(await agent.tools()) == BEFORE
