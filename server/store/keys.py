"""Keys of this database: random, made when they are first asked for, and the same from then on for every process."""

from __future__ import annotations

import secrets
from typing import Final

from sqlalchemy import Connection, insert, select

from .tables import keys

KEY_BYTES: Final = 32


def key(connection: Connection, name: str) -> bytes:
    """Give the key of this name. The connection's transaction holds the write lock, so that one process makes it."""
    found = connection.execute(select(keys.c.value).where(keys.c.name == name)).scalar_one_or_none()
    if found is None:
        found = secrets.token_hex(KEY_BYTES)
        connection.execute(insert(keys).values(name=name, value=found))
    return bytes.fromhex(found)
