"""Brings messages to their targets, through Apprise, in threads: it waits for other servers, and is not asynchronous.

What it says of a failure can hold the target's address, and so secrets: nothing of it is kept, logged or raised.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

import structlog

from pointsman.tools.workers import Workers

from ..bounds import NOTICE_SEND_MS, NOTICE_THREADS_OF_ONE
from .messages import Message
from .settings import Target, UnfitNotices

if TYPE_CHECKING:
    from apprise import Apprise, AppriseAsset

_log = structlog.get_logger(__name__)


class Targets:
    """Whoever may be sent messages to.

    Args:
        targets: All of them.

    Raises:
        UnfitNotices: one is no address that Apprise knows, or Apprise is not installed.
    """

    def __init__(self, targets: Iterable[Target]) -> None:
        try:
            from apprise import Apprise, NotifyFormat
        except ImportError as error:
            raise UnfitNotices(
                "[notify] needs Apprise, which is not installed: pip install 'pointsman[notify]'"
            ) from error
        logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
        asset = _asset()
        self._known: dict[str, Apprise] = {}
        self._markdown: set[str] = set()
        for target in targets:
            known = Apprise(asset=asset)
            added = known.add(target.address)  # pyright: ignore[reportUnknownMemberType]  # Apprise's
            if not added:
                raise UnfitNotices(f"{target.name} is no address that Apprise knows: https://appriseit.com/services")
            self._known[target.name] = known
            if any(one.notify_format is NotifyFormat.MARKDOWN for one in known):
                self._markdown.add(target.name)
        # One that hangs takes no thread of another's, so that nothing waits before its time is counted.
        self._workers = Workers("notices", NOTICE_THREADS_OF_ONE * max(1, len(self._known)))
        self._running: Counter[str] = Counter()

    async def deliver(self, target: Target, message: Message) -> bool:
        """Send a message; say whether the target has taken it. Where that is not known in time, it has not."""
        known = self._known[target.name]
        # Of its own, Apprise escapes what is plain text for a chat that takes Markdown, and so the dots of the link.
        is_markdown = target.name in self._markdown
        body = message.text.replace("\n", "\n\n") if is_markdown else message.text

        def send() -> bool:
            kind = "markdown" if is_markdown else "text"
            taken = known.notify(  # pyright: ignore[reportUnknownMemberType]  # Apprise's
                title=message.title, body=body, body_format=kind
            )
            return bool(taken)

        if self._running[target.name] >= NOTICE_THREADS_OF_ONE:
            return False
        self._running[target.name] += 1
        sending = asyncio.wrap_future(self._workers.submit(send))
        sending.add_done_callback(lambda _: self._running.subtract([target.name]))
        try:
            async with asyncio.timeout(NOTICE_SEND_MS / 1000):
                return await asyncio.shield(sending)
        except TimeoutError:
            return False
        except Exception as error:  # noqa: BLE001 -- whatever a library meets, its text may hold the address
            _log.warning("a target cannot be sent to", target=target.name, error=type(error).__name__)
            return False

    def close(self) -> None:
        """Take nothing more. What is being sent is not waited for."""
        self._workers.close()


def _asset() -> AppriseAsset:
    """What Apprise says of itself: it is us who write, without its pictures; nothing leads it elsewhere."""
    from apprise import AppriseAsset

    return AppriseAsset(
        app_id="Pointsman",
        app_desc="Pointsman",
        app_url="",
        image_url_mask="",
        image_url_logo="",
        async_mode=False,
        interpret_escapes=False,
        http_redirects=False,
    )
