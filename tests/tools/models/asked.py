"""Questions as tests put them, and those who are asked without any real wait."""

from __future__ import annotations

from collections.abc import Mapping

from pointsman.contracts.values import JsonObject
from pointsman.tools.models.client import AnthropicModels
from pointsman.tools.models.port import Offered, Question

WEATHER = Offered(
    "weather",
    "Tells the weather of a town.",
    {"type": "object", "properties": {"town": {"type": "string", "minLength": 2}}, "required": ["town"]},
)
OPEN = Offered("note", "Notes whatever there is.", {"type": "object"})


def said(text: str) -> JsonObject:
    return {"role": "user", "content": [{"type": "text", "text": text}]}


def question(
    *messages: JsonObject,
    model: str = "claude-opus-5-5",
    tools: tuple[Offered, ...] = (WEATHER,),
    timeout_ms: int = 20_000,
) -> Question:
    system = ("You report the weather.", "In one word.")
    return Question(model, system, tools, messages or (said("How is it in Łódź?"),), 100, timeout_ms)


class Patient(AnthropicModels):
    """Waits by writing down how long."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.waits_s: list[float] = []

        async def wait(seconds: float) -> None:
            self.waits_s.append(seconds)

        super().__init__(environment, sleep=wait, chance=lambda: 1.0)
