"""What a notice says: short, plain text of what waits, for whom, since when and how long, and where it is seen.

Nothing that an agent or a tool has written is in it, so that none can have a message say something else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from pointsman.contracts.visible import visible

from ..bounds import NOTICE_NAME_CHARACTERS
from ..store.notices import Notice, NoticeKind

NOTHING_DECIDED: Final = "Opening the link decides nothing."
ESCALATED: Final = "It came here because what was before it was not decided in time."
_TITLES: Final[dict[NoticeKind, str]] = {
    "opened": "Review waits",
    "reminded": "Reminder: review waits",
    "approval": "Call waits for approval",
    "delegated": "Handed over",
    "unknown": "Write in doubt",
    "ended": "Session ended",
}
_MANY: Final[dict[NoticeKind, str]] = {
    "opened": "reviews wait",
    "reminded": "reviews wait still",
    "approval": "calls wait for approval",
    "delegated": "reviews and calls were handed over",
    "unknown": "writes are in doubt",
    "ended": "sessions have ended",
}

_FOR_A_ROLE: Final[frozenset[NoticeKind]] = frozenset({"opened", "reminded", "approval", "delegated"})


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent. Both are one text for people, and no markup."""

    title: str
    text: str


TRIAL: Final = Message("Pointsman tries this", "This is how you are told of what waits for you. It is a trial.")
"""What is sent to see whether it arrives."""


def message(notice: Notice, base: str | None, *, escalated: bool) -> Message:
    """Say one thing.

    Args:
        notice: What is to be told.
        base: Where people find the console; None where that is not known.
        escalated: Whether a review is here because another was not decided in time.
    """
    state, workflow = _name(notice.state), _name(notice.workflow)
    lines = [_what(notice, state, workflow), *([ESCALATED] if escalated else [])]
    since = "Since" if notice.kind != "ended" else "On"
    due = "" if notice.due_at is None else f", due {moment(notice.due_at)}"
    lines += [f"{since} {moment(notice.at)}{due}.", "", _where(notice, base)]
    return Message(f"{_TITLES[notice.kind]}: {state} ({workflow})", "\n".join(lines))


_GROUPS: Final = {"reviews": "review", "effects": "effects", "sessions": "sessions"}
"""The group of commands that lists what a page of the console does."""


def summary(notices: Sequence[Notice], base: str | None) -> Message:
    """Say in one message how many things of a kind there are to tell the same people at once."""
    first = notices[0]
    who = f" for the role {_name(first.role)}" if first.role is not None else _of_owner(first.owner)
    what = f"{len(notices)} {_MANY[first.kind]}{who}"
    oldest = min(notice.at for notice in notices)
    dues = [notice.due_at for notice in notices if notice.due_at is not None]
    due = f", the first is due {moment(min(dues))}" if dues else ""
    place = "reviews" if first.kind in _FOR_A_ROLE else "effects" if first.kind == "unknown" else "sessions"
    command = f"pointsman {_GROUPS[place]} list"
    where = [command] if base is None else [f"{base}/console/{place}", NOTHING_DECIDED]
    return Message(what, "\n".join([f"{what}.", f"Since {moment(oldest)}{due}.", "", *where]))


def moment(at_ms: int) -> str:
    """Write a moment as people read it, to the minute."""
    return f"{datetime.fromtimestamp(at_ms / 1000, UTC):%Y-%m-%d %H:%M} UTC"


def _what(notice: Notice, state: str, workflow: str) -> str:
    match notice.kind:
        case "opened":
            return f"A review waits for the role {_name(notice.role)}: {state} of {workflow}."
        case "reminded":
            return f"A review waits for the role {_name(notice.role)} still: {state} of {workflow}."
        case "approval":
            return f"A call of {_name(notice.tool)} waits for the role {_name(notice.role)}, in {state} of {workflow}."
        case "delegated":
            what = "A review" if notice.tool is None else f"A call of {_name(notice.tool)}"
            was = f"{what} that waits for the role {_name(notice.role)} was handed to {_name(notice.owner)}"
            return f"{was}: {state} of {workflow}."
        case "unknown":
            called = f"Nobody knows whether {_name(notice.tool)} has done what it was called for, in {state}"
            return f"{called} of {workflow}. A person finds out, and settles it."
        case _:
            return f"A session of {workflow} has ended in {state}{_of_owner(notice.owner)}."


def _where(notice: Notice, base: str | None) -> str:
    if notice.kind not in _FOR_A_ROLE:
        command = "effects list" if notice.kind == "unknown" else f"sessions show {notice.session_id}"
        session = notice.session_id
        page = f"effects/{session}.{notice.call}" if notice.kind == "unknown" else f"sessions/{session}"
        return f"pointsman {command}" if base is None else f"{base}/console/{page}"
    name = notice.session_id if notice.call is None else f"{notice.session_id}.{notice.call}"
    return f"pointsman review show {name}" if base is None else f"{base}/console/reviews/{name}\n{NOTHING_DECIDED}"


def _of_owner(owner: str | None) -> str:
    return "" if owner is None else f", which is for {_name(owner)}"


def _name(text: str | None) -> str:
    return visible(text or "")[:NOTICE_NAME_CHARACTERS]
