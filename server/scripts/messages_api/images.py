"""Refuses images that the Messages API would refuse, in its words: what they are, how large, and how many.

The limits are those of platform.claude.com/docs/en/build-with-claude/vision, "General limits".
"""

from __future__ import annotations

import base64
from collections.abc import Iterator

from pointsman.contracts.values import Json, JsonObject, as_object, as_objects

from ...bounds import (
    MODEL_FEW_IMAGES,
    MODEL_IMAGE_CHARACTERS,
    MODEL_IMAGE_PIXELS,
    MODEL_IMAGES,
    MODEL_MANY_IMAGES_PIXELS,
)
from ...pictures import KINDS, size_of
from .refused import Refused


def check_images(messages: list[Json]) -> None:
    """Check all images of a request, whose blocks have been checked.

    Raises:
        Refused: the API would not take them.
    """
    images = [image for index, one in enumerate(as_objects(messages)) for image in _images(one, f"messages.{index}")]
    if len(images) > MODEL_IMAGES:
        raise Refused(f"messages: Too many images: {len(images)} > {MODEL_IMAGES}")
    for here, source in images:
        _check(source, here, many=len(images) > MODEL_FEW_IMAGES)


def _images(holder: JsonObject, where: str) -> Iterator[tuple[str, JsonObject]]:
    """Give the sources of the images in a message and in the results of calls in it, with where they stand."""
    for index, block in enumerate(as_objects(holder.get("content"))):
        here = f"{where}.content.{index}"
        if block["type"] == "image":
            yield f"{here}.image.source", as_object(block.get("source"))
        yield from _images(block, here)


def _check(source: JsonObject, here: str, *, many: bool) -> None:
    kind, text = str(source.get("media_type")), str(source.get("data"))
    if source.get("type") != "base64" or kind not in KINDS:
        raise Refused(f"{here}.base64.media_type: Input should be one of {', '.join(KINDS)}")
    if len(text) > MODEL_IMAGE_CHARACTERS:
        raise Refused(f"{here}.base64: image exceeds 5 MB maximum: {len(text)} bytes > {MODEL_IMAGE_CHARACTERS} bytes")
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        raise Refused(f"{here}.base64: invalid base64 data") from None
    size = size_of(kind, data)
    if size is None:
        raise Refused(f"{here}.base64.data: Could not process image: it does not appear to be whole, and {kind}")
    most, when = (MODEL_MANY_IMAGES_PIXELS, " for many-image requests") if many else (MODEL_IMAGE_PIXELS, "")
    if max(size) > most:
        raise Refused(
            f"{here}.base64.data: At least one of the image dimensions exceed max allowed size{when}: {most} pixels"
        )
