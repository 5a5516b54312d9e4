"""Of a picture it is read how large it is, and one that is torn, or none of its type, has no size."""

from __future__ import annotations

from base64 import b64decode

import pytest

from pointsman.server.pictures import size_of

JPEG = bytes.fromhex("ffd8 ffe00004aaaa ff ffc40005c0c0c0 ffd0 ffc2000b080002000301011100 ffda00020000ffd9")
PICTURES = {
    "image/png": b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAMAAAACCAIAAAASFvFNAAAAC0lEQVR4nGNgwAQAABQAAX3+Hu4AAAAASUVORK5CYII="
    ),
    "image/jpeg": JPEG,
    "image/gif": b64decode("R0lGODdhAwACAIEAAAAAAAAAAAAAAAAAACwAAAAAAwACAAAIBgABCBwYEAA7"),
    "image/webp": b64decode("UklGRiQAAABXRUJQVlA4IBgAAAAwAQCdASoDAAIAAUAmJaQAA3AA/v02aAA="),
}
LOSSLESS = b64decode("UklGRhoAAABXRUJQVlA4TA4AAAAvAkAAAAcQEf0PRET/Aw==")
EXTENDED = b64decode(
    "UklGRkgAAABXRUJQVlA4WAoAAAAIAAAAAgAAAQAAVlA4IBgAAAAwAQCdASoDAAIAAUAmJaQAA3AA/v02aABFWElGCgAAAElJKgAIAAAAAAA="
)
EVERY = [*PICTURES.items(), ("image/webp", LOSSLESS), ("image/webp", EXTENDED)]
NAMES = ["png", "jpeg", "gif", "webp", "webp without loss", "webp with more"]


@pytest.mark.parametrize(("kind", "data"), EVERY, ids=NAMES)
def test_the_size_is_read_of_every_kind_of_picture(kind: str, data: bytes) -> None:
    assert size_of(kind, data) == (3, 2)


@pytest.mark.parametrize(("kind", "data"), EVERY, ids=NAMES)
def test_a_picture_that_is_torn_anywhere_has_no_size(kind: str, data: bytes) -> None:
    assert [end for end in range(len(data)) if size_of(kind, data[:end]) is not None] == []


def test_a_picture_of_another_type_than_is_said_has_no_size() -> None:
    kinds = [*PICTURES, "image/tiff", "IMAGE/PNG"]
    assert [(one, kind) for kind in kinds for one in PICTURES if size_of(kind, PICTURES[one]) and one != kind] == []


def test_a_picture_without_width_or_height_or_pixels_has_no_size() -> None:
    png = PICTURES["image/png"]
    assert size_of("image/png", png.replace(b"\0\0\0\3\0\0\0\2", b"\0\0\0\0\0\0\0\2")) is None
    assert size_of("image/png", png.replace(b"IDAT", b"iDOT")) is None
    assert size_of("image/jpeg", JPEG.replace(b"\xff\xc2", b"\xff\xc4")) is None
    assert size_of("image/jpeg", JPEG.replace(b"\xff\xe0\0\4", b"\xff\xe0\0\6")) is None


def test_a_picture_that_never_comes_to_its_pixels_has_no_size() -> None:
    """However long it is, it is left soon."""
    assert size_of("image/jpeg", JPEG[:2] + b"\xff" * 990 + JPEG[2:]) == (3, 2)
    assert size_of("image/jpeg", JPEG[:2] + b"\xff" * 1_000 + JPEG[2:]) is None
