"""Progress on long steps: told to whoever asks for it, of the session of the call and of no other."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pointsman.server.replies import Glimpse
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
