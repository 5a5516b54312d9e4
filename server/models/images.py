"""Images that a model is shown: those that the Messages API takes, and of a conversation as many as it takes.

A conversation goes back whole with each question, so one image too many, or one that is too large, would fail every
question after it.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Sequence
from typing import Final

from pointsman.contracts.values import Json, JsonObject, as_list, as_object

from ..bounds import (
    MODEL_FEW_IMAGES,
    MODEL_IMAGE_PIXELS,
    MODEL_IMAGES,
    MODEL_IMAGES_CHARACTERS,
    MODEL_MANY_IMAGES_PIXELS,
)
from ..pictures import Size, size_of

LEFT_OUT: Final = "(An image that is left out: only the newest are shown.)"
_KIND_CHARACTERS: Final = 100


def image_block(kind: str, data: Json) -> JsonObject:
    """Give an image of MCP as the API takes it, or a text that says why it cannot be shown."""
    size = _size(kind, data) if isinstance(data, str) else None
    if size is None:
        return _told(f"(An image that cannot be shown: it is no whole picture of the type {kind[:_KIND_CHARACTERS]}.)")
    if max(size) > MODEL_IMAGE_PIXELS:
        measures = f"{size[0]:,} x {size[1]:,} pixels, and {MODEL_IMAGE_PIXELS:,} a side are the most"
        return _told(f"(An image that cannot be shown: it has {measures}.)")
    return {"type": "image", "source": {"type": "base64", "media_type": kind, "data": data}}


def with_newest_images(messages: Sequence[JsonObject]) -> tuple[JsonObject, ...]:
    """Give a conversation with its newest images, and a text in the place of each that is too much."""
    room = _Room()
    newest_first: list[JsonObject] = [
        {**message, "content": room.filled(message["content"])} for message in reversed(messages)
    ]
    return tuple(reversed(newest_first))


class _Room:
    """What is left for images, which come the newest first. Behind one that there is no room for nothing is shown."""

    def __init__(self) -> None:
        self._images = 0
        self._characters = 0
        self._most = MODEL_IMAGES
        self._is_full = False

    def filled(self, content: Json) -> list[Json]:
        """Give blocks with the images that there is room for."""
        newest_first: list[Json] = [self._block(as_object(block)) for block in reversed(as_list(content))]
        return newest_first[::-1]

    def _block(self, block: JsonObject) -> JsonObject:
        match block["type"]:
            case "tool_result":
                return {**block, "content": self.filled(block["content"])}
            case "image" if not self._takes(as_object(block["source"])):
                return _told(LEFT_OUT)
            case _:
                return block

    def _takes(self, source: JsonObject) -> bool:
        if self._is_full:
            return False
        data = str(source["data"])
        size = _size(str(source["media_type"]), data)
        if size is None or max(size) > MODEL_MANY_IMAGES_PIXELS:
            self._most = MODEL_FEW_IMAGES
        self._images += 1
        self._characters += len(data)
        self._is_full = self._images > self._most or self._characters > MODEL_IMAGES_CHARACTERS
        return not self._is_full


def _size(kind: str, data: str) -> Size | None:
    try:
        return size_of(kind, b64decode(data, validate=True))
    except ValueError:
        return None


def _told(text: str) -> JsonObject:
    return {"type": "text", "text": text}
