"""What a model is told of something that it has wished: content as the API takes it in the result of a call.

The API refuses a whole question for one block that it does not take: an empty text, a picture in the result of an
error, a picture that is none. Whatever a tool has answered, none of these is made of it here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from pointsman.contracts.values import Json, JsonObject, canonical
from pointsman.fsm.facts import Fact, Settled

from ..answers import blocks_of
from ..bounds import MODEL_RESULT_CHARACTERS
from .images import image_block

NOTHING: Final = "(nothing)"
_ENCODED: Final = ("data", "blob")
"""Members of a block of MCP that are base64, which nobody can read."""
_ENCODED_KINDS: Final = ("image", "audio", "resource")
"""Types of blocks that have them."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a wish: the text and the images that the model is told, and whether it is an error.

    Without a text it is under way. The API takes no images in an error: they stand beside it.
    """

    text: str = ""
    images: tuple[JsonObject, ...] = ()
    is_error: bool = False

    @property
    def is_known(self) -> bool:
        """Whether the model can be told."""
        return bool(self.text)

    def result(self, call: str) -> JsonObject:
        """Give the block that tells it as the result of this call."""
        shown = () if self.is_error else self.images
        told: JsonObject = {"type": "tool_result", "tool_use_id": call, "content": [text_block(self.text), *shown]}
        return {**told, "is_error": True} if self.is_error else told

    def beside(self, name: str) -> tuple[JsonObject, ...]:
        """Give the blocks that stand after all results: the images of an error, under the name of what was called."""
        shown = self.images if self.is_error else ()
        return (text_block(f"The images of {name}:"), *shown) if shown else ()


UNDER_WAY: Final = Outcome()


def of_settled(fact: Fact, body: Settled) -> Outcome:
    """Tell how a call has ended."""
    blocks = blocks_of(body.result, body.content)
    images, result = tuple(_images(blocks)), _readable(body.result, body.content)
    if fact.outcome != "done":
        failed: JsonObject = {"outcome": fact.outcome, "error": body.error}
        said = failed if body.result is None else {**failed, "result": result}
        return Outcome(canonical(said), images, is_error=True)
    if body.error is not None:
        unsaved: JsonObject = {"done": True, "result": result, "not_saved": body.error}
        return Outcome(canonical(unsaved), images, is_error=True)
    if body.result is None and blocks:
        return Outcome("\n".join(_texts(blocks)) or NOTHING, images)
    return Outcome(canonical(result), images)


def of_stored(result: Json, content: list[Json] | None) -> Outcome:
    """Tell the result of the same call made before."""
    return Outcome(canonical({"result": _readable(result, content)}), tuple(_images(blocks_of(result, content))))


def of_refusal(code: str | None, message: str, unmet: Sequence[JsonObject] = ()) -> Outcome:
    """Tell that it was refused, and why."""
    said: JsonObject = {"refused": code, "message": message}
    return Outcome(canonical({**said, "unmet": list(unmet)} if unmet else said), is_error=True)


def text_block(text: str) -> JsonObject:
    """Give a text as the API takes it: cut, and never blank."""
    if len(text) > MODEL_RESULT_CHARACTERS:
        text = f"{text[:MODEL_RESULT_CHARACTERS]}\n… {len(text) - MODEL_RESULT_CHARACTERS:,} more characters"
    return {"type": "text", "text": text if text.strip() else NOTHING}


def _texts(blocks: Sequence[Json]) -> Iterator[str]:
    for block in blocks:
        text = block.get("text") if isinstance(block, dict) else None
        if isinstance(text, str):
            yield text


def _images(blocks: Sequence[Json]) -> Iterator[JsonObject]:
    for block in blocks:
        if isinstance(block, dict) and block.get("type") == "image":
            yield image_block(str(block.get("mimeType")), block.get("data"))


def _readable(result: Json, content: list[Json] | None) -> Json:
    """Give a result without the base64 of MCP blocks that it holds: how long it is stands in its place.

    It holds them where `content` says so by being empty; a member `content` of the tool's own is told as it is.
    """
    blocks = result.get("content") if isinstance(result, dict) else None
    if content != [] or not isinstance(result, dict) or not isinstance(blocks, list):
        return result
    return {**result, "content": [_without_encoded(block) if _is_encoded(block) else block for block in blocks]}


def _is_encoded(block: Json) -> bool:
    return isinstance(block, dict) and block.get("type") in _ENCODED_KINDS


def _without_encoded(value: Json) -> Json:
    if not isinstance(value, dict):
        return value
    found: JsonObject = {}
    for name, member in value.items():
        if name in _ENCODED and isinstance(member, str):
            found["size_characters"] = len(member)
        else:
            found[name] = _without_encoded(member) if name == "resource" else member
    return found
