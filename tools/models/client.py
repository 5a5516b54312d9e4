"""Asks Claude, by the SDK of Anthropic: fills the port `Models`.

Importing the SDK takes two seconds, so it happens in a thread when a model is first asked, and never before. Answers
are streamed, always: their events are read from the SDK's stream as they come in, each bounded and judged.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from random import random
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self, cast

import httpx2
from typing_extensions import override

from pointsman.contracts.visible import visible

from ..clocks import MonotonicClock, Sleep
from .failures import failed, may_be_about_schemas, quote, status_of
from .port import Answer, Models, NoAnswer, NotAskable, Question
from .reading import ErrorEvent, Reading, broken, too_much
from .request import body_of, is_strict
from .retrying import Failed, Retrying, added
from .way import find_way
from .wire import TooMuch, bounded_client

if TYPE_CHECKING:
    from anthropic import APIStatusError, AsyncAnthropic

_REQUEST_CHARACTERS: Final = 100
_LONGEST_WAIT_S: Final = 3_600.0


class AnthropicModels(Models):
    """The Messages API, with the key and the address that the environment names.

    Use it as a context, or close it: it keeps connections open.

    Args:
        environment: Where `ANTHROPIC_API_KEY` and `ANTHROPIC_BASE_URL` are looked up.
        sleep: What waits between attempts.
        clock: What tells how long an answer took.
        chance: Numbers from 0 to 1, by which the waits are spread.
        before_key: Called before the key is looked for, which happens when a model is first asked.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        *,
        sleep: Sleep = asyncio.sleep,
        clock: MonotonicClock = time.monotonic,
        chance: Callable[[], float] = random,
        before_key: Callable[[], object] = lambda: None,
    ) -> None:
        self._environment = environment
        self._before_key = before_key
        self._retrying = Retrying(sleep, clock, chance)
        self._starting = asyncio.Lock()
        self._client: AsyncAnthropic | None = None
        self._key = ""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.close()
            self._client = None

    @override
    async def ask(
        self,
        question: Question,
        wanted: Callable[[], Awaitable[bool]] | None = None,
        again: Callable[[str, int], None] | None = None,
    ) -> Answer:
        """Ask, and wait for the whole answer.

        `duration_ms` and `tokens` of the answer include all attempts.

        Raises:
            NoAnswer: there is no key, the last attempt has failed, its answer is not `wanted` any more, or trying again
                cannot help.
        """
        client = await self._ready()
        asking = _Asking(client, self._key, question)
        answer, tried = await self._retrying.until_answered(asking.attempt, wanted, again)
        return Answer(
            content=answer.content,
            stop_reason=answer.stop_reason,
            model=answer.model,
            tokens=added(tried.tokens, answer.tokens),
            attempts=tried.attempts,
            duration_ms=tried.duration_ms,
            request=asking.request,
        )

    async def _ready(self) -> AsyncAnthropic:
        async with self._starting:
            if self._client is not None:
                return self._client
            self._before_key()
            client, self._key = await asyncio.to_thread(_opened, self._environment)
            self._client = client
            return client


def _opened(environment: Mapping[str, str]) -> tuple[AsyncAnthropic, str]:
    """Import the SDK, find the key, and make the client. Called in a thread: all of it can take seconds."""
    try:
        key, address = find_way(environment)
    except NotAskable as error:
        raise NoAnswer(str(error), lasting=True, attempts=0) from None
    from anthropic import AsyncAnthropic

    client = AsyncAnthropic(
        api_key=key,
        base_url=address,
        max_retries=0,
        timeout=None,
        open_telemetry=False,  # what is asked is in the audit, and nowhere else
        http_client=bounded_client(address),
    )
    return client, key


class _Asking:
    """One question, attempt by attempt. `request` is the API's name of the last one."""

    def __init__(self, client: AsyncAnthropic, key: str, question: Question) -> None:
        self._client = client
        self._key = key
        self._question = question
        self._body = body_of(question)
        self.request: str | None = None

    async def attempt(self) -> Reading:
        """Ask once.

        Raises:
            Failed: there is no answer. It has the tokens that were counted before it failed.
        """
        self.request = None
        reading = Reading()
        try:
            await self._read(reading)
        except Failed as error:
            error.tokens = reading.tokens
            raise
        return reading

    async def _read(self, reading: Reading) -> None:
        from anthropic import APIConnectionError, APIStatusError

        limit_ms = self._question.timeout_ms
        try:
            async with asyncio.timeout(limit_ms / 1000):
                await self._stream(reading)
            reading.finish()
        except TimeoutError:
            raise Failed(f"The model has not answered within {limit_ms / 1000:g} s.", again=True) from None
        except APIStatusError as error:
            raise self._refused(error) from None
        except ErrorEvent as error:
            raise failed(status_of(error.kind), error.said, self._question.model, self._key) from None
        except TooMuch:
            raise too_much() from None
        except (APIConnectionError, httpx2.HTTPError, httpx2.StreamError) as error:
            raise self._lost(error) from None
        except UnicodeDecodeError:
            raise broken("it is not UTF-8") from None

    async def _stream(self, reading: Reading) -> None:
        from anthropic import AsyncStream

        body = cast("dict[str, object]", {**self._body, "stream": True})
        # The SDK's own parameters are empty: what is sent is the body as `request` has written it. Were it told the
        # model, it would warn at each question to one that is to be retired, and a warning can be made an error.
        async with self._client.messages.with_streaming_response.create(
            model="", max_tokens=self._question.max_tokens, messages=[], stream=True, extra_body=body
        ) as response:
            self.request = _request(response.headers)
            async for event in AsyncStream.raw_events(response.http_response):
                if event.data:
                    reading.take(event.data)

    def _refused(self, error: APIStatusError) -> Failed:
        headers = error.response.headers
        self.request = _request(headers)
        said = error.api_message or ""
        if is_strict(self._body) and may_be_about_schemas(error.status_code, said):
            self._body = body_of(self._question, may_be_strict=False)
            return Failed("The API refuses the schemas.", said=quote(said, self._key), again=True, wait_ms=0)
        found = failed(
            error.status_code,
            said,
            self._question.model,
            self._key,
            code=error.error_code,
            wait_ms=_asked_wait_ms(headers),
        )
        asked = headers.get("x-should-retry")
        if asked in ("true", "false"):  # the API knows better than its status; the SDK follows it too
            found.again = asked == "true"
        return found

    def _lost(self, error: Exception) -> Failed:
        cause = error.__cause__ if isinstance(error.__cause__, httpx2.HTTPError) else error
        text = quote(str(cause) or type(cause).__name__, self._key)  # of a reset there are no words
        return Failed(f"The connection to the Messages API was not made, or broke: {text}.", again=True)


def _request(headers: Mapping[str, str]) -> str | None:
    found = headers.get("request-id")
    return None if not found else visible(found[:_REQUEST_CHARACTERS])


def _asked_wait_ms(headers: Mapping[str, str]) -> int | None:
    """Read how long the API asks to be left alone, in seconds; as a date nobody sends it."""
    try:
        wait_s = float(headers.get("retry-after", ""))
    except ValueError:
        return None
    return round(min(wait_s, _LONGEST_WAIT_S) * 1000) if wait_s >= 0 else None
