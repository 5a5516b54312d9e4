"""Sends the notices of a database: at least once each, and once where nothing goes wrong, whichever process does it.

Whoever sends takes notices for a while, so that several processes do not send the same. What has not reached every
target is sent again to the others, later and later, until it is given up, which the log says. What has come to its
end meanwhile is told to nobody.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

import structlog

from pointsman.fsm.holder import Holder
from pointsman.fsm.session import Session

from ..apart import apart
from ..bounds import (
    NOTICE_AGAIN_AT_MOST_MS,
    NOTICE_AGAIN_MS,
    NOTICE_ATTEMPTS,
    NOTICE_LEASE_MS,
    NOTICE_LOOK_MS,
    NOTICE_STALE_MS,
    NOTICES_APART,
    NOTICES_CLAIMED,
)
from ..clock import Clock
from ..engines.embedded import EmbeddedEngine
from ..errors import StoreError
from ..store.notices import (
    Notice,
    NoticeStatus,
    any_due,
    claim_notices,
    give_back_notice,
    put_off_notice,
    settle_notices,
)
from ..store.reading import audit_rows
from ..store.rows import body_of
from .messages import Message, message, summary
from .settings import NotifySettings, Target

_log = structlog.get_logger(__name__)

Deliver = Callable[[Target, Message], Awaitable[bool]]
"""Sends a message to a target; whether the target has taken it."""
_AT_ONCE: Final = 8


class Sender:
    """Sends what is due.

    Args:
        engine: Where notices and sessions are.
        clock: What notices are due by.
        settings: Who is told.
        deliver: Brings a message to a target.
        base: Where people find the console; None where that is not known.
    """

    def __init__(
        self, engine: EmbeddedEngine, clock: Clock, settings: NotifySettings, deliver: Deliver, base: str | None
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._settings = settings
        self._deliver = deliver
        self._base = base

    async def run(self) -> None:
        """Send what is due, now and from now on."""
        while True:
            try:
                while await self.send_due():
                    pass
            except StoreError as error:
                _log.warning("the database did not answer; trying again", error=str(error))
            except Exception:  # noqa: BLE001 -- whatever one look meets, the next one must come
                _log.exception("sending notices failed; trying again")
            await asyncio.sleep(NOTICE_LOOK_MS / 1000)

    async def send_due(self) -> int:
        """Send what is due now, as much of it as one process takes at once; say how many notices that were.

        Raises:
            StoreError: when the database does not answer. What was not sent is sent when its time comes again.
        """
        now_ms = self._clock.now_ms()
        if not await self._engine.reading(any_due, now_ms):
            return 0
        claimed = await self._engine.writing(claim_notices, now_ms, now_ms + NOTICE_LEASE_MS, NOTICES_CLAIMED)
        groups: dict[tuple[object, ...], list[Notice]] = {}
        for notice in claimed:
            holds = await apart(notice.session_id, self._still_holds(notice, now_ms))
            if holds is None:
                # Something is wrong with its session. That was no attempt: it is looked at again later.
                await self._engine.writing(give_back_notice, notice.key)
                continue
            if holds:
                groups.setdefault((notice.kind, notice.role, notice.owner, notice.sent), []).append(notice)
            else:
                await self._settle([notice], "void")
        gate = asyncio.Semaphore(_AT_ONCE)

        async def send(told: Sequence[Notice]) -> None:
            async with gate:
                await self._send(told)

        await asyncio.gather(*(send(told) for group in groups.values() for told in _together(group)))
        return len(claimed)

    async def _send(self, told: Sequence[Notice]) -> None:
        """Send one message that tells of these, which are for the same people."""
        targets = self._settings.targets(told[0].role, told[0].owner)
        missing = [target for target in targets if target.name not in told[0].sent]
        if not targets:
            await self._settle(told, "nobody")
            return
        said = await self._message(told)
        taken = await asyncio.gather(*(self._deliver(target, said) for target in missing))
        has_it = {target.name for target, took in zip(missing, taken, strict=True) if took}
        failed = sorted({target.name for target in missing} - has_it)
        if not failed:
            await self._settle(told, "sent")
            return
        for notice in told:
            where = {"session": notice.session_id, "kind": notice.kind, "targets": failed, "attempts": notice.attempts}
            if notice.attempts >= NOTICE_ATTEMPTS:
                _log.error("nobody was told: a notice is given up", **where)
                await self._settle([notice], "given_up")
            else:
                again_ms = min(NOTICE_AGAIN_MS * 2 ** (notice.attempts - 1), NOTICE_AGAIN_AT_MOST_MS)
                _log.warning("a notice was not taken; trying again", again_s=again_ms // 1000, **where)
                sent = {*notice.sent, *has_it}
                await self._engine.writing(put_off_notice, notice.key, sent, self._clock.now_ms() + again_ms)

    async def _message(self, told: Sequence[Notice]) -> Message:
        if len(told) > 1:
            return summary(told, self._base)
        return message(told[0], self._base, escalated=await self._escalated(told[0]))

    async def _escalated(self, notice: Notice) -> bool:
        """Whether the review is here because one before it was not decided in time: the stay's first fact says so."""
        session = await self._engine.read(notice.session_id) if notice.kind == "opened" else None
        if session is None or session.stay.number != notice.stay:
            return False
        rows = await self._engine.reading(audit_rows, session.id, session.stay.revision - 1, 1)
        return any(body_of(row).get("because") == "due" for row in rows)

    async def _still_holds(self, notice: Notice, now_ms: int) -> bool:
        session = await self._engine.read(notice.session_id)
        return session is not None and now_ms - notice.at < NOTICE_STALE_MS and _HOLDS[notice.kind](session, notice)

    async def _settle(self, told: Sequence[Notice], status: NoticeStatus) -> None:
        await self._engine.writing(settle_notices, [notice.key for notice in told], status)


def _together(group: Sequence[Notice]) -> list[Sequence[Notice]]:
    """Tell each by itself, or all at once where they are many."""
    return [group] if len(group) > NOTICES_APART else [[notice] for notice in group]


def _waits(session: Session, notice: Notice) -> bool:
    return session.ended is None and session.stay.number == notice.stay and session.stay.review is not None


def _waits_for_approval(session: Session, notice: Notice) -> bool:
    asked = session.stay.approvals.get(notice.call or "")
    return session.ended is None and asked is not None and asked.status == "pending"


def _is_held(session: Session, notice: Notice) -> bool:
    """Whether the person who was given it has it still."""
    if notice.call is not None:
        asked = session.stay.approvals.get(notice.call)
        return _waits_for_approval(session, notice) and asked is not None and _by(asked.holder) == notice.owner
    review = session.stay.review
    return _waits(session, notice) and review is not None and _by(review.holder) == notice.owner


def _by(holder: Holder | None) -> str | None:
    return None if holder is None else holder.by


def _is_in_doubt(session: Session, notice: Notice) -> bool:
    return any(one.status == "unknown" and one.call == notice.call for one in session.effects.values())


_HOLDS: Final[Mapping[str, Callable[[Session, Notice], bool]]] = {
    "opened": _waits,
    "reminded": _waits,
    "approval": _waits_for_approval,
    "delegated": _is_held,
    "unknown": _is_in_doubt,
    "ended": lambda session, _notice: session.ended is not None,
}
"""Whether what a notice tells is so still."""
