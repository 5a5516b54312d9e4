"""Who may speak: people, agents and systems, and the tokens they show. A token itself is never stored."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from sqlalchemy import Connection, RowMapping, insert, select, union, update

from .tables import audit, principals, sessions

TOKEN_BYTES: Final = 32

PrincipalKind: TypeAlias = Literal["human", "agent", "system"]


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody known here. `owner` is the person who answers for an agent's or a system's doings.

    Times are milliseconds since the epoch. `token_hash` is None for one who has no token; a token with
    a `session` opens that one alone.
    """

    id: str
    kind: PrincipalKind
    roles: tuple[str, ...]
    token_hash: str | None
    owner: str | None
    created_at: int
    expires_at: int | None = None
    revoked_at: int | None = None
    session: str | None = None

    def valid_at(self, now_ms: int) -> bool:
        """Whether the principal's token opens anything now."""
        return self.revoked_at is None and (self.expires_at is None or now_ms < self.expires_at)


def new_token() -> str:
    """Make a token of 256 random bits. It is shown once."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def hash_token(token: str) -> str:
    """Give what is stored of a token. It has no salt, because a random token cannot be guessed from it."""
    return "sha256:" + hashlib.sha256(token.encode()).hexdigest()


def add_principal(connection: Connection, principal: Principal) -> None:
    """Add a principal.

    Raises:
        sqlalchemy.exc.IntegrityError: when the identifier or the token is taken.
    """
    values = {name: getattr(principal, name) for name in _COLUMNS} | {"roles": list(principal.roles)}
    connection.execute(insert(principals).values(values))


def list_principals(connection: Connection) -> list[Principal]:
    """Give every principal, by identifier."""
    return [_principal(row) for row in connection.execute(select(principals).order_by(principals.c.id)).mappings()]


def principal(connection: Connection, principal_id: str) -> Principal | None:
    """Give a principal by identifier."""
    row = connection.execute(select(principals).where(principals.c.id == principal_id)).mappings().one_or_none()
    return None if row is None else _principal(row)


def known_people(connection: Connection) -> frozenset[str]:
    """Name whoever may be a person: who has had a token or owns one, or has started, decided or handed on something."""
    named = select(principals.c.id).where(principals.c.kind == "human")
    owners = select(principals.c.owner).where(principals.c.owner.is_not(None))
    acted = select(audit.c.actor_id).where(audit.c.kind.in_(("decided", "admin"))).distinct()
    found = union(named, owners, acted, select(sessions.c.started_by).distinct())
    return frozenset(connection.scalars(found))


def owned_by(connection: Connection, person: str) -> tuple[str, ...]:
    """Name the agents and systems that a person answers for, with a valid token or without."""
    owned = select(principals.c.id).where(principals.c.owner == person).order_by(principals.c.id)
    return tuple(connection.scalars(owned))


def principal_by_token_hash(connection: Connection, token_hash: str) -> Principal | None:
    """Give the principal a token belongs to, valid or not: ask `valid_at`."""
    row = connection.execute(select(principals).where(principals.c.token_hash == token_hash)).mappings().one_or_none()
    return None if row is None else _principal(row)


def renew_principal(connection: Connection, renewed: Principal) -> bool:
    """Give a known principal a new token, roles and expiry, valid again; False when there is no such principal."""
    values = {name: getattr(renewed, name) for name in _COLUMNS if name != "id"} | {"roles": list(renewed.roles)}
    statement = update(principals).where(principals.c.id == renewed.id).values(values)
    return connection.execute(statement).rowcount == 1


def revoke_principal(connection: Connection, principal_id: str, now_ms: int) -> bool:
    """End a principal's access; False when there was none."""
    valid = (principals.c.id == principal_id) & principals.c.revoked_at.is_(None)
    return connection.execute(update(principals).where(valid).values(revoked_at=now_ms)).rowcount == 1


_COLUMNS: Final = tuple(column.name for column in principals.c)


def _principal(row: RowMapping) -> Principal:
    return Principal(
        id=row["id"],
        kind=row["kind"],
        roles=tuple(row["roles"]),
        token_hash=row["token_hash"],
        owner=row["owner"],
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        revoked_at=row["revoked_at"],
        session=row["session"],
    )
