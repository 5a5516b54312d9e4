"""The real SDK asks a real server, which checks what it is asked."""

import warnings
from typing import Literal

import pytest

from pointsman.contracts.values import JsonObject
from pointsman.fsm.model_turns import Tokens
from pointsman.server.scripts.messages_api import Call, Reply, messages_api
from pointsman.tools.models.client import AnthropicModels
from pointsman.tools.models.port import NoAnswer

from .asked import OPEN, WEATHER, Patient, question, said


async def test_an_answer_comes_back_whole_and_its_text_as_it_streams() -> None:
    reply = Reply(
        think="It rains there often.",
        say="Let me look that up, in a text of several pieces.",
        calls=(Call("weather", {"town": "Łódź", "nested": {"a": [1, 2.5, None]}}), Call("weather", {"town": "Ghent"})),
        tokens=Tokens(5, 6, 7, 8),
    )
    with messages_api([reply]) as api:
        async with AnthropicModels(api.environment) as models:
            answer = await models.ask(question())
    assert [block["type"] for block in answer.content] == ["thinking", "text", "tool_use", "tool_use"]
    assert answer.content[0]["signature"]
    assert answer.content[2]["input"] == {"town": "Łódź", "nested": {"a": [1, 2.5, None]}}
    assert (answer.stop_reason, answer.model, answer.tokens) == ("tool_use", "claude-opus-5-5", Tokens(5, 6, 7, 8))
    assert (answer.attempts, answer.request) == (1, "req_000000000000000000000001")
    assert answer.content[1]["text"] == reply.say


async def test_a_conversation_goes_on_and_is_read_from_the_cache() -> None:
    with messages_api([Reply(calls=(Call("weather", {"town": "Ghent"}),)), Reply(say="Rain.")]) as api:
        async with AnthropicModels(api.environment) as models:
            first = await models.ask(question())
            result: JsonObject = {"type": "tool_result", "tool_use_id": first.content[0]["id"], "content": "rain"}
            then: list[JsonObject] = [
                said("How is it in Łódź?"),
                {"role": "assistant", "content": list(first.content)},
                {"role": "user", "content": [result]},
            ]
            second = await models.ask(question(*then))
    assert first.tokens.cache_written > 0 == first.tokens.cache_read
    assert second.tokens.cache_read == first.tokens.cache_written
    assert [block["text"] for block in second.content] == ["Rain."]
    assert second.stop_reason == "end_turn"


async def test_every_request_is_streamed_and_marks_three_places() -> None:
    with messages_api([Reply(say="Rain.")]) as api:
        async with AnthropicModels(api.environment) as models:
            await models.ask(question(tools=(WEATHER, OPEN)))
        (asked,) = api.requests
    assert asked.body["stream"] is True
    assert str(asked.body).count("cache_control") == 3
    assert "temperature" not in asked.body
    assert "tool_choice" not in asked.body


@pytest.mark.parametrize("model", ["claude-sonnet-4-5", "claude-opus-4-5"])
async def test_a_model_that_is_to_be_retired_is_asked_without_a_warning(model: str) -> None:
    with messages_api([Reply(say="Rain.")]) as api, warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        async with AnthropicModels(api.environment) as models:
            answer = await models.ask(question(model=model))
        assert api.requests[0].body["model"] == answer.model == model
    assert [one.message for one in told if "claude" in str(one.message)] == []


@pytest.mark.parametrize("stop", ["max_tokens", "refusal"])
async def test_the_reason_why_an_answer_stops_is_passed_on(stop: Literal["max_tokens", "refusal"]) -> None:
    with messages_api([Reply(say="I", stop=stop)]) as api:
        async with AnthropicModels(api.environment) as models:
            assert (await models.ask(question())).stop_reason == stop


async def test_an_overloaded_api_is_asked_again_until_it_answers() -> None:
    with messages_api([Reply(fault="overloaded"), Reply(fault="overloaded"), Reply(say="Rain.")]) as api:
        async with Patient(api.environment) as models:
            answer = await models.ask(question())
    assert answer.attempts == 3
    assert models.waits_s == [1.0, 2.0]


async def test_an_api_that_stays_overloaded_is_asked_four_times() -> None:
    with messages_api([Reply(fault="overloaded")] * 9) as api:
        async with Patient(api.environment) as models:
            with pytest.raises(NoAnswer, match=r"overloaded \(529\).* It was asked 4 times") as told:
                await models.ask(question())
        assert api.count == 4
    assert told.value.attempts == 4
    assert models.waits_s == [1.0, 2.0, 4.0]


async def test_an_unknown_model_is_named_and_not_asked_again() -> None:
    with messages_api([], models=["claude-haiku-4-5"]) as api:
        async with Patient(api.environment) as models:
            with pytest.raises(NoAnswer, match=r"no model 'claude-opus-5-5' \(404\)\. Check the name") as told:
                await models.ask(question())
        assert api.count == 1
    assert told.value.attempts == 1


async def test_a_wrong_key_is_said_and_not_shown() -> None:
    with messages_api([]) as api:
        async with Patient({**api.environment, "ANTHROPIC_API_KEY": "sk-wrong"}) as models:
            with pytest.raises(NoAnswer, match=r"does not know the key \(401\)\. Check ANTHROPIC_API_KEY") as told:
                await models.ask(question())
    assert "sk-wrong" not in str(told.value)


async def test_without_a_key_nothing_is_asked() -> None:
    with messages_api([]) as api:
        async with Patient({**api.environment, "ANTHROPIC_API_KEY": " "}) as models:
            with pytest.raises(NoAnswer, match=r"There is no key.*Set ANTHROPIC_API_KEY"):
                await models.ask(question())
        assert api.count == 0


@pytest.mark.parametrize("address", ["http://api.example.org", "ftp://127.0.0.1", "nowhere", "https://a\nb"])
async def test_the_key_is_sent_over_no_connection_that_others_can_read(address: str) -> None:
    async with Patient({"ANTHROPIC_API_KEY": "sk", "ANTHROPIC_BASE_URL": address}) as models:
        with pytest.raises(NoAnswer, match="ANTHROPIC_BASE_URL is no address that the key can be sent to"):
            await models.ask(question())
