"""The real SDK asks a real server."""

from pointsman.fsm.model_turns import Tokens
from pointsman.server.scripts.messages_api import Call, Reply, messages_api
from pointsman.tools.models.client import AnthropicModels
from pointsman.tools.models.port import Offered, Question

WEATHER = Offered("weather", "Tells the weather.", {"type": "object", "properties": {"town": {"type": "string"}}})


def question() -> Question:
    return Question(
        model="claude-opus-5-5",
        system=("You report.", "In one word."),
        tools=(WEATHER,),
        messages=({"role": "user", "content": [{"type": "text", "text": "And?"}]},),
        max_tokens=100,
        timeout_ms=10_000,
    )


async def test_an_answer_comes_back_whole() -> None:
    reply = Reply(say="Let me look.", calls=(Call("weather", {"town": "Łódź"}),), tokens=Tokens(5, 6, 7, 8))
    heard: list[str] = []
    with messages_api([reply]) as api:
        async with AnthropicModels(api.environment) as models:
            answer = await models.ask(question(), heard.append)
    assert [block["type"] for block in answer.content] == ["text", "tool_use"]
    assert answer.content[1]["input"] == {"town": "Łódź"}
    assert (answer.stop_reason, answer.model, answer.tokens) == ("tool_use", "claude-opus-5-5", Tokens(5, 6, 7, 8))
    assert (answer.attempts, answer.request) == (1, "req_000000000000000000000001")
    assert "".join(heard) == "Let me look."
