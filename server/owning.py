"""Tells the machine whom the people answer for that a command is about: agents and systems, by their tokens.

The machine judges by it who is excluded. It knows no principals itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from sqlalchemy import Connection

from pointsman.fsm.commands import Delegate, Judged, Request
from pointsman.fsm.session import Actor, ActorKind

from .engines.embedded import EmbeddedEngine
from .store.principals import PrincipalKind, owned_by, principal

_KINDS: Final[Mapping[PrincipalKind, ActorKind]] = {"human": "human", "agent": "agent", "system": "external"}


async def with_owned(engine: EmbeddedEngine, actor: Actor, request: Request) -> Request:
    """Name in a request the agents and systems that the person answers for who makes it, or whom it is delegated to.

    A request that is not judged by it stays as it is.
    """
    if not isinstance(request, Judged):
        return request
    told: Judged = await engine.reading(_told, actor, request)
    return told


def _told(connection: Connection, actor: Actor, request: Judged) -> Judged:
    owns = owned_by(connection, actor.accountable)
    if not isinstance(request, Delegate):
        return replace(request, owns=owns)
    other = principal(connection, request.to)
    kind = None if other is None else _KINDS[other.kind]
    return replace(request, owns=owns, to_kind=kind, to_owns=owned_by(connection, request.to))
