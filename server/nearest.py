"""What somebody may have meant by a name that is not there."""

from __future__ import annotations

from collections.abc import Iterable


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Give a sentence with the nearest known name, with a space before it; nothing if none is near."""
    from difflib import get_close_matches

    near = get_close_matches(name.lower(), list(known), n=1)
    return f" Did you mean {near[0]!r}?" if near else ""
