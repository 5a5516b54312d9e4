"""The server processes that share this database, and the beat by which they show that they live."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select, update

from .tables import instances


class NotedClock(NamedTuple):
    """How far a process's clock is ahead of its machine's elapsed time; `life` tells it from others of its number."""

    pid: int
    life: str
    ahead_ms: int


def add_instance(connection: Connection, instance: str, pid: int, host: str, now_ms: int) -> None:
    """Register a process under a random identifier of its own."""
    connection.execute(insert(instances).values(id=instance, beat=0, pid=pid, host=host, started_at=now_ms))


def beat_instance(connection: Connection, instance: str) -> None:
    """Show that a process lives."""
    connection.execute(update(instances).where(instances.c.id == instance).values(beat=instances.c.beat + 1))


def remove_instance(connection: Connection, instance: str) -> None:
    """Remove a process that ends."""
    connection.execute(delete(instances).where(instances.c.id == instance))


def places(connection: Connection, ids: Collection[str]) -> dict[str, tuple[int, str]]:
    """Give process identifier and machine of those of these processes that are registered."""
    found = connection.execute(select(instances.c.id, instances.c.pid, instances.c.host).where(instances.c.id.in_(ids)))
    return {row.id: (row.pid, row.host) for row in found}


def beats(connection: Connection, ids: Collection[str]) -> dict[str, int]:
    """Give the beat of those of these processes that are registered."""
    found = connection.execute(select(instances.c.id, instances.c.beat).where(instances.c.id.in_(ids)))
    return {row.id: row.beat for row in found}


def note_clock(connection: Connection, instance: str, life: str | None, ahead_ms: int) -> None:
    """Note how far a process's clock is ahead of its machine's elapsed time."""
    connection.execute(update(instances).where(instances.c.id == instance).values(life=life, ahead_ms=ahead_ms))


def noted_clocks(connection: Connection, host: str, besides: str) -> list[NotedClock]:
    """Give the clocks of all other processes of a machine that are registered and can be told from others, the oldest
    first. Some of them may have ended.
    """
    columns = instances.c
    statement = select(columns.pid, columns.life, columns.ahead_ms).where(
        columns.host == host, columns.id != besides, columns.life.is_not(None), columns.ahead_ms.is_not(None)
    )
    return [NotedClock._make(row) for row in connection.execute(statement.order_by(columns.started_at, columns.id))]
