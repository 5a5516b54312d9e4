"""Pictures as they come in bytes: how large they say they are, and whether they are whole.

Headers and ends are read, never pixels: nothing is unpacked here, so a small file that says it is huge costs nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, TypeAlias

Size: TypeAlias = tuple[int, int]
"""Width and height, in pixels."""

_PNG: Final = re.compile(rb"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR(.{4})(.{4})", re.DOTALL)
_PNG_END: Final = b"IEND\xae\x42\x60\x82"
_JPEG_SIZES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Markers of the segments that say how large the picture is (ITU-T T.81, table B.1)."""
_JPEG_ALONE: Final = frozenset((0x01, *range(0xD0, 0xD8)))
"""Markers that no length follows."""
_JPEG_SEGMENTS: Final = 1_000
"""Segments and filling before the first scan that are gone through; a camera writes some dozens."""
_JPEG_SCAN: Final = 0xDA
_JPEG_END: Final = b"\xff\xd9"
_GIF: Final = re.compile(rb"GIF8[79]a(.{2})(.{2})", re.DOTALL)
_GIF_END: Final = b";"
_WEBP: Final = re.compile(
    rb"RIFF(?P<length>.{4})WEBP"
    rb"(?:VP8 .{7}\x9d\x01\x2a(?P<lossy>.{4})|VP8L.{4}/(?P<lossless>.{4})|VP8X.{8}(?P<extended>.{6}))",
    re.DOTALL,
)
"""A container with its first chunk (RFC 9649, section 2)."""
_FOURTEEN_BITS: Final = 0x3FFF


def size_of(kind: str, data: bytes) -> Size | None:
    """Give the size of a picture of this media type; None where it is none of that type, or not whole."""
    read = _READERS.get(kind)
    size = None if read is None else read(data)
    return size if size is not None and all(size) else None


def _png(data: bytes) -> Size | None:
    header = _PNG.match(data)
    if header is None or not 0 < data.find(b"IDAT") < data.rfind(_PNG_END):
        return None
    return int.from_bytes(header[1], "big"), int.from_bytes(header[2], "big")


def _jpeg(data: bytes) -> Size | None:
    """Go from segment to segment, up to the first scan."""
    size: Size | None = None
    place = 2 if data.startswith(b"\xff\xd8\xff") else len(data)
    for _ in range(_JPEG_SEGMENTS):
        if place + 4 > len(data) or data[place] != 0xFF:
            break
        marker = data[place + 1]
        if marker == _JPEG_SCAN:
            return size if data.rfind(_JPEG_END) > place else None
        if marker == 0xFF or marker in _JPEG_ALONE:  # filling, or nothing follows
            place += 1 if marker == 0xFF else 2
            continue
        if marker in _JPEG_SIZES:
            high, wide = data[place + 5 : place + 7], data[place + 7 : place + 9]
            size = int.from_bytes(wide, "big"), int.from_bytes(high, "big")
        place += 2 + int.from_bytes(data[place + 2 : place + 4], "big")
    return None


def _gif(data: bytes) -> Size | None:
    header = _GIF.match(data)
    if header is None or not data.rstrip(b"\0").endswith(_GIF_END):
        return None
    return int.from_bytes(header[1], "little"), int.from_bytes(header[2], "little")


def _webp(data: bytes) -> Size | None:
    header = _WEBP.match(data)
    if header is None or int.from_bytes(header["length"], "little") + 8 > len(data):
        return None
    if header["extended"] is not None:
        wide, high = header["extended"][:3], header["extended"][3:]
        return int.from_bytes(wide, "little") + 1, int.from_bytes(high, "little") + 1
    if header["lossless"] is not None:
        bits = int.from_bytes(header["lossless"], "little")
        return (bits & _FOURTEEN_BITS) + 1, (bits >> 14 & _FOURTEEN_BITS) + 1
    bits = int.from_bytes(header["lossy"], "little")
    return bits & _FOURTEEN_BITS, bits >> 16 & _FOURTEEN_BITS


_READERS: Final[dict[str, Callable[[bytes], Size | None]]] = {
    "image/png": _png,
    "image/jpeg": _jpeg,
    "image/gif": _gif,
    "image/webp": _webp,
}
KINDS: Final = tuple(_READERS)
"""Media types of pictures that are known here."""
