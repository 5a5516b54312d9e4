"""What the server answers with: texts and calls, as a list in order or as a function of the request."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from pointsman.contracts.errors import PointsmanError
from pointsman.contracts.values import Json, JsonObject
from pointsman.fsm.model_turns import Tokens

Stop: TypeAlias = Literal["end_turn", "tool_use", "max_tokens", "refusal"]


@dataclass(frozen=True, slots=True)
class Call:
    """One use of a tool, by its name on the wire."""

    name: str
    arguments: JsonObject = field(default_factory=dict[str, Json])


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer.

    Attributes:
        say: Text before the calls.
        calls: The tools that are used, in order.
        think: What is thought before anything else.
        stop: Why the answer ends; left out, it follows from the calls.
        tokens: What it took; left out, it is counted from the request.
        content: Blocks that come after all this as they are, such as no model should answer with. The `input` of a call
            may be a text here: what is streamed as its arguments, JSON or not.
        fault: `overloaded`: no answer, but the API's error of that name.
    """

    say: str = ""
    calls: tuple[Call, ...] = ()
    think: str = ""
    stop: Stop | None = None
    tokens: Tokens | None = None
    content: tuple[JsonObject, ...] = ()
    fault: Literal["overloaded"] | None = None

    @property
    def stop_reason(self) -> Stop:
        calls = bool(self.calls) or any(block.get("type") == "tool_use" for block in self.content)
        return self.stop or ("tool_use" if calls else "end_turn")


Answering: TypeAlias = Callable[[JsonObject], Reply]


class Unscripted(PointsmanError):
    """There is no answer for this request: the script of answers has ended."""


def in_order(replies: Iterable[Reply]) -> Answering:
    """Answer with one reply after the other, whatever is asked.

    Raises (when it is called):
        Unscripted: all of them have been given.
    """
    left = iter(tuple(replies))

    def next_one(_request: JsonObject) -> Reply:
        for reply in left:
            return reply
        raise Unscripted

    return next_one
