"""The body of a request to the Messages API, made of a question.

Three places end what the API may keep and read again for a fraction of the price: the last tool, the last of the
system's texts and the last block of the conversation. The API takes four of them at most
(platform.claude.com/docs/en/build-with-claude/prompt-caching).
"""

from __future__ import annotations

from typing import Final

from pointsman.contracts.bounds import STRICT_OPTIONAL, STRICT_TOOLS, STRICT_UNIONS
from pointsman.contracts.values import Json, JsonObject

from .port import Offered, Question
from .strict import complexity, strict

_KEEP: Final[JsonObject] = {"type": "ephemeral"}
_NOT_KEPT: Final = ("thinking", "redacted_thinking")
"""Blocks that the API lets nothing end with."""


def body_of(question: Question, *, may_be_strict: bool = True) -> JsonObject:
    """Write the request of a question, without `stream`."""
    body: JsonObject = {
        "model": question.model,
        "max_tokens": question.max_tokens,
        "messages": _messages(question.messages),
    }
    if question.system:
        texts: list[Json] = [{"type": "text", "text": text} for text in question.system]
        body["system"] = [*texts[:-1], {"type": "text", "text": question.system[-1], "cache_control": _KEEP}]
    if question.tools:
        tools = strict_tools(question.tools) if may_be_strict else [_whole(offered) for offered in question.tools]
        body["tools"] = [*tools[:-1], {**tools[-1], "cache_control": _KEEP}]
    return body


def strict_tools(offers: tuple[Offered, ...]) -> list[JsonObject]:
    """Write the tools: strict, in their order, as long as the API's limits for strict tools let them be."""
    tools: list[JsonObject] = []
    left, optional_left, unions_left = STRICT_TOOLS, STRICT_OPTIONAL, STRICT_UNIONS
    for offered in offers:
        schema = strict(offered.input_schema)
        if schema is not None:
            optional, unions = complexity(schema)
            if left and optional <= optional_left and unions <= unions_left:
                left, optional_left, unions_left = left - 1, optional_left - optional, unions_left - unions
                tools.append({**_whole(offered), "input_schema": schema, "strict": True})
                continue
        tools.append(_whole(offered))
    return tools


def is_strict(body: JsonObject) -> bool:
    """Whether any tool of a request is strict."""
    tools = body.get("tools")
    return isinstance(tools, list) and any(isinstance(tool, dict) and tool.get("strict") is True for tool in tools)


def _whole(offered: Offered) -> JsonObject:
    return {"name": offered.name, "description": offered.description, "input_schema": offered.input_schema}


def _messages(messages: tuple[JsonObject, ...]) -> list[Json]:
    """Let the last block end what is kept: the next question of the conversation begins with all of this one."""
    given: list[Json] = list(messages)
    last = messages[-1] if messages else {}
    blocks = last.get("content")
    if isinstance(blocks, str):
        text: JsonObject = {"type": "text", "text": blocks}
        blocks = [text]
    if not isinstance(blocks, list) or not blocks:
        return given
    block = blocks[-1]
    if not isinstance(block, dict) or block.get("type") in _NOT_KEPT:
        return given
    ended: list[Json] = [*blocks[:-1], {**block, "cache_control": _KEEP}]
    return [*given[:-1], {**last, "content": ended}]
