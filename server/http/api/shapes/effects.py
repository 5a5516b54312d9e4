"""Writes."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, JsonValue

from .histories import Row
from .parts import At, EffectEntry, Listed, Place, WriteStatus


class Effects(Listed[EffectEntry]):
    """Writes, the oldest first."""


class Happening(BaseModel):
    """What a row tells of a write, in words."""

    at: At
    revision: int
    lines: list[str]


class Effect(Place):
    """A write, and what is known of it."""

    id: str
    tool: str
    arguments: JsonValue
    key: str | None
    status: WriteStatus
    result: JsonValue
    story: list[Happening]
    rows: list[Row]


class Settled(Place):
    """A write that was settled, and where its session is."""

    id: str
    status: Literal["done", "failed"]
