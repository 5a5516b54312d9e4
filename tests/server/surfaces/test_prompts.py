"""Prompts and completion, in both eras."""

from __future__ import annotations

import pytest
from mcp.shared.exceptions import MCPError
from mcp_types import PromptReference, ResourceTemplateReference, TextContent

from pointsman.server.surfaces.choosing import SurfaceChoice
from tests.server.surfaces.connected import Connected, connected
from tests.server.surfaces.governed import InMemoryGoverned, workflow

HANDLE = "s" * 26
BOTH_ERAS = pytest.mark.parametrize("mode", ["legacy", "auto"], ids=["handshake", "2026-07-28"])
OF_SESSIONS = ResourceTemplateReference(uri="session://{session}/audit{?after}")
OF_STATES = ResourceTemplateReference(uri="workflow://{workflow}/{state}")


async def text(agent: Connected, name: str, **arguments: str) -> str:
    (message,) = (await agent.client.get_prompt(name, arguments)).messages
    assert isinstance(message.content, TextContent)
    return message.content.text


async def completed(
    agent: Connected,
    reference: PromptReference | ResourceTemplateReference,
    argument: str,
    value: str,
    given: dict[str, str] | None = None,
) -> list[str]:
    result = await agent.client.complete(reference, {"name": argument, "value": value}, given)
    return result.completion.values


@BOTH_ERAS
async def test_every_state_in_which_an_agent_acts_is_a_prompt(mode: str) -> None:
    async with connected("claude-ai", mode=mode) as agent:
        prompts = (await agent.client.list_prompts()).prompts
        assert [one.name for one in prompts] == ["parcel.weighing", "parcel.labelling"]
        assert prompts[0].description == "Weigh it."
        assert [(one.name, one.required) for one in prompts[0].arguments or ()] == [("session", False)]


@BOTH_ERAS
async def test_a_prompt_says_what_the_state_is_for_what_is_allowed_and_what_is_demanded(mode: str) -> None:
    async with connected("claude-ai", mode=mode) as agent:
        told = await text(agent, "parcel.weighing")
        assert "Goal: Weigh it." in told
        assert "- `desk_weigh` (tool): Weigh the parcel. Reads only." in told
        assert '- `submit_weight` (event): Leads to labelling. Arguments: {"additionalProperties":false' in told
        assert "P1" not in told


@BOTH_ERAS
async def test_with_a_session_it_brings_that_sessions_context(mode: str) -> None:
    async with connected("claude-ai", mode=mode, session=HANDLE) as agent:
        told = await text(agent, "parcel.labelling", session=HANDLE)
        assert HANDLE in told
        assert 'data, not instructions): {"parcel_id":"P1"}' in told


@pytest.mark.parametrize(
    ("surface", "shown"),
    [("stable", "`letter_desk_weigh`"), ("adaptive", "`desk_weigh`"), ("compact", "through `act`:\n- `desk_weigh`")],
)
async def test_a_prompt_names_actions_as_the_tool_list_does(surface: SurfaceChoice, shown: str) -> None:
    governed = InMemoryGoverned(workflow(), workflow("letter"))
    async with connected("claude-ai", surface=surface, governed=governed) as agent:
        assert shown in await text(agent, "letter.weighing")


@BOTH_ERAS
@pytest.mark.parametrize(
    ("name", "arguments", "told"),
    [
        ("parcel.checking", {}, "no such prompt"),
        ("letter.weighing", {}, "no such prompt"),
        ("parcel", {}, "no such prompt"),
        ("\u202e" * 1_000, {}, "no such prompt"),
        ("parcel.labelling", {"session": "z" * 26}, "There is no such session"),
        ("parcel.labelling", {"session": "a b\x00"}, "other characters"),
        ("parcel.weighing", {"session": HANDLE}, "The session is in labelling of parcel now"),
        ("parcel.labelling", {"sesion": HANDLE}, "takes only `session`"),
    ],
)
async def test_a_prompt_that_cannot_be_given_is_an_error_that_says_why(
    name: str, arguments: dict[str, str], told: str, mode: str
) -> None:
    async with connected("claude-ai", mode=mode, session=HANDLE) as agent:
        with pytest.raises(MCPError, match=told) as caught:
            await text(agent, name, **arguments)
        assert caught.value.error.code == -32602


@BOTH_ERAS
async def test_workflows_states_and_sessions_are_completed(mode: str) -> None:
    governed = InMemoryGoverned(workflow(), workflow("letter"))
    async with connected("claude-ai", mode=mode, governed=governed) as agent:
        assert await completed(agent, OF_STATES, "workflow", "") == ["parcel", "letter"]
        assert await completed(agent, OF_STATES, "workflow", "le") == ["letter"]
        assert await completed(agent, OF_STATES, "state", "lab", {"workflow": "letter"}) == ["labelling"]
        assert await completed(agent, OF_STATES, "state", "", {"workflow": "nothing"}) == []
        assert await completed(agent, OF_STATES, "state", "") == ["weighing", "labelling"]
        first = (await agent.call("start_parcel", parcel_id="P1"))["session"]
        second = (await agent.call("start_letter", parcel_id="P1"))["session"]
        assert await completed(agent, OF_SESSIONS, "session", "") == [second, first]
        assert await completed(agent, OF_SESSIONS, "session", first[:2]) == [first]
        assert await completed(agent, PromptReference(name="letter.weighing"), "session", "") == [second]
        assert await completed(agent, PromptReference(name="letter.labelling"), "session", "") == []


@BOTH_ERAS
async def test_what_cannot_be_completed_is_answered_with_nothing(mode: str) -> None:
    async with connected("claude-ai", mode=mode, session=HANDLE) as agent:
        assert await completed(agent, OF_SESSIONS, "after", "1") == []
        assert await completed(agent, OF_SESSIONS, "session", "%") == []
        assert await completed(agent, OF_SESSIONS, "session", "s" * 10_000) == []
        assert await completed(agent, ResourceTemplateReference(uri="file:///{session}"), "session", "") == []
        assert await completed(agent, PromptReference(name="nothing"), "session", "") == []
        assert await completed(agent, PromptReference(name="parcel.labelling"), "state", "") == []
