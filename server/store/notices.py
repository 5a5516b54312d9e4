"""The outbox: what people are to be told, from the commit that calls for it until it is sent.

Whoever sends takes notices for a while by moving their next moment on: if it dies, they are taken again then.
Moments are milliseconds since the epoch.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from sqlalchemy import ColumnElement, Connection, delete, select, tuple_, update

from ..bounds import NOTICES_DROPPED
from .tables import notices

NoticeKind: TypeAlias = Literal["opened", "reminded", "approval", "delegated", "unknown", "ended"]
NoticeStatus: TypeAlias = Literal["waiting", "sent", "void", "nobody", "given_up"]


NOBODY_YET: Final = "[]"
"""The `sent` of a notice that nobody has yet."""


class NoticeRow(NamedTuple):
    """A notice as the engine writes it, its columns in the table's order.

    `revision` is that of the fact that calls for it, `call` the number of the approval or of the write that it is
    about, and `sent` names the targets that have it. `owner` is who it is told to in place of a role, or, of what was
    delegated, the person who has it now.
    """

    session_id: str
    revision: int
    kind: NoticeKind
    workflow: str
    definition: str
    state: str
    stay: int
    role: str | None
    owner: str | None
    tool: str | None
    call: str | None
    at: int
    due_at: int | None
    status: NoticeStatus
    attempts: int
    next_at: int
    sent: str


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice that is to be sent. `attempts` counts this one."""

    session_id: str
    revision: int
    kind: NoticeKind
    workflow: str
    definition: str
    state: str
    stay: int
    role: str | None
    owner: str | None
    tool: str | None
    call: str | None
    at: int
    due_at: int | None
    attempts: int
    sent: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, int]:
        """What no other notice has."""
        return self.session_id, self.revision


def any_due(connection: Connection, now_ms: int) -> bool:
    """Whether a notice is to be sent."""
    due = select(notices.c.session_id).where(notices.c.status == "waiting", notices.c.next_at <= now_ms)
    return connection.execute(due.limit(1)).first() is not None


def claim_notices(connection: Connection, now_ms: int, until_ms: int, limit: int) -> list[Notice]:
    """Take the notices that are due, the oldest first; nobody else takes them before `until_ms`."""
    columns = notices.c
    wanted = [columns[name] for name in Notice.__slots__]
    due = select(*wanted).where(columns.status == "waiting", columns.next_at <= now_ms)
    found = [_notice(dict(row)) for row in connection.execute(due.order_by(columns.next_at).limit(limit)).mappings()]
    if found:
        taken = update(notices).where(_are([one.key for one in found]))
        connection.execute(taken.values(next_at=until_ms, attempts=columns.attempts + 1))
    return found


def settle_notices(connection: Connection, keys: Sequence[tuple[str, int]], status: NoticeStatus) -> None:
    """Say what has become of notices."""
    connection.execute(update(notices).where(_are(keys)).values(status=status))


def put_off_notice(connection: Connection, key: tuple[str, int], sent: Collection[str], next_at: int) -> None:
    """Have a notice sent again at a moment, to those targets that do not have it yet."""
    connection.execute(update(notices).where(_are([key])).values(sent=sorted(sent), next_at=next_at))


def give_back_notice(connection: Connection, key: tuple[str, int]) -> None:
    """Count it as no attempt that a notice was taken; its next moment stays."""
    connection.execute(update(notices).where(_are([key])).values(attempts=notices.c.attempts - 1))


def drop_notices(connection: Connection, before_ms: int) -> bool:
    """Forget notices of facts before a moment, the oldest first and so many at once: others wait for the writer.

    Say whether there may be more of them.
    """
    keys = select(notices.c.session_id, notices.c.revision).where(notices.c.at < before_ms)
    oldest = keys.order_by(notices.c.at).limit(NOTICES_DROPPED)
    gone = connection.execute(delete(notices).where(tuple_(notices.c.session_id, notices.c.revision).in_(oldest)))
    return gone.rowcount == NOTICES_DROPPED


def _are(keys: Sequence[tuple[str, int]]) -> ColumnElement[bool]:
    return tuple_(notices.c.session_id, notices.c.revision).in_(keys)


def _notice(row: dict[str, Any]) -> Notice:
    row["attempts"] += 1
    row["sent"] = tuple(row["sent"])
    return Notice(**row)
