"""MCP content of a tool, in a reply: the blocks as they came, framed so that nobody takes them for ours.

What a tool says may be written to look like this server: a refusal, a goal, the end of what the tool
says. So the blocks stand between two lines with a mark that is drawn for each reply, which no tool can
know, and each block says in its `_meta` whose it is.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Final

from mcp_types import ContentBlock, TextContent
from pydantic import TypeAdapter, ValidationError

from pointsman.contracts.values import Json, JsonObject, as_object

from ..bounds import INLINE_CHARACTERS

SOURCE: Final = "pointsman/source"
"""The member of `_meta` that says whose words something holds: a tool's, or a source's; what is ours has none."""
_OURS: Final = "pointsman/"
_LONG: Final = ("data", "blob", "text")
_BLOCK: Final[TypeAdapter[ContentBlock]] = TypeAdapter(ContentBlock)


def framed(blocks: Sequence[Json], action: str) -> list[ContentBlock]:
    """Give the blocks that the called tool answered with, between two lines of ours; nothing where there are none.

    A block that is none any more, because a part of it was redacted, is left out.
    """
    theirs = [block for one in blocks if (block := _marked(one, action)) is not None]
    if not theirs:
        return []
    mark = secrets.token_hex(4)
    return [
        TextContent(text=f"{action} answered, up to the line `end {mark}`:"),
        *theirs,
        TextContent(text=f"end {mark}"),
    ]


def without_long(result: Json, blocks: Sequence[Json]) -> Json:
    """Give a result that holds these blocks; of what is long in them it says only how long it is."""
    if not isinstance(result, dict) or result.get("content") != [*blocks]:
        return result
    return {**result, "content": [_short(block) for block in blocks]}


def without_said(result: Json, blocks: Sequence[ContentBlock]) -> Json:
    """Give a result without what these blocks, which stand beside it, say: its text, and its `content`."""
    if not isinstance(result, dict):
        return result
    said = "\n".join(block.text for block in blocks if isinstance(block, TextContent))
    content = result.get("content")
    kinds = [one.get("type") if isinstance(one, dict) else None for one in content] if isinstance(content, list) else []
    again = {"text": result.get("text") == said, "content": kinds == [block.type for block in blocks]}
    return {name: value for name, value in result.items() if not again.get(name)}


def marked(meta: Mapping[str, Json], whose: str) -> JsonObject:
    """Give the `_meta` of what others say, with a mark that says whose it is, and none that looks like ours."""
    return {**{name: value for name, value in meta.items() if not name.startswith(_OURS)}, SOURCE: whose}


def _marked(block: Json, action: str) -> ContentBlock | None:
    if not isinstance(block, dict):
        return None
    said = block.get("_meta")
    try:
        meta = marked(as_object(said), action)
        return _BLOCK.validate_python({**block, "_meta": meta}, by_name=False)
    except ValidationError:
        return None


def _short(value: Json) -> Json:
    """Put the number of characters in the place of what is long, in a block or in the resource that it embeds."""
    if not isinstance(value, dict):
        return value
    short: JsonObject = {}
    for name, member in value.items():
        if name in _LONG and isinstance(member, str) and len(member) > INLINE_CHARACTERS:
            short["size_characters"] = len(member)
        else:
            short[name] = _short(member) if name == "resource" else member
    return short
