"""The tool of hostile.yaml."""

from __future__ import annotations


def page(length: int) -> dict[str, str]:
    """Read a page of so many characters."""
    return {"text": "x" * length}
