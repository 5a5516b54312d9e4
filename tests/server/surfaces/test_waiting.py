"""What a tool asks of the client that waits for its call: pushed in the handshake era, brought back in that of 2026."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Literal, cast

import pytest
from mcp import Client
from mcp.client import ClientRequestContext
from mcp.client.session import ElicitationFnT
from mcp.server.session import ServerSession
from mcp.shared.exceptions import MCPError
from mcp_types import (
    CallToolResult,
    ClientCapabilities,
    ElicitationCapability,
    ElicitRequest,
    ElicitRequestParams,
    ElicitResult,
    ErrorData,
    InputRequiredResult,
    InputResponses,
    TextContent,
)

from pointsman.contracts.values import JsonObject
from pointsman.server.surfaces import parked
from pointsman.server.surfaces.client_log import ClientLog
from pointsman.server.surfaces.progress import Telling
from pointsman.server.surfaces.waiting import GONE, WaitingClient
from pointsman.tools.conversation import ELICIT, Question
from pointsman.tools.errors import Unanswered
from tests.server.surfaces.connected import connected
from tests.server.surfaces.governed import FORM, InMemoryGoverned

HANDLE = "s" * 26
BOTH_ERAS = pytest.mark.parametrize("mode", ["legacy", "auto"], ids=["handshake", "2026-07-28"])
SILENT = ClientLog(cast("ServerSession", None), None, None)
"""The log of a client that wants none; nothing is ever sent."""
ANSWER = ElicitResult(action="accept", content={"which": "this"})
SAID = {"action": "accept", "content": {"which": "this"}}


def answering(what: ElicitResult | ErrorData = ANSWER, *, after: asyncio.Event | None = None) -> ElicitationFnT:
    async def answer(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult | ErrorData:
        del context
        assert params.message == "Which?"
        if after is not None:
            await after.wait()
        return what

    return answer


async def ask(client: Client, *keys: str) -> object:
    result = await client.call_tool("ask", {"keys": list(keys)})
    return result.structured_content["result"]


async def by_hand(
    client: Client, *keys: str, state: str | None = None, **answers: ElicitResult
) -> CallToolResult | InputRequiredResult:
    """Call as a client of the 2026 era does, without the SDK coming back by itself."""
    given: InputResponses = dict(answers)
    return await client.session.call_tool(
        "ask", {"keys": list(keys)}, input_responses=given or None, request_state=state, allow_input_required=True
    )


@BOTH_ERAS
async def test_several_questions_are_asked_at_once_and_answered_by_their_keys(mode: str) -> None:
    async with connected("claude-ai", mode=mode, session=HANDLE, answer=answering()) as agent:
        assert await ask(agent.client, "a", "b") == {"answers": {"a": SAID, "b": SAID}, "waited": True}
        assert await ask(agent.client, "a") == {"answers": {"a": SAID}, "waited": True}


@BOTH_ERAS
async def test_a_client_that_cannot_ask_anybody_is_not_asked(mode: str) -> None:
    async with connected("claude-ai", mode=mode, session=HANDLE) as agent:
        assert await ask(agent.client, "a") == {"takes": False}


@BOTH_ERAS
@pytest.mark.parametrize("action", ["decline", "cancel"])
async def test_who_declines_has_declined(mode: str, action: Literal["decline", "cancel"]) -> None:
    answer = answering(ElicitResult(action=action))
    async with connected("claude-ai", mode=mode, session=HANDLE, answer=answer) as agent:
        assert await ask(agent.client, "a") == {"answers": {"a": {"action": action}}, "waited": True}


async def test_a_client_that_answers_with_an_error_has_given_no_answer() -> None:
    refusing = answering(ErrorData(code=-1, message="not \u202enow"))
    async with connected("claude-ai", session=HANDLE, answer=refusing) as agent:
        assert await ask(agent.client, "a") == {"answers": {}, "waited": True}


async def test_a_question_has_a_bound_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pointsman.server.surfaces.waiting.ASK_WAIT_MS", 20)
    never = asyncio.Event()
    async with connected("claude-ai", session=HANDLE, answer=answering(after=never)) as agent:
        assert await ask(agent.client, "a") == {"why": "no answer came within 0 minutes"}


async def test_in_2026_the_reply_is_what_is_asked_and_the_call_goes_on_with_the_answer() -> None:
    async with connected("claude-ai", mode="auto", session=HANDLE, answer=answering()) as agent:
        first = await by_hand(agent.client, "user_name", "other")
        assert isinstance(first, InputRequiredResult)
        assert list(first.input_requests or {}) == ["user_name", "other"]
        asked = (first.input_requests or {})["user_name"]
        assert isinstance(asked, ElicitRequest)
        assert asked.params.model_dump(mode="json", by_alias=True, exclude_none=True) == FORM
        second = await by_hand(agent.client, "user_name", "other", state=first.request_state, user_name=ANSWER)
        assert isinstance(second, InputRequiredResult)
        assert list(second.input_requests or {}) == ["other"]
        assert second.request_state != first.request_state
        last = await by_hand(agent.client, "user_name", "other", state=second.request_state, other=ANSWER, more=ANSWER)
        assert isinstance(last, CallToolResult)
        assert last.structured_content["result"]["answers"] == {"user_name": SAID, "other": SAID}


async def test_answers_that_are_brought_along_at_once_are_taken_and_others_left() -> None:
    async with connected("claude-ai", mode="auto", session=HANDLE, answer=answering()) as agent:
        done = await by_hand(agent.client, "a", a=ANSWER, b=ANSWER)
        assert isinstance(done, CallToolResult)
        assert done.structured_content["result"]["answers"] == {"a": SAID}
        assert isinstance(await by_hand(agent.client, "a", wrong=ANSWER), InputRequiredResult)


async def test_a_state_is_good_once_and_for_its_own_call_alone() -> None:
    async with connected("claude-ai", mode="auto", session=HANDLE, answer=answering()) as agent:
        first = await by_hand(agent.client, "a")
        assert isinstance(first, InputRequiredResult)
        assert first.request_state is not None
        for keys, state in ((["a"], first.request_state + "-TAMPERED"), (["b"], first.request_state)):
            with pytest.raises(MCPError) as refused:
                await by_hand(agent.client, *keys, state=state, a=ANSWER)
            assert refused.value.code == -32602
        done = await by_hand(agent.client, "a", state=first.request_state, a=ANSWER)
        assert isinstance(done, CallToolResult)
        again = await by_hand(agent.client, "a", state=first.request_state, a=ANSWER)
        assert isinstance(again, CallToolResult)
        assert again.is_error
        assert "comes too late" in str(again.structured_content["refusal"]["message"])


async def test_so_many_calls_may_wait_for_their_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parked, "PARKED_CALLS", 1)
    async with connected("claude-ai", mode="auto", session=HANDLE, answer=answering()) as agent:
        first = await by_hand(agent.client, "a")
        assert isinstance(first, InputRequiredResult)
        assert await ask(agent.client, "a") == {"takes": False}
        await by_hand(agent.client, "a", state=first.request_state, a=ANSWER)
        assert await ask(agent.client, "a") == {"answers": {"a": SAID}, "waited": True}


class Deaf:
    """A way to a client that never answers."""

    comes_back = False

    def takes(self, method: str) -> bool:
        return method == ELICIT

    async def ask(self, questions: Mapping[str, Question]) -> Mapping[str, JsonObject]:
        await asyncio.Event().wait()
        return {key: {} for key in questions}


async def test_a_client_that_never_comes_back_has_given_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pointsman.server.surfaces.waiting.ASK_WAIT_MS", 20)
    parking, over = parked.Parked(), asyncio.Event()
    capabilities = ClientCapabilities(elicitation=ElicitationCapability())
    call = parked.ParkedCall(parking, capabilities, {}, None)
    waiter = WaitingClient(Telling(InMemoryGoverned(), "x", None), call, SILENT)

    async def work() -> CallToolResult:
        with pytest.raises(Unanswered, match="no answer came within"):
            await waiter.ask({"a": Question(ELICIT, FORM)})
        asyncio.get_running_loop().call_soon(over.set)
        return CallToolResult(content=[])

    first = await parking.begin("ada", call, work())
    assert isinstance(first, InputRequiredResult)
    assert first.request_state is not None
    await over.wait()
    await asyncio.sleep(0)
    assert await parking.resume("ada", first.request_state, {}, None) is None


async def test_a_state_is_good_for_nobody_else() -> None:
    parking = parked.Parked()
    capabilities = ClientCapabilities(elicitation=ElicitationCapability())
    call = parked.ParkedCall(parking, capabilities, {}, None)

    async def work() -> CallToolResult:
        return CallToolResult(content=[TextContent(text=str(await call.ask({"a": Question(ELICIT, FORM)})))])

    first = await parking.begin("ada", call, work())
    assert isinstance(first, InputRequiredResult)
    assert first.request_state is not None
    assert await parking.resume("bob", first.request_state, {"a": ANSWER}, None) is None
    done = await parking.resume("ada", first.request_state, {"a": ANSWER}, None)
    assert isinstance(done, CallToolResult)
    assert not done.is_error


async def test_who_has_gone_is_not_asked() -> None:
    waiter = WaitingClient(Telling(InMemoryGoverned(), "x", None), Deaf(), SILENT)
    assert waiter.takes(ELICIT)
    asking = asyncio.create_task(waiter.ask({"a": Question(ELICIT, FORM)}))
    await asyncio.sleep(0)
    waiter.close()
    waiter.close()
    with pytest.raises(Unanswered, match=GONE):
        await asking
    with pytest.raises(Unanswered, match=GONE):
        await waiter.ask({"a": Question(ELICIT, FORM)})
    assert not waiter.takes(ELICIT)


async def test_a_server_that_stops_leaves_questions_without_an_answer() -> None:
    parking = parked.Parked()
    call = parked.ParkedCall(parking, ClientCapabilities(elicitation=ElicitationCapability()), {}, None)

    async def work() -> CallToolResult:
        with pytest.raises(Unanswered, match="the server stops"):
            await call.ask({"a": Question(ELICIT, FORM)})
        return CallToolResult(content=[])

    first = await parking.begin("ada", call, work())
    assert isinstance(first, InputRequiredResult)
    assert first.request_state is not None
    await parking.aclose()
    assert await parking.resume("ada", first.request_state, {"a": ANSWER}, None) is None
