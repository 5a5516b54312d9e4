"""Tools that answer with pictures, some of which are none, and one of which nobody knows what it has done."""

from __future__ import annotations

from typing import Any

from mcp_types import ImageContent, TextContent

__all__ = ["blurred", "letters", "odd", "pay", "scan", "stack", "torn", "wire"]

PICTURE = "iVBORw0KGgoAAAANSUhEUgAAAAMAAAACCAIAAAASFvFNAAAAC0lEQVR4nGNgwAQAABQAAX3+Hu4AAAAASUVORK5CYII="


def scan() -> list[TextContent | ImageContent]:
    """Scan the paper."""
    return [TextContent(text="Page 1"), ImageContent(data=PICTURE, mime_type="image/png")]


def torn() -> list[ImageContent]:
    """Scan the paper, and have nothing of it that the API would take."""
    return [
        ImageContent(data="aGVsbG8=", mime_type="image/png"),
        ImageContent(data="no base64", mime_type="image/png"),
        ImageContent(data=PICTURE, mime_type="image/tiff"),
        ImageContent(data=PICTURE[:-8], mime_type="image/png"),
    ]


def stack() -> list[ImageContent]:
    """Scan more papers than the API takes."""
    return [ImageContent(data=PICTURE, mime_type="image/png")] * 101


def letters() -> dict[str, Any]:
    """Give a page of letters, which looks like content of MCP."""
    return {"content": [{"id": 1, "data": "the total is 12"}, {"type": "image", "blob": "paid in May"}], "pages": 1}


def blurred() -> list[TextContent | ImageContent]:
    """Scan the paper, and miss."""
    return [TextContent(text="blurred"), ImageContent(data=PICTURE, mime_type="image/png")]


def odd() -> str:
    """Give a text that the API does not take."""
    return " \n"


def pay(amount: int) -> dict[str, Any]:
    """Pay."""
    return {"paid": amount}


def wire(amount: int) -> dict[str, Any]:
    """Pay, and lose the line."""
    raise RuntimeError(f"the line broke while {amount} was on it")
