"""Passes what tools have for a client's log on to it, from the level on that it has asked for."""

from __future__ import annotations

import asyncio
from typing import Final, cast, get_args

import structlog
from mcp.server.session import ServerSession
from mcp_types import LoggingLevel, LoggingMessageNotification, LoggingMessageNotificationParams, RequestId

from pointsman.contracts.values import Json

from ..bounds import LOGS_PER_SECOND
from .per_second import PerSecond

LEVELS: Final[tuple[str, ...]] = get_args(LoggingLevel)
_PATIENCE_S: Final = 1.0
"""How long a client may take to hear one message, while its tool waits."""

_log = structlog.get_logger(__name__)


class ClientLog:
    """The log of one request's client.

    Args:
        client: The session of the request.
        request: Its identifier, by which its stream is found.
        level: From which level on; None for nothing at all.
    """

    def __init__(self, client: ServerSession, request: RequestId | None, level: str | None) -> None:
        self._client = client
        self._request = request
        self._from = len(LEVELS) if level not in LEVELS else LEVELS.index(level)
        self._rate = PerSecond(LOGS_PER_SECOND)

    async def write(self, level: str, data: Json, logger: str) -> None:
        """Send a message. One that is below the level, too much, or not heard in time is dropped."""
        admitted = self._rate.admit()
        if level not in LEVELS or LEVELS.index(level) < self._from or not admitted:
            return
        params = LoggingMessageNotificationParams(level=cast("LoggingLevel", level), data=data, logger=logger)
        sending = self._client.send_notification(LoggingMessageNotification(params=params), self._request)
        try:
            await asyncio.wait_for(sending, _PATIENCE_S)
        except Exception:  # noqa: BLE001 -- a client that does not hear it is answered all the same
            _log.exception("log not passed on")
