"""What a model has said, as the API takes it back: the API gives more than it takes, and a gateway gives anything.

An answer is kept as it came. What goes back of it with each later question is made here, so that nothing in it can
make every question after it one that is refused: calls have names and identifiers of the API's pattern, each
identifier once, no text is blank, and no block is of a kind that we do not know.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from pointsman.contracts.values import Json, JsonObject
from pointsman.fsm.model_turns import wish_name
from pointsman.fsm.redaction import REDACTED

from ..bounds import MODEL_CALL_CHARACTERS
from .outcomes import NOTHING, text_block

_NO_NAME: Final = re.compile(r"[^a-zA-Z0-9_-]", re.ASCII)
_THOUGHTS: Final = {"thinking": ("thinking", "signature"), "redacted_thinking": ("data",)}
"""Blocks of thoughts with their members. The API takes them as they came, or not at all, and never last."""


def called(name: str) -> str:
    """Write a name as the API takes it. The identifier of a call is made of the name of the command that does it."""
    return _NO_NAME.sub("_", name)[:MODEL_CALL_CHARACTERS] or "_"


def taken_back(stay: int, turn: int, content: Sequence[Json]) -> list[JsonObject]:
    """Give the blocks of an answer as the API takes them back."""
    thoughts_are_whole = all(_is_whole(block) for block in content if _is_thought(block))
    blocks = list(_blocks(stay, turn, content))
    if not thoughts_are_whole:
        blocks = [block for block in blocks if not _is_thought(block)]
    while blocks and _is_thought(blocks[-1]):
        blocks.pop()
    return blocks or [text_block(NOTHING)]


def _blocks(stay: int, turn: int, content: Sequence[Json]) -> Iterator[JsonObject]:
    calls = 0
    for block in content:
        if not isinstance(block, dict):
            continue
        kind, text = str(block.get("type")), block.get("text")
        if kind == "tool_use":
            name, given = called(str(block.get("name"))), block.get("input")
            arguments = given if isinstance(given, dict) else {}
            yield {"type": kind, "id": called(wish_name(stay, turn, calls)), "name": name, "input": arguments}
            calls += 1
        elif kind == "text" and isinstance(text, str) and text.strip():
            yield {"type": kind, "text": text}
        elif kind in _THOUGHTS:
            yield {"type": kind, **{member: block.get(member) for member in _THOUGHTS[kind]}}


def _is_thought(block: Json) -> bool:
    return isinstance(block, dict) and block.get("type") in _THOUGHTS


def _is_whole(block: Json) -> bool:
    """Whether a thought is as it came: a part of it may not have been kept."""
    if not isinstance(block, dict):
        return False
    members = [block.get(member) for member in _THOUGHTS[str(block.get("type"))]]
    return all(isinstance(one, str) and REDACTED not in one for one in members) and bool(members[-1])
