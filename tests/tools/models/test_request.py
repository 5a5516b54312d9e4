"""What a question is as a request."""

import pytest

from pointsman.contracts.values import Json, JsonObject
from pointsman.tools.models.port import Question
from pointsman.tools.models.request import body_of, is_strict

from .asked import OPEN, WEATHER, question, said

KEEP: JsonObject = {"type": "ephemeral"}


def test_the_last_of_tools_texts_and_blocks_end_what_is_kept() -> None:
    body = body_of(question(said("One"), {"role": "assistant", "content": "Two"}, said("Three"), tools=(WEATHER, OPEN)))
    assert [part.get("cache_control") for part in _parts(body["tools"])] == [None, KEEP]
    assert [part.get("cache_control") for part in _parts(body["system"])] == [None, KEEP]
    assert _parts(body["messages"])[2]["content"] == [{"type": "text", "text": "Three", "cache_control": KEEP}]
    assert str(body["messages"]).count("cache_control") == 1


def test_a_text_alone_is_written_as_a_block() -> None:
    body = body_of(question({"role": "user", "content": "One"}))
    assert _parts(body["messages"])[0]["content"] == [{"type": "text", "text": "One", "cache_control": KEEP}]


@pytest.mark.parametrize("content", [[], [{"type": "thinking", "thinking": "Hm"}], ["text"], None], ids=range(4))
def test_nothing_is_marked_where_nothing_can_be(content: Json) -> None:
    message: JsonObject = {"role": "user", "content": content}
    assert body_of(question(message))["messages"] == [message]


def test_a_question_without_tools_or_texts_has_none() -> None:
    body = body_of(Question("m", (), (), (), 1, 1))
    assert body == {"model": "m", "max_tokens": 1, "messages": []}
    assert not is_strict(body)


def test_a_question_can_be_put_without_any_strict_tool() -> None:
    assert is_strict(body_of(question()))
    body = body_of(question(), may_be_strict=False)
    assert not is_strict(body)
    assert _parts(body["tools"])[0]["input_schema"] == WEATHER.input_schema


def _parts(value: Json) -> list[JsonObject]:
    assert isinstance(value, list)
    return [part for part in value if isinstance(part, dict)]
