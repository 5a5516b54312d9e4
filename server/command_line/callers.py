"""Who acts at the command line: the user of this machine, or the person a token was made for.

The user of the machine acts with every role of the session's workflow: whoever can write the
database file could do more than that. A token's holder has the roles the token was made with.
"""

from __future__ import annotations

from collections.abc import Iterable
from time import time_ns
from typing import Final

from sqlalchemy import Connection

from pointsman.contracts.times import iso
from pointsman.fsm.refusals import Refusal
from pointsman.fsm.session import Actor

from ..identity import local_principal
from ..replies import Caller
from ..store.principals import hash_token, principal_by_token_hash

CHANNEL: Final = "cli"
CLIENT: Final = "pointsman"


def local_caller(roles: Iterable[str]) -> Caller:
    """The user of this machine, with these roles."""
    return Caller(Actor("human", local_principal(), tuple(roles)), CLIENT, CHANNEL)


def token_caller(connection: Connection, token: str) -> Caller | Refusal:
    """Give the person a token was made for, or say why it opens nothing."""
    found = principal_by_token_hash(connection, hash_token(token.strip()))
    if found is None:
        return _foreign("This token is not one of this database's. `pointsman token list` lists who has one.")
    if found.revoked_at is not None:
        return _foreign(f"The token of {found.id} was revoked on {iso(found.revoked_at)}. Have another one made.")
    if not found.valid_at(time_ns() // 1_000_000):
        return _foreign(f"The token of {found.id} has expired. Have another one made.")
    if found.kind != "human":
        return _foreign(f"{found.id} is no person ({found.kind}): only a person decides.")
    return Caller(Actor("human", found.id, found.roles), CLIENT, CHANNEL)


def _foreign(message: str) -> Refusal:
    return Refusal("FORBIDDEN", message)
