"""Work on many things, each apart: what is wrong with one of them is logged, and no other waits for it."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TypeVar

import structlog

from .errors import StoreBusy, StoreFull

_log = structlog.get_logger(__name__)

_Result = TypeVar("_Result")


async def apart(what: str, work: Awaitable[_Result]) -> _Result | None:
    """Do the work on one session, one schedule or one notice; None where something is wrong with it alone.

    Raises:
        StoreBusy: that is wrong with the whole database.
        StoreFull: likewise.
    """
    try:
        return await work
    except (StoreBusy, StoreFull):
        raise
    except Exception:  # noqa: BLE001 -- whatever one meets, the others are looked after
        _log.exception("it could not be looked after", what=what)
        return None
