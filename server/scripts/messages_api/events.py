"""Writes an answer as the API does: as one message, or as the events of a stream (platform.claude.com, "Streaming")."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

from pointsman.contracts.values import Json, JsonObject, as_list
from pointsman.fsm.model_turns import Tokens

from .messages import signature_of
from .replies import Reply

_TEXT_PIECE: Final = 24
_JSON_PIECE: Final = 16
_WIRE_IDENTIFIER: Final = "{kind}_{number:024d}"


def blocks_of(reply: Reply, number: int) -> list[JsonObject]:
    """Give the content of the answer with this number."""
    blocks: list[JsonObject] = []
    if reply.think:
        blocks.append({"type": "thinking", "thinking": reply.think, "signature": signature_of(reply.think)})
    if reply.say:
        blocks.append({"type": "text", "text": reply.say})
    for place, call in enumerate(reply.calls):
        name = _WIRE_IDENTIFIER.format(kind="toolu", number=number * 1_000 + place)
        blocks.append({"type": "tool_use", "id": name, "name": call.name, "input": call.arguments})
    return [*blocks, *reply.content]


def message_of(model: str, number: int, blocks: list[JsonObject], reply: Reply, tokens: Tokens) -> JsonObject:
    """Give the whole answer as one message."""
    content: list[Json] = list(blocks)
    return {
        "id": _WIRE_IDENTIFIER.format(kind="msg", number=number),
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": content,
        "stop_reason": reply.stop_reason,
        "stop_sequence": None,
        "usage": _usage(tokens),
    }


def events_of(message: JsonObject) -> Iterator[bytes]:
    """Give the same as events, each whole."""
    blocks = message["content"]
    usage = message["usage"]
    empty: list[Json] = []
    start: JsonObject = {**message, "content": empty, "stop_reason": None}
    if isinstance(usage, dict):
        start["usage"] = {**usage, "output_tokens": 1}
    yield event({"type": "message_start", "message": start})
    for index, block in enumerate(as_list(blocks)):
        if isinstance(block, dict):
            yield from _block_events(index, block)
        if index == 0:
            yield event({"type": "ping"})
    delta: JsonObject = {"stop_reason": message["stop_reason"], "stop_sequence": None}
    yield event({"type": "message_delta", "delta": delta, "usage": usage})
    yield event({"type": "message_stop"})


def event(data: JsonObject) -> bytes:
    """Write one event, named by its type."""
    return f"event: {data['type']}\ndata: {json.dumps(data)}\n\n".encode()


def error_of(kind: str, message: str, request: str) -> JsonObject:
    """Give an error as the API words it."""
    return {"type": "error", "error": {"type": kind, "message": message}, "request_id": request}


def _block_events(index: int, block: JsonObject) -> Iterator[bytes]:
    start, deltas = _taken_apart(block)
    yield event({"type": "content_block_start", "index": index, "content_block": start})
    for delta in deltas:
        yield event({"type": "content_block_delta", "index": index, "delta": delta})
    yield event({"type": "content_block_stop", "index": index})


def _taken_apart(block: JsonObject) -> tuple[JsonObject, list[JsonObject]]:
    """Give a block as it starts, and the pieces that follow."""
    match block:
        case {"type": "text"}:
            pieces = _pieces(str(block["text"]), _TEXT_PIECE)
            return {**block, "text": ""}, [{"type": "text_delta", "text": piece} for piece in pieces]
        case {"type": "thinking"}:
            deltas: list[JsonObject] = [
                {"type": "thinking_delta", "thinking": piece} for piece in _pieces(str(block["thinking"]), _TEXT_PIECE)
            ]
            return {**block, "thinking": "", "signature": ""}, [
                *deltas,
                {"type": "signature_delta", "signature": block["signature"]},
            ]
        case {"type": "tool_use", "input": given}:
            written = given if isinstance(given, str) else json.dumps(given, ensure_ascii=False) if given else ""
            nothing: JsonObject = {}
            return {**block, "input": nothing}, [
                {"type": "input_json_delta", "partial_json": piece} for piece in ("", *_pieces(written, _JSON_PIECE))
            ]
        case _:
            return block, []


def _pieces(text: str, size: int) -> list[str]:
    return [text[start : start + size] for start in range(0, len(text), size)]


def _usage(tokens: Tokens) -> JsonObject:
    return {
        "input_tokens": tokens.input,
        "output_tokens": tokens.output,
        "cache_read_input_tokens": tokens.cache_read,
        "cache_creation_input_tokens": tokens.cache_written,
    }
