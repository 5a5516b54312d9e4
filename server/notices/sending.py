"""The wiring of what is sent: from the settings to a sender that runs for as long as a server does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress

from ..governor import Governor
from .sender import Sender
from .settings import NotifySettings
from .targets import Targets


@asynccontextmanager
async def notifying(
    governor: Governor, settings: NotifySettings, environment: Mapping[str, str], base: str | None
) -> AsyncGenerator[None]:
    """Send notices meanwhile.

    Args:
        governor: Whose database.
        settings: Who is told.
        environment: Where the secrets of their addresses are.
        base: Where clients reach this server, if the settings do not say where people find the console.

    Raises:
        UnfitNotices: an address cannot be used.
    """
    settings = settings.within(environment)
    targets = await asyncio.to_thread(Targets, settings.all())
    sender = Sender(governor.engine, governor.clock, settings, targets.deliver, settings.url or base)
    sending = asyncio.create_task(sender.run(), name="notices")
    try:
        yield
    finally:
        sending.cancel()
        with suppress(asyncio.CancelledError):
            await sending
        targets.close()
