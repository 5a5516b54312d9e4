"""A page of a list, and the cursor of the page that follows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from pointsman.contracts.values import JsonObject

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page:
    """Some entries of a list, and the cursor of those that follow (None: there are no more).

    `looked_back_to` is the moment up to which a search has come that goes on with the cursor.
    """

    items: tuple[JsonObject, ...]
    cursor: str | None = None
    looked_back_to: str | None = None


def cut(entries: Sequence[T], limit: int) -> tuple[Sequence[T], T | None]:
    """Give the first `limit` entries, and the last of them where more follow."""
    shown = entries[:limit]
    return shown, shown[-1] if shown and len(entries) > limit else None
