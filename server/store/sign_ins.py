"""Who is signed in to the console. What a browser holds is never stored, only its hash."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select

from ..bounds import SIGN_INS_OF_ONE
from .tables import sign_ins


@dataclass(frozen=True, slots=True)
class SignIn:
    """A person's sign-in. Times are milliseconds since the epoch.

    `token_hash` is that of the token it was begun with, which it ends with. One that an issuer vouched for has none,
    and the `roles` that the issuer named.
    """

    id_hash: str
    principal: str
    token_hash: str | None
    roles: tuple[str, ...]
    began_at: int
    expires_at: int


def add_sign_in(connection: Connection, begun: SignIn) -> None:
    """Keep a sign-in; forget those that have expired, and the oldest of a person who has too many."""
    connection.execute(delete(sign_ins).where(sign_ins.c.expires_at <= begun.began_at))
    own = select(sign_ins.c.id_hash).where(sign_ins.c.principal == begun.principal)
    others = own.order_by(sign_ins.c.began_at.desc(), sign_ins.c.id_hash).offset(SIGN_INS_OF_ONE - 1)
    connection.execute(delete(sign_ins).where(sign_ins.c.id_hash.in_(others.limit(-1))))
    connection.execute(
        insert(sign_ins).values(
            id_hash=begun.id_hash,
            principal=begun.principal,
            token_hash=begun.token_hash,
            roles=list(begun.roles),
            began_at=begun.began_at,
            expires_at=begun.expires_at,
        )
    )


def sign_in(connection: Connection, id_hash: str) -> SignIn | None:
    """Give a sign-in by the hash of what the browser holds, expired or not."""
    row = connection.execute(select(sign_ins).where(sign_ins.c.id_hash == id_hash)).mappings().one_or_none()
    if row is None:
        return None
    return SignIn(
        id_hash=row["id_hash"],
        principal=row["principal"],
        token_hash=row["token_hash"],
        roles=tuple(row["roles"]),
        began_at=row["began_at"],
        expires_at=row["expires_at"],
    )


def end_sign_in(connection: Connection, id_hash: str) -> None:
    """Forget a sign-in."""
    connection.execute(delete(sign_ins).where(sign_ins.c.id_hash == id_hash))
