"""What is answered when the server cannot: nothing is done, and it is said so."""

from __future__ import annotations

import asyncio
import threading

import httpx2
import pytest
from sqlalchemy import Connection

from pointsman.server.documents import proofs
from pointsman.server.errors import EngineClosed, StoreBusy, StoreFull, StoreUnreadable
from tests.server.governor.desks import Desk, started
from tests.server.http.api.offices import Office, bearer, office


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (StoreBusy, 503, "BUSY"),
        (StoreFull, 507, "STORAGE_FULL"),
        (StoreUnreadable, 503, "BUSY"),
        (EngineClosed, 503, "BUSY"),
    ],
)
async def test_a_database_that_does_not_answer_is_said_and_to_come_again(
    served: Office, monkeypatch: pytest.MonkeyPatch, error: type[Exception], status: int, code: str
) -> None:
    async def failing(*_arguments: object) -> object:
        raise error

    with monkeypatch.context() as broken:
        broken.setattr(served.application.engine, "searching", failing)
        answer = await served.get("/sessions")
    assert (answer.status_code, answer.json()["refusal"]["code"]) == (status, code)
    assert answer.headers["retry-after"] == "5"
    assert (await served.get("/sessions")).status_code == 200


@pytest.mark.parametrize(
    ("broken", "method", "path"),
    [
        ("reading", "GET", "/api/sessions"),
        ("reading", "POST", "/mcp"),
        ("reading", "POST", "/workflows/desk/sessions"),
        ("read", "POST", "/sessions/nobodys/mcp"),
        ("record_stray", "GET", "/api/sessions?limit=x"),
        ("record_stray", "POST", "/workflows/desk/sessions"),
        ("record_stray", "POST", "/workflows/desk/webhooks/nobodys"),
        ("record_stray", "POST", "/sessions/nobodys/mcp"),
    ],
)
async def test_a_database_that_fails_at_a_door_or_while_a_refusal_is_recorded_is_said_in_the_same_words(
    served: Office, monkeypatch: pytest.MonkeyPatch, broken: str, method: str, path: str
) -> None:
    async def failing(*_arguments: object) -> object:
        raise StoreBusy

    headers = {"content-type": "application/json"} | ({} if "webhooks" in path else bearer("agent"))
    monkeypatch.setattr(served.application.engine, broken, failing)
    answer = await served.http.request(method, served.url + path, content=b"{", headers=headers)
    assert (answer.status_code, answer.json()["refusal"]["code"]) == (503, "BUSY")
    assert answer.headers["retry-after"] == "5"


async def test_one_verification_runs_at_a_time_and_nothing_waits_for_it(
    served: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = (await started(served.application)).session
    begun, go_on = asyncio.Event(), threading.Event()
    loop, verify = asyncio.get_running_loop(), proofs.verified

    def slow(*arguments: object) -> object:
        loop.call_soon_threadsafe(begun.set)
        assert go_on.wait(20)
        return verify(*arguments)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] -- passed on as it came

    monkeypatch.setattr(proofs, "verified", slow)
    first = asyncio.create_task(served.get("/audit/verification", "auditor"))
    try:
        async with asyncio.timeout(20):
            await begun.wait()
            second = await served.get("/audit/verification", "auditor")
            assert (second.status_code, second.json()["refusal"]["code"]) == (503, "BUSY")
            assert (await served.get(f"/sessions/{session}", "own")).status_code == 200
    finally:
        go_on.set()
    assert (await first).json()["ok"] is True
    assert (await served.get("/audit/verification", "auditor")).status_code == 200


async def test_a_server_that_stops_waits_for_no_verification(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pointsman.server.http.serving.HTTP_STOP_MS", 1_000)
    begun, loop = asyncio.Event(), asyncio.get_running_loop()

    def endless(connection: Connection, *_more: object) -> object:
        loop.call_soon_threadsafe(begun.set)
        counting = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n"
        return connection.exec_driver_sql(counting).all()

    monkeypatch.setattr(proofs, "verified", endless)
    async with asyncio.timeout(20), office(desk) as opened:
        asked = asyncio.create_task(opened.get("/audit/verification", "auditor"))
        await begun.wait()
    with pytest.raises(httpx2.HTTPError):
        await asked
