"""The stable surface: one list for all states, and every call says which session it is for."""

from __future__ import annotations

import pytest

from pointsman.server.surfaces.names import NamesCollide
from tests.server.surfaces.connected import connected
from tests.server.surfaces.governed import InMemoryGoverned, workflow

LISTED = [
    *("start_parcel", "session_status", "list_sessions"),
    *("desk_weigh", "submit_weight", "desk_label", "hand_over"),
]
WEIGHING = [{"name": "desk_weigh", "kind": "tool"}, {"name": "submit_weight", "kind": "event"}]
BOTH_ERAS = pytest.mark.parametrize(
    ("name", "mode"),
    [("claude-ai", "legacy"), ("who knows", "legacy"), ("claude-code", "auto")],
    ids=["read once", "unknown", "2026-07-28"],
)


@BOTH_ERAS
@pytest.mark.parametrize("process", [False, True], ids=["here", "a process of its own"])
async def test_every_action_of_every_state_is_listed_and_the_list_never_changes(
    name: str, mode: str, *, process: bool
) -> None:
    async with connected(name, mode=mode, process=process) as agent:
        before = await agent.tools()
        assert list(before) == LISTED
        await agent.call("start_parcel", parcel_id="P1")
        assert await agent.tools() == before
        await agent.call("submit_weight", grams=3)
        assert await agent.tools() == before
        await agent.call("later")
        assert await agent.tools() == before
        assert agent.list_changes == 0


async def test_every_tool_of_a_session_takes_the_session_beside_its_own_arguments() -> None:
    async with connected("claude-ai") as agent:
        tools = await agent.tools()
        for name in LISTED[3:]:
            ours = "pointsman_session" if name == "desk_label" else "session"
            schema = tools[name].input_schema
            assert next(iter(schema["properties"])) == ours
            assert ours not in schema["required"]
        assert tools["submit_weight"].input_schema["required"] == ["grams"]
        assert tools["desk_label"].input_schema["properties"]["session"] == {"type": "string"}


async def test_a_description_says_the_effect_where_it_is_allowed_and_what_it_leads_to() -> None:
    async with connected("claude-ai") as agent:
        told = {name: tool.description for name, tool in (await agent.tools()).items()}
        assert told["desk_weigh"] == "Weigh the parcel. Reads only. Allowed in weighing only."
        assert told["desk_label"] == "Print a label. Changes something outside. Allowed in labelling only."
        assert told["submit_weight"] == "Leads to labelling. Allowed in weighing only."


@BOTH_ERAS
async def test_replies_name_what_is_allowed_and_bring_no_schemas(name: str, mode: str) -> None:
    async with connected(name, mode=mode) as agent:
        started = await agent.call("start_parcel", parcel_id="P1")
        assert started["allowed"] == WEIGHING
        assert (await agent.call("session_status"))["allowed"] == WEIGHING


@BOTH_ERAS
async def test_the_session_may_be_left_out_while_only_one_is_open(name: str, mode: str) -> None:
    async with connected(name, mode=mode) as agent:
        unopened = await agent.call("desk_weigh")
        assert unopened["refusal"]["code"] == "NOT_ALLOWED"
        assert "start_parcel" in unopened["refusal"]["message"]
        first = (await agent.call("start_parcel", parcel_id="P1"))["session"]
        assert (await agent.call("desk_weigh"))["session"] == first
        await agent.call("submit_weight", session=first, grams=3)
        second = (await agent.call("start_parcel", parcel_id="P2"))["session"]
        assert (await agent.call("desk_weigh"))["refusal"]["code"] == "MISSING_FIELDS"
        assert (await agent.call("desk_weigh", session=second))["session"] == second
        labelled = await agent.call("desk_label", session="theirs", pointsman_session=first)
        assert (labelled["session"], labelled["result"]) == (first, {"label": "theirs"})


async def test_what_the_state_does_not_allow_is_refused_though_it_is_listed() -> None:
    async with connected("claude-ai") as agent:
        await agent.call("start_parcel", parcel_id="P1")
        for name in ("desk_label", "hand_over", "no_such_tool", "start_nothing"):
            reply = await agent.call(name)
            assert (reply["is_error"], reply["refusal"]["code"]) == (True, "NOT_ALLOWED")
            assert reply["allowed"] == WEIGHING


# Several workflows.


async def test_with_several_workflows_every_action_has_its_workflow_in_its_name() -> None:
    governed = InMemoryGoverned(workflow(), workflow("letter"))
    async with connected("claude-ai", governed=governed) as agent:
        tools = await agent.tools()
        assert list(tools)[:4] == ["start_parcel", "start_letter", "session_status", "list_sessions"]
        assert list(tools)[4:] == [f"{one}_{name}" for one in ("parcel", "letter") for name in LISTED[3:]]
        started = await agent.call("start_letter", parcel_id="P1")
        assert [one["name"] for one in started["allowed"]] == ["letter_desk_weigh", "letter_submit_weight"]
        assert (await agent.call("letter_desk_weigh"))["outcome"] == "done"
        assert (await agent.call("letter_desk.weigh"))["outcome"] == "done"
        assert (await agent.call("letter_submit_weight", grams=3))["state"] == "labelling"
        labelled = await agent.call("letter_desk_label", session="theirs", pointsman_session=started["session"])
        assert labelled["result"] == {"label": "theirs"}


async def test_an_action_of_another_workflow_than_the_sessions_is_refused_and_not_taken_for_its_namesake() -> None:
    governed = InMemoryGoverned(workflow(), workflow("letter"))
    async with connected("claude-ai", governed=governed) as agent:
        session = (await agent.call("start_letter", parcel_id="P1"))["session"]
        reply = await agent.call("parcel_submit_weight", grams=3)
        assert reply["refusal"]["code"] == "NOT_ALLOWED"
        assert "this session is of letter" in reply["refusal"]["message"]
        assert governed.sessions[session].state == "weighing"
        assert (await agent.call("parcel_desk_weigh", session="z" * 26))["refusal"]["code"] == "NOT_FOUND"


async def test_names_that_meet_in_the_list_are_refused_at_the_start() -> None:
    """Starting `desk_weigh`, and the action `desk.weigh` of a workflow called `start`."""
    governed = InMemoryGoverned(workflow("start"), workflow("desk_weigh"))
    with pytest.raises(NamesCollide, match=r"`desk.weigh` of the workflow `start` and a tool .* `start_desk_weigh`"):
        async with connected("claude-ai", governed=governed):
            pass
    async with connected("claude-ai", surface="compact", governed=governed) as agent:
        assert "act" in await agent.tools()


# A list that is larger than clients take.


async def test_where_the_list_would_be_too_large_auto_shows_compact_and_a_choice_is_a_choice(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("pointsman.server.surfaces.stable.LISTED_TOOLS", 5)
    async with connected("claude-ai") as agent:
        assert list(await agent.tools()) == ["start", "status", "list_sessions", "act"]
    assert "7 tools" in capsys.readouterr().out
    async with connected("claude-ai", surface="stable") as agent:
        assert list(await agent.tools()) == LISTED


@pytest.mark.parametrize(("bound", "value"), [("WIRE_NAME_CHARACTERS", 10), ("LISTED_BYTES", 100)])
async def test_names_and_sizes_that_clients_do_not_take_make_auto_show_compact_too(
    monkeypatch: pytest.MonkeyPatch, bound: str, value: int
) -> None:
    monkeypatch.setattr(f"pointsman.server.surfaces.stable.{bound}", value)
    async with connected("claude-ai") as agent:
        assert "act" in await agent.tools()
