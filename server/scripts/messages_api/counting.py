"""Numbers of tokens, as the API would count them within a factor of two: four characters are one token.

What a request marks to be kept is kept, and a later request that begins with the same reads it from there.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from typing import Final

from pointsman.contracts.values import Json, JsonObject, as_list, canonical
from pointsman.fsm.model_turns import Tokens

_CHARACTERS: Final = 4
_KEPT: Final = 1_000
"""Beginnings of requests that are remembered."""
_MARK: Final = "cache_control"


class Counting:
    """Counts the tokens of requests and of answers, and remembers what was to be kept."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, None] = OrderedDict()

    def tokens(self, request: JsonObject, answer: list[JsonObject]) -> Tokens:
        """Count one request and its answer."""
        hashed = hashlib.sha256()
        length = read = written = 0
        kept: list[str] = []
        for part in _parts(request):
            text = canonical(_unmarked(part))
            hashed.update(text.encode("utf-8", "surrogatepass"))
            length += len(text)
            name = hashed.hexdigest()
            if name in self._kept:
                read = length
            if isinstance(part, dict) and _MARK in part:
                written = length
                kept.append(name)
        for name in kept:
            self._kept[name] = None
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return Tokens(
            input=max(1, (length - max(written, read)) // _CHARACTERS),
            output=max(1, sum(len(canonical(block)) for block in answer) // _CHARACTERS),
            cache_read=read // _CHARACTERS,
            cache_written=max(0, written - read) // _CHARACTERS,
        )


def _parts(request: JsonObject) -> list[Json]:
    """Give what the model reads, in the order in which it is kept: tools, system, messages."""
    parts: list[Json] = []
    for member in ("tools", "system"):
        value = request.get(member)
        parts += value if isinstance(value, list) else [] if value is None else [value]
    messages = request.get("messages")
    for message in as_list(messages):
        content = message.get("content") if isinstance(message, dict) else None
        parts.append(message.get("role") if isinstance(message, dict) else None)
        parts += content if isinstance(content, list) else [content]
    return parts


def _unmarked(part: Json) -> Json:
    return {key: value for key, value in part.items() if key != _MARK} if isinstance(part, dict) else part
