"""Images of a conversation are those that the Messages API takes, and no more of them than it takes.

The limits are those of platform.claude.com/docs/en/build-with-claude/vision, "General limits".
"""

from __future__ import annotations

import struct
from base64 import b64encode

import pytest

from pointsman.contracts.bounds import RESULT_BYTES
from pointsman.contracts.values import Json, JsonObject, as_list, as_objects
from pointsman.server import bounds
from pointsman.server.models.images import LEFT_OUT, image_block, with_newest_images
from pointsman.server.scripts.messages_api.messages import check_messages
from pointsman.server.scripts.messages_api.refused import Refused

USES: JsonObject = {"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "a", "input": {}}]}


def png(side_px: int, size_bytes: int = 0) -> str:
    """A picture that says it has sides of this length, as base64."""
    header = struct.pack(">II", side_px, side_px) + b"\x08\x02\0\0\0" + b"\0" * 4
    whole = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR" + header + b"IDAT" + b"\0" * size_bytes + b"IEND\xae\x42\x60\x82"
    return b64encode(whole).decode()


def conversation(earlier: list[JsonObject], later: list[JsonObject]) -> list[JsonObject]:
    """One with these images in the result of a call, and these beside it."""
    inside: list[Json] = list(earlier)
    told: list[Json] = [{"type": "tool_result", "tool_use_id": "t1", "content": inside}, *later]
    return [{"role": "user", "content": [{"type": "text", "text": "Begin."}]}, USES, {"role": "user", "content": told}]


def places(messages: list[JsonObject] | tuple[JsonObject, ...]) -> list[bool]:
    """For every image that there was, the oldest first, whether it is shown."""
    result, *beside = as_objects(messages[-1]["content"])
    blocks = [*as_objects(result["content"]), *beside]
    assert all(block["type"] == "image" or block["text"] == LEFT_OUT for block in blocks)
    return [block["type"] == "image" for block in blocks]


def refusal(messages: list[JsonObject] | tuple[JsonObject, ...]) -> str | None:
    """What the API would say against them; None where it takes them."""
    try:
        check_messages(list(messages))
    except Refused as refused:
        return str(refused)
    return None


SMALL, LARGE = image_block("image/png", png(2_000)), image_block("image/png", png(2_001))
HEAVY = image_block("image/png", png(1, 3_000_000))


@pytest.mark.parametrize(
    ("earlier", "later", "shown", "against"),
    [
        ([SMALL] * 60, [SMALL] * 40, 100, None),
        ([SMALL] * 161, [SMALL] * 40, 100, "Too many images: 201 > 100"),
        ([LARGE] * 15, [LARGE] * 5, 20, None),
        ([LARGE] * 16, [LARGE] * 5, 20, "many-image requests: 2000 pixels"),
        ([SMALL] * 90, [LARGE], 20, "many-image requests: 2000 pixels"),
        ([LARGE], [SMALL] * 30, 30, "many-image requests: 2000 pixels"),
        ([SMALL, LARGE], [SMALL] * 20, 20, "many-image requests: 2000 pixels"),
        ([HEAVY] * 5, [HEAVY], 4, None),
        ([SMALL, HEAVY], [HEAVY] * 4, 4, None),
    ],
    ids=range(9),
)
def test_the_newest_images_are_shown_as_many_as_the_api_takes(
    earlier: list[JsonObject], later: list[JsonObject], shown: int, against: str | None
) -> None:
    messages = conversation(earlier, later)
    said = refusal(messages)
    assert (said is None) if against is None else against in (said or "")
    kept = with_newest_images(messages)
    assert places(kept) == [False] * (len(earlier) + len(later) - shown) + [True] * shown
    assert refusal(kept) is None


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (png(8_001), "it has 8,001 x 8,001 pixels, and 8,000 a side are the most"),
        (png(20_000), "it has 20,000 x 20,000 pixels, and 8,000 a side are the most"),
        ("iVBORw0KGgoAAAANSUhEUg==", "it is no whole picture of the type image/png"),
        (png(1)[:-4], "it is no whole picture of the type image/png"),
        ("no base64", "it is no whole picture of the type image/png"),
        (None, "it is no whole picture of the type image/png"),
    ],
    ids=["large", "huge", "a header alone", "torn", "no base64", "nothing"],
)
def test_an_image_that_the_api_refuses_is_told_in_words(data: Json, told: str) -> None:
    as_it_is: JsonObject = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": data}}
    block = image_block("image/png", data)
    assert block == {"type": "text", "text": f"(An image that cannot be shown: {told}.)"}
    assert refusal(conversation([as_it_is], [])) is not None
    assert refusal(conversation([block], [])) is None


def test_no_image_of_a_result_is_too_long_for_the_api() -> None:
    """So it is not asked of each."""
    assert RESULT_BYTES < bounds.MODEL_IMAGE_CHARACTERS
    source: JsonObject = {"type": "base64", "media_type": "image/png", "data": png(1, 4_000_000)}
    assert "image exceeds 5 MB maximum" in (refusal(conversation([{"type": "image", "source": source}], [])) or "")


def test_the_type_that_a_tool_says_is_cut() -> None:
    assert len(str(image_block("x" * 100_000, "")["text"])) < 300


def test_whatever_else_is_said_stays_as_it_is() -> None:
    messages = conversation([SMALL], [{"type": "text", "text": "The images of a:"}])
    assert as_list(list(with_newest_images(messages))) == messages
