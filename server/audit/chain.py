"""The hash chain of audit rows. Pure.

The hash of a row is over the canonical JSON of an object with every column but `body` and `hash`.
A body is in it by `body_digest`, and carries a random `salt` of its own; so a body can be erased
while its row still verifies, and what was in it cannot be guessed from the digest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from operator import itemgetter
from typing import Final, NamedTuple

from pydantic_core import to_json

GENESIS: Final = "sha256:" + "0" * 64
"""What stands in `prev` of a chain's first row."""


class AuditRow(NamedTuple):
    """A row of the table `audit`, its columns in the table's order."""

    session_id: str
    revision: int
    command_id: str
    at: str
    actor_kind: str
    actor_id: str
    client: str | None
    channel: str
    kind: str
    action: str | None
    outcome: str | None
    code: str | None
    state_before: str | None
    state_after: str | None
    definition: str
    duration_ms: int | None
    trace_id: str | None
    fact_version: int
    body: str | None
    body_digest: str
    prev: str
    hash: str


HASHED: Final = tuple(sorted(set(AuditRow._fields) - {"body", "hash"}))
"""The columns under the hash, in canonical order: they are ASCII, so it is the alphabet's."""

_hashed_values = itemgetter(*map(AuditRow._fields.index, HASHED))


def row_hash(row: AuditRow) -> str:
    """Give the hash a row must have.

    Raises:
        UnicodeEncodeError: for text that is not Unicode (a lone surrogate).
    """
    return hash_of(dict(zip(HASHED, _hashed_values(row), strict=True)))


def hash_of(columns: Mapping[str, str | int | None]) -> str:
    """Give the hash of columns that come in canonical order.

    The serializer writes strings, integers and nulls as `contracts.values.canonical` does, in a third of the time.
    """
    return "sha256:" + hashlib.sha256(to_json(columns)).hexdigest()


def body_digest(body: str) -> str:
    """Give the digest of a stored body, salt and all.

    Raises:
        UnicodeEncodeError: for text that is not Unicode (a lone surrogate).
    """
    return "sha256:" + hashlib.sha256(body.encode()).hexdigest()
