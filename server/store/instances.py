"""The server processes that share this database, and the beat by which they show that they live."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, delete, insert, select, update

from .tables import instances


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
