"""The client that waits for one call: told how far it is, and asked what its tool wants to know.

How a client is asked depends on the era it speaks: `asking` pushes a request to it, `parked` lets it
come back with the answer. What both must not do is here: a question has a bound in time, and when the
client has its reply or has gone, nothing is asked any more.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from typing import Any, Final, Protocol

from pointsman.contracts.values import Json, JsonObject
from pointsman.tools.conversation import Question
from pointsman.tools.errors import Unanswered

from ..bounds import ASK_WAIT_MS, REPLY_WAIT_MS
from .client_log import ClientLog
from .progress import Telling

GONE: Final = "the client does not wait any more"
REVIEW: Final = "review-"
"""What the keys of reviews begin with. The rest is random: nobody brings along an answer before they were asked."""


class Channel(Protocol):
    """A way to ask one client."""

    @property
    def comes_back(self) -> bool:
        """Whether the client is answered at once by what it is asked, and comes back."""
        ...

    def takes(self, method: str) -> bool:
        """Whether the client can be asked this."""
        ...

    async def ask(self, questions: Mapping[str, Question]) -> Mapping[str, JsonObject]:
        """Ask all of this; give the answers by the same keys. What is refused is left out."""
        ...


class WaitingClient:
    """Fills the port `Waiter` for one call. `lacking` is what it needed to ask the client, and could not.

    Args:
        telling: Tells of progress.
        channel: Asks the client.
        log: The client's log; None where there is none.
    """

    def __init__(self, telling: Telling, channel: Channel, log: ClientLog | None = None) -> None:
        self.lacking: str | None = None
        self._telling = telling
        self._channel = channel
        self._log = log
        self._gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._begun_s = self._now_s()
        self._asking = 0
        self._since_s = 0.0
        self._asked_s = 0.0

    @property
    def listens(self) -> bool:
        """Whether the client is told of progress."""
        return self._telling.report is not None

    @property
    def asked_s(self) -> float:
        """How long it has been asked so far, in seconds; what is asked at the same time counts once."""
        return self._asked_s + (self._now_s() - self._since_s if self._asking else 0.0)

    def begun(self, session: str) -> None:
        """Tell of this session."""
        self._telling.begun(session)

    def progress(self, done: float, total: float | None, message: str | None) -> None:
        """Tell how far the tool is."""
        self._telling.say(done, total, message)

    async def log(self, level: str, data: Json, logger: str) -> None:
        """Tell what a tool has for the client's log."""
        if self._log is not None and not self._gone.done():
            await self._log.write(level, data, logger)

    def lack(self, method: str) -> None:
        """Hear that the call cannot go on, because the client cannot be asked this."""
        self.lacking = self.lacking or method

    def takes(self, method: str) -> bool:
        """Whether the client can be asked this, now."""
        return not self._gone.done() and self._channel.takes(method)

    async def ask(self, questions: Mapping[str, Question]) -> Mapping[str, JsonObject]:
        """Ask the client.

        Raises:
            Unanswered: it has gone, or the time is up.
        """
        if self._gone.done():
            raise Unanswered(GONE)
        asking = asyncio.ensure_future(self._channel.ask(questions))
        self._asked_s, self._since_s = self.asked_s, self._now_s()
        self._asking += 1
        try:
            first: set[asyncio.Future[Any]] = {asking, self._gone}
            await asyncio.wait(first, timeout=ASK_WAIT_MS / 1000, return_when=asyncio.FIRST_COMPLETED)
            if asking.done():
                return asking.result()
            raise Unanswered(GONE if self._gone.done() else f"no answer came within {ASK_WAIT_MS // 60_000} minutes")
        finally:
            self._asked_s, self._since_s = self.asked_s, self._now_s()
            self._asking -= 1
            asking.cancel()

    @property
    def patience_s(self) -> float | None:
        """How long the reply may still wait for what is `put`, in seconds; None where nobody waits meanwhile."""
        if self._channel.comes_back:
            return None
        return max(0.0, REPLY_WAIT_MS / 1000 - (self._now_s() - self._begun_s - self.asked_s))

    async def put(self, question: Question) -> JsonObject | None:
        """Ask what may be answered after the reply, too. None where no answer comes in time, or the client has gone."""
        key = REVIEW + secrets.token_hex(8)
        try:
            async with asyncio.timeout(ASK_WAIT_MS / 1000):
                return (await self._channel.ask({key: question})).get(key)
        except (TimeoutError, Unanswered):
            return None

    def close(self) -> None:
        """Note that the client has its reply, or has gone."""
        if not self._gone.done():
            self._gone.set_result(None)

    def _now_s(self) -> float:
        return asyncio.get_running_loop().time()
