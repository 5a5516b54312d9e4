"""Who acts at the command line: the user of this machine, or the person a token was made for.

The user of the machine acts with every role of the session's workflow: whoever can write the
database file could do more than that. A token's holder has the roles the token was made with.
"""

from __future__ import annotations

from collections.abc import Iterable
from time import time_ns
from typing import Final

from sqlalchemy import Connection

from pointsman.fsm.refusals import Refusal
from pointsman.fsm.session import Actor

from ..credentials.minted import opened
from ..credentials.port import NotAccepted
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
    found = opened(principal_by_token_hash(connection, hash_token(token.strip())), time_ns() // 1_000_000)
    if isinstance(found, NotAccepted):
        known = " `pointsman token list` lists who has one." if found.reason == "unknown" else ""
        return Refusal("FORBIDDEN", found.message + known)
    if found.actor.kind != "human":
        return Refusal("FORBIDDEN", f"{found.actor.id} is no person: only a person decides.")
    return Caller(found.actor, CLIENT, CHANNEL)
