"""Names that are made from what they name.

The same thing has the same name in every process of a database, and nobody else can tell it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Final

from pointsman.contracts.values import Json, canonical

from ..engines.embedded import EmbeddedEngine
from ..identity import HANDLE_CHARACTERS
from ..store.keys import key

_KEY: Final = "handles"


class Handles:
    """Names sessions that a trigger starts, and events that it delivers."""

    def __init__(self, engine: EmbeddedEngine) -> None:
        self._engine = engine
        self._key: bytes | None = None

    async def of(self, *identity: Json) -> str:
        """Give the handle of what is known by these values, of which the first says what kind of thing it is."""
        if self._key is None:
            self._key = await self._engine.writing(key, _KEY)
        return derived_handle(self._key, *identity)


def derived_handle(secret: bytes, *identity: Json) -> str:
    """Make 130 bits of an HMAC into a handle, in the form of the random ones."""
    made = hmac.digest(secret, canonical(list(identity)).encode("utf-8", "surrogatepass"), hashlib.sha256)
    return base64.b32encode(made).decode("ascii").lower()[:HANDLE_CHARACTERS]
