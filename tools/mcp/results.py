"""What a downstream server answered, as the result of a call.

Where there is structured content, that is the result. Text is never read as JSON, however much it
looks like it: without structured content the result is an object with `text`, all text blocks
joined by newlines, so that expressions can say `result.text`.

Content of other kinds (images, audio, resources, links) passes unharmed as the member `content`: all
blocks as MCP writes them, in their order. It is there only where it is needed to give back what was
answered: beside `text` when that alone does not say it all, beside structured content when that is
an object and a block is no text.

Whoever waits for the call gets the blocks themselves. They are given beside the result where it does
not hold them: a result that is no object or has a `content` of its own, and text that says something
else than the structured content does. MCP has such text say the same, and then it is said once.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from mcp_types import CallToolResult, ContentBlock, TextContent

from pointsman.contracts.bounds import TOOL_MESSAGE_CHARACTERS
from pointsman.contracts.schemas import Schema
from pointsman.contracts.values import Json, JsonObject, as_list, settled
from pointsman.contracts.visible import visible

from ..errors import ToolError, UnkeepableResult
from ..results import Answer, keepable

CONTENT: Final = "content"
TEXT: Final = "text"


def answer_of(tool: str, answer: CallToolResult, output: Schema | None) -> Answer:
    """Give what a call gave.

    Args:
        tool: The tool's name, `source.tool`.
        answer: What its server answered.
        output: What its structured content is held to, if the tool has said so.

    Raises:
        ToolError: the server says that the call failed.
        UnkeepableResult: the answer is not within the bounds, or not what the tool's schema says.
    """
    if answer.is_error:
        raise ToolError(f"{tool} answered with an error: {_words(answer.content) or 'it does not say which'}")
    structured: Json = answer.structured_content
    if structured is None and "structured_content" not in answer.model_fields_set:
        if output is not None:
            raise UnkeepableResult("it lacks the structured content that the tool's output schema promises")
        return Answer(keepable(_unstructured(answer.content)), [])
    result = keepable(structured)
    faults = output.unmet(result) if output is not None else ()
    if faults:
        raise UnkeepableResult(
            f"it is not what the tool's output schema says: {faults[0].path or 'it'} {faults[0].problem}"
        )
    blocks = _blocks(answer.content)
    if all(isinstance(block, TextContent) for block in answer.content):
        return Answer(result, None if _repeats(answer.content, result) else blocks)
    if isinstance(result, dict) and CONTENT not in result:
        return Answer(keepable({**result, CONTENT: blocks}), [])
    return Answer(result, blocks)


def said(text: str) -> str:
    """What a server says of an error: visible, and bounded."""
    return visible(text[:TOOL_MESSAGE_CHARACTERS], lines=True)


def _unstructured(content: Sequence[ContentBlock]) -> JsonObject:
    texts = [block.text for block in content if isinstance(block, TextContent)]
    result: JsonObject = {TEXT: "\n".join(texts)}
    plain = len(content) == 1 and _blocks(content) == [{"type": "text", TEXT: result[TEXT]}]
    return result if plain else {**result, CONTENT: _blocks(content)}


def _repeats(content: Sequence[ContentBlock], result: Json) -> bool:
    """Whether text says what the structured content says, wrapped or not (`{"result": …}`, as SDKs wrap values)."""
    text = "".join(block.text for block in content if isinstance(block, TextContent))
    try:
        said: Json = settled(json.loads(text))
    except (ValueError, RecursionError):
        said = text
    return not text or result in (said, {"result": said}, {"result": text})


def _blocks(content: Sequence[ContentBlock]) -> list[Json]:
    """Write blocks as MCP does.

    Raises:
        UnkeepableResult: they are not within the bounds.
    """
    dumped = keepable([block.model_dump(mode="json", by_alias=True, exclude_none=True) for block in content])
    return as_list(dumped)


def _words(content: Sequence[ContentBlock]) -> str:
    return said("\n".join(block.text for block in content if isinstance(block, TextContent)))
