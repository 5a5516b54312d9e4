"""Refuses the messages of a conversation that the Messages API would refuse, block by block, in its words.

A conversation goes back whole with each question, so what is refused once is refused for ever.
"""

from __future__ import annotations

import hashlib
import re
from typing import Final

from pointsman.contracts.values import Json, JsonObject

from .images import check_images
from .refused import Refused, listed

_CALL_NAME: Final = re.compile(r"[a-zA-Z0-9_-]+\Z", re.ASCII)
_CALL_NAME_CHARACTERS: Final = 200
_MEMBERS: Final = {
    "text": ("text", "citations"),
    "image": ("source",),
    "document": ("source", "title", "context", "citations"),
    "tool_use": ("id", "name", "input", "caller"),
    "tool_result": ("tool_use_id", "content", "is_error"),
    "thinking": ("thinking", "signature"),
    "redacted_thinking": ("data",),
}
_BLOCKS: Final = {
    "user": ("text", "tool_result", "image", "document"),
    "assistant": ("text", "tool_use", "thinking", "redacted_thinking"),
    "result": ("text", "image", "document"),
}


def check_messages(messages: list[Json]) -> None:
    """Check the messages of a request.

    Raises:
        Refused: the API would not take them.
    """
    if not messages:
        raise Refused("messages: at least one message is required")
    asked: list[Json] = []
    known: set[Json] = set()
    expected = "user"
    for index, message in enumerate(messages):
        where = f"messages.{index}"
        if not isinstance(message, dict) or message.get("role") != expected:
            raise Refused(f'{where}: roles must alternate between "user" and "assistant", and "user" begins')
        blocks = _blocks(message.get("content"), expected, where)
        _check_results(blocks, asked, where)
        asked = [block.get("id") for block in blocks if block["type"] == "tool_use"]
        if len(set(asked)) != len(asked) or not known.isdisjoint(asked):
            raise Refused(f"{where}: `tool_use` ids must be unique")
        known.update(asked)
        if expected == "assistant" and "thinking" in str(blocks[-1]["type"]):
            raise Refused(f"{where}: The final block in an assistant message cannot be `thinking`.")
        expected = "assistant" if expected == "user" else "user"
    check_images(messages)
    if expected == "user":
        raise Refused("This model does not support assistant message prefill. The conversation must end with a user.")


def signature_of(thinking: str) -> str:
    """Sign a thought, so that it is known again, and known to be unchanged, when it comes back."""
    return hashlib.sha256(thinking.encode("utf-8", "surrogatepass")).hexdigest()


def _check_results(blocks: list[JsonObject], asked: list[Json], where: str) -> None:
    results = [block.get("tool_use_id") for block in blocks if block["type"] == "tool_result"]
    if missing := [name for name in asked if name not in results]:
        raise Refused(
            f"{where}: `tool_use` ids were found without `tool_result` blocks immediately after: {missing[0]}"
        )
    if extra := [name for name in results if name not in asked]:
        raise Refused(f"{where}: unexpected `tool_use_id` found in `tool_result` blocks: {extra[0]}")
    if len(set(map(str, results))) != len(results):
        raise Refused(f"{where}: each tool_use must have a single result")
    if [block["type"] for block in blocks[: len(results)]] != ["tool_result"] * len(results):
        raise Refused(f"{where}: `tool_result` blocks must come first")


def _blocks(content: Json, whose: str, where: str) -> list[JsonObject]:
    if isinstance(content, str):
        content = [{"type": "text", "text": content}]
    found: list[JsonObject] = []
    for index, block in enumerate(listed(content, f"{where}.content")):
        here = f"{where}.content.{index}"
        if not isinstance(block, dict) or block.get("type") not in _BLOCKS[whose]:
            raise Refused(f"{here}: Input tag found does not match any of the expected tags of {whose}")
        kind = str(block["type"])
        for member in block.keys() - {"type", "cache_control", *_MEMBERS[kind]}:
            raise Refused(f"{here}.{kind}.{member}: Extra inputs are not permitted")
        _check_block(block, kind, here)
        found.append(block)
    if not found:
        raise Refused(f"{where}: all messages must have non-empty content")
    return found


def _check_block(block: JsonObject, kind: str, here: str) -> None:
    match kind:
        case "text" if not str(block.get("text") or "").strip():
            raise Refused(f"{here}: text content blocks must contain non-whitespace text")
        case "tool_use":
            _check_call(block, f"{here}.tool_use")
        case "tool_result":
            _check_result(block, here)
        case "thinking":
            if block.get("signature") != signature_of(str(block.get("thinking"))):
                raise Refused(f"{here}: Invalid `signature` in `thinking` block")
        case "redacted_thinking" if not isinstance(block.get("data"), str):
            raise Refused(f"{here}.redacted_thinking.data: Field required")
        case _:
            pass
    if "thinking" in kind and "cache_control" in block:
        raise Refused(f"{here}: cache_control cannot be set on thinking blocks")


def _check_call(call: JsonObject, here: str) -> None:
    if not isinstance(call.get("input"), dict):
        raise Refused(f"{here}.input: Input should be a valid dictionary")
    for member in ("id", "name"):
        if not _CALL_NAME.match(str(call.get(member, ""))):
            raise Refused(f"{here}.{member}: String should match pattern '^[a-zA-Z0-9_-]+$'")
    if len(str(call["name"])) > _CALL_NAME_CHARACTERS:
        raise Refused(f"{here}.name: String should have at most {_CALL_NAME_CHARACTERS} characters")


def _check_result(result: JsonObject, here: str) -> None:
    content = result.get("content")
    if content is None or content == []:
        return
    blocks = _blocks(content, "result", here)
    if result.get("is_error") is True and any(block["type"] != "text" for block in blocks):
        raise Refused(f'{here}.tool_result: all content must be type "text" if "is_error" is true')
