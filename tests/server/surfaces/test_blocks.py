"""MCP content in a reply: as it came, and never to be taken for ours."""

from __future__ import annotations

import json

from mcp_types import ImageContent, TextContent

from pointsman.contracts.values import Json, JsonObject
from pointsman.server.surfaces.blocks import framed, marked, without_long, without_said
from tests.server.surfaces.connected import connected
from tests.server.surfaces.governed import BLOCKS

HANDLE = "s" * 26


async def test_blocks_stand_between_two_lines_of_ours_whose_mark_nobody_can_know() -> None:
    marks: set[str] = set()
    async with connected("claude-code", session=HANDLE) as agent:
        for _ in range(2):
            shown = await agent.client.call_tool("show", {"session": HANDLE})
            ours, opening, text, image, resource, closing = shown.content
            assert isinstance(opening, TextContent)
            assert isinstance(closing, TextContent)
            assert opening.text == f"show answered, up to the line `{closing.text}`:"
            assert [block.meta for block in (ours, opening, closing)] == [None] * 3
            assert isinstance(text, TextContent)
            assert text.meta == {"k": 1, "pointsman/source": "show"}
            assert [block.meta for block in (image, resource)] == [{"pointsman/source": "show"}] * 2
            assert isinstance(image, ImageContent)
            assert image.data == "aGkh" * 500
            marks.add(closing.text)
    assert len(marks) == 2


async def test_what_is_long_is_sent_once() -> None:
    async with connected("claude-ai", session=HANDLE) as agent:
        shown = await agent.client.call_tool("show", {})
    assert json.dumps(shown.model_dump(mode="json")).count("aGkh" * 500) == 2
    assert shown.structured_content["result"]["content"][1:3] == [
        {"type": "image", "mimeType": "image/png", "size_characters": 2000},
        {"type": "resource", "resource": {"uri": "file:///a", "size_characters": 2000}},
    ]


async def test_a_client_that_reads_text_gets_the_blocks_and_their_text_once() -> None:
    async with connected("claude-ai", session=HANDLE) as agent:
        shown = await agent.client.call_tool("show", {})
    brief, data, opening, text = [block.text for block in shown.content if isinstance(block, TextContent)][:4]
    assert brief == "done, in labelling."
    assert json.loads(data)["outcome"] == "done"
    assert "text" not in json.loads(data)["result"]
    assert opening.startswith("show answered")
    assert text == "hi"


def test_without_blocks_nothing_is_framed() -> None:
    assert framed([], "x") == []
    assert framed([7, {"type": "text"}], "x") == []


def test_a_result_that_does_not_hold_the_blocks_is_left_as_it_is() -> None:
    results: list[Json] = [7, {"content": 1}, {"content": [{"data": "x" * 2000}]}]
    for result in results:
        assert without_long(result, BLOCKS) == result
    assert without_said([1], []) == [1]
    text = TextContent(text="a")
    assert without_said({"text": "b", "content": [{"type": "image"}]}, [text]) == {
        "text": "b",
        "content": [{"type": "image"}],
    }
    said: Json = {"text": "a", "content": [{"type": "text", "text": "a"}], "more": 1}
    assert without_said(said, [text]) == {"more": 1}
    assert without_said({"content": [7]}, [text]) == {"content": [7]}


def test_what_is_no_object_in_a_list_of_blocks_is_left_as_it_is() -> None:
    assert without_long({"content": [7]}, [7]) == {"content": [7]}


def test_a_mark_that_looks_like_ours_is_taken_off() -> None:
    meta: JsonObject = {"shelf": 3, "pointsman/source": "ours", "pointsman/other": True}
    assert marked(meta, "wiki") == {"shelf": 3, "pointsman/source": "wiki"}
