"""The model of a script: it gives the answers that the script has, one after the other, over the real Messages API.

It knows nothing but what it is told, as any model: in expressions of its answers `record` is what the server shows it
of the record, and `last` what came of its last call.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from pointsman.contracts.expressions import EvaluationError
from pointsman.contracts.values import Json, JsonObject

from ..models.instructions import wire_name
from .messages_api import Call, Reply, Unscripted
from .script import ModelAnswer
from .values import ScriptScope, rendered

_ENDED: Final = "The script has no further answer of the model. It was asked {count} times."


class ScriptedModel:
    """Answers requests of the Messages API. It is asked by one thread at a time."""

    def __init__(self, answers: Sequence[ModelAnswer]) -> None:
        self._answers = answers
        self.asked = 0

    @property
    def left(self) -> int:
        """How many answers nobody has asked for."""
        return max(0, len(self._answers) - self.asked)

    def __call__(self, request: JsonObject) -> Reply:
        """Give the next answer.

        Raises:
            Unscripted: there is none, or an expression in it gives no value.
        """
        self.asked += 1
        if self.asked > len(self._answers):
            raise Unscripted(_ENDED.format(count=self.asked))
        answer = self._answers[self.asked - 1]
        scope = ScriptScope(_shown(request), _last(request))
        try:
            said = rendered({"say": answer.say}, scope)["say"]
            calls = [Call(wire_name(one.call), rendered(one.values, scope)) for one in answer.all_calls]
        except EvaluationError as error:
            raise Unscripted(f"Answer {self.asked} of the script: {error}.") from error
        return Reply(str(said), tuple(calls), stop=answer.stop, fault=answer.fault)


def _shown(request: JsonObject) -> JsonObject:
    """Give the fields of the record that the model was shown first: a line of JSON among words."""
    for line in _texts(request, 0).splitlines():
        read = _object(line)
        if read is not None:
            return read
    return {}


def _last(request: JsonObject) -> JsonObject:
    """Give what the model was told last."""
    said = _texts(request, -1)
    return _object(said) or {"text": said}


def _texts(request: JsonObject, index: int) -> str:
    messages = request.get("messages")
    message = messages[index] if isinstance(messages, list) else None
    content = message.get("content") if isinstance(message, dict) else None
    return "\n".join(_text(block) for block in content) if isinstance(content, list) else ""


def _text(block: Json) -> str:
    if not isinstance(block, dict):
        return ""
    inner = block.get("content")
    return "\n".join(_text(one) for one in inner) if isinstance(inner, list) else str(block.get("text", ""))


def _object(text: str) -> JsonObject | None:
    try:
        read: Json = json.loads(text)
    except ValueError:
        return None
    return read if isinstance(read, dict) else None
