"""Progress on long steps: told to whoever asks for it, of the session of the call and of no other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from structlog.testing import capture_logs

from pointsman.server.bounds import PROGRESS_CHARACTERS, PROGRESS_PER_SECOND
from pointsman.server.replies import Glimpse
from pointsman.server.surfaces.progress import progress
from tests.server.surfaces.connected import Connected, connected
from tests.server.surfaces.governed import InMemoryGoverned, governed_with

HANDLE = "s" * 26
BOTH_ERAS = pytest.mark.parametrize("mode", ["legacy", "auto"], ids=["handshake", "2026-07-28"])


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pointsman.server.surfaces.progress.PROGRESS_FIRST_MS", 20)
    monkeypatch.setattr("pointsman.server.surfaces.progress.PROGRESS_AGAIN_MS", 20)


async def told(agent: Connected, name: str, arguments: dict[str, object]) -> list[tuple[float, str | None]]:
    heard: list[tuple[float, str | None]] = []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        assert total is None
        heard.append((progress, message))

    await agent.client.call_tool(name, arguments, progress_callback=hear)
    return heard


@BOTH_ERAS
async def test_a_client_that_waits_is_told_the_state_and_what_runs_again_and_again(mode: str) -> None:
    async with connected("claude-ai", mode=mode, session=HANDLE) as agent:
        heard = await told(agent, "work", {})
        assert len(heard) > 2
        assert [number for number, _ in heard] == list(range(1, len(heard) + 1))
        assert {message for _, message in heard} == {"In labelling: desk.scales …"}


@BOTH_ERAS
async def test_what_is_answered_at_once_tells_nothing(mode: str) -> None:
    async with connected("claude-ai", mode=mode, session=HANDLE) as agent:
        assert await told(agent, "session_status", {}) == []


async def test_of_a_session_that_is_not_the_callers_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    governed = governed_with(HANDLE)
    followed: list[str] = []
    subscribe = governed.subscribe

    def noticing(session: str, on_change: Callable[[Glimpse], None]) -> Callable[[], None]:
        followed.append(session)
        return subscribe(session, on_change)

    monkeypatch.setattr(governed, "subscribe", noticing)
    async with connected("claude-ai", governed=governed) as agent:
        assert await told(agent, "work", {"session": "z" * 26}) == []
        assert followed == []


async def test_when_the_reply_has_come_nobody_follows_the_session_any_more() -> None:
    governed: InMemoryGoverned = governed_with(HANDLE)
    async with connected("claude-ai", governed=governed) as agent:
        await told(agent, "work", {"session": HANDLE})
        assert governed.listeners[HANDLE] == []
        await agent.call("work", session=HANDLE)
        assert governed.listeners[HANDLE] == []


async def hear_all(agent: Connected, name: str) -> list[tuple[float, float | None, str | None]]:
    heard: list[tuple[float, float | None, str | None]] = []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        heard.append((progress, total, message))

    await agent.client.call_tool(name, {}, progress_callback=hear)
    return heard


@BOTH_ERAS
async def test_what_a_tool_says_is_told_as_it_says_it_and_the_numbers_only_grow(mode: str) -> None:
    async with connected("claude-ai", mode=mode, session=HANDLE) as agent:
        assert await hear_all(agent, "speak") == [
            (1.0, 4.0, "speak: so\\u202efar"),
            (2.0, 4.0, "speak: so\\u202efar"),
        ]


async def test_a_tool_that_speaks_too_much_is_told_so_often_and_no_more() -> None:
    heard: list[tuple[float, float | None, str]] = []

    async def report(number: float, total: float | None, message: str) -> None:
        heard.append((number, total, message))

    governed = governed_with(HANDLE)
    async with progress(governed, "x", report) as telling:
        for number in range(10 * PROGRESS_PER_SECOND):
            telling.say(number, None, "m" * 10 * PROGRESS_CHARACTERS)
    assert PROGRESS_PER_SECOND <= len(heard) <= 2 * PROGRESS_PER_SECOND
    assert {len(message) for _, _, message in heard} == {len("x: ") + PROGRESS_CHARACTERS}


async def test_what_is_told_of_the_session_beside_a_tool_goes_on_from_its_number() -> None:
    heard: list[tuple[float, float | None, str]] = []
    first, enough = asyncio.Event(), asyncio.Event()

    async def report(number: float, total: float | None, message: str) -> None:
        heard.append((number, total, message))
        first.set()
        if len(heard) >= 3:
            enough.set()

    governed = governed_with(HANDLE)
    async with asyncio.timeout(10), progress(governed, "x", report) as telling:
        await first.wait()
        telling.say(0, 2, None)
        await enough.wait()
        telling.say(1, 2, None)
    numbers = [number for number, _, _ in heard]
    assert numbers == sorted(set(numbers))
    assert (1.001, 2 + 1.001, "x …") in heard


async def test_a_client_that_cannot_be_told_is_answered_all_the_same() -> None:
    async def report(number: float, total: float | None, message: str) -> None:
        raise ConnectionError(number, total, message)

    with capture_logs() as logs:
        async with progress(governed_with(HANDLE), "x", report) as telling:
            telling.say(1, None, None)
            telling.say(2, None, None)
        assert telling.report is None
    assert [one["event"] for one in logs] == ["progress not told"]
