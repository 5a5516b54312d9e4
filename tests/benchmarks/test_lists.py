"""How long lists, searches and single sessions take to be answered, in a database with many of them. No time is
asserted; the aim is a median of 300 ms with 100,000 sessions and 5 million audit rows.

`LISTS_SESSIONS=100000` measures that size, and `LISTS_DATABASE=FILE` keeps the database, or uses the one there is.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias

import httpx2
import pytest

from pointsman.contracts.times import iso
from pointsman.contracts.values import JsonObject
from pointsman.fsm.session import Actor
from pointsman.server.application import Application, open_application
from pointsman.server.audit.verify import verify_and_replay
from pointsman.server.documents.pages import Page
from pointsman.server.http.address import Address, Place, listen
from pointsman.server.http.serving import serve_http
from pointsman.server.http.wiring import Credentials, wired
from pointsman.server.inquiry import Inquiry
from pointsman.server.replies import Caller
from pointsman.server.store.opening import reading
from pointsman.server.store.principals import Principal, add_principal, hash_token, principal
from pointsman.server.store.reading import SessionFilter
from pointsman.server.store.searching import RowFilter, WaitingFilter

from .large_database import make
from .plays import SteppingClock, grown, workflow_files

pytestmark = pytest.mark.benchmark

SESSIONS: Final = int(os.environ.get("LISTS_SESSIONS", "10000"))
DATABASE: Final = os.environ.get("LISTS_DATABASE")
GROWN_ROWS: Final = 50_000
TIMES: Final = 11
LIMIT: Final = 50
_DAY_MS: Final = 86_400_000

Answer: TypeAlias = object
Asking: TypeAlias = Callable[[], Awaitable[Answer]]


class Office(NamedTuple):
    """A large database that is served, and a session with many rows in it."""

    application: Application
    inquiry: Inquiry
    grown: str


def person(name: str, *roles: str) -> Caller:
    return Caller(Actor("human", name, roles), "benchmark", "console")


CALLERS: Final = {
    "auditor (all)": person("local:auditor", "auditor"),
    "manager (a fifth)": person("local:manager", "claims_manager"),
    "clerk (what waits)": person("local:clerk", "claims_clerk"),
    "starter (own)": person("local:person-200"),
}


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = Path(DATABASE) if DATABASE is not None else tmp_path_factory.mktemp("lists") / "large.db"
    if not path.exists():
        began = time.perf_counter()
        make(path, SESSIONS)
        say(f"\nmade {SESSIONS:,} sessions in {time.perf_counter() - began:.0f} s, {path.stat().st_size / 1e9:.2f} GB")
    return path


@asynccontextmanager
async def opened(database: Path, folder: Path) -> AsyncGenerator[Office]:
    """Open it as a server does, but for the loops that would go on with what waits."""
    files = workflow_files(folder)
    long_ago = SteppingClock(1_000)
    async with open_application(str(database), files, clock=long_ago, caretaking=False) as application:
        name = await grown(application, "claims", GROWN_ROWS)
    async with open_application(str(database), files, caretaking=False) as application:
        yield Office(application, Inquiry(application.governor), name)


def say(line: str) -> None:
    sys.stdout.write(line + "\n")


async def measure(title: str, ask: Asking) -> None:
    """Ask some times, and tell the median and the longest; the first answer warms up."""
    answer = await ask()
    taken: list[float] = []
    for _ in range(TIMES):
        began = time.perf_counter()
        await ask()
        taken.append((time.perf_counter() - began) * 1_000)
    entries = f"{len(answer.items)}{'' if answer.cursor is None else '+'}" if isinstance(answer, Page) else "-"
    say(f"  {title:58} median {statistics.median(taken):7.1f} ms, at most {max(taken):7.1f} ms  ({entries})")


async def late(ask: Callable[[str | None], Awaitable[object]], pages: int) -> str | None:
    """Give the cursor of a late page."""
    cursor: str | None = None
    for _ in range(pages):
        page = await ask(cursor)
        assert isinstance(page, Page)
        cursor = page.cursor if page.cursor is not None else cursor
    return cursor


async def test_lists_of_a_large_database(database: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        _verify_some(database)
        async with opened(database, tmp_path) as office:
            for name, caller in CALLERS.items():
                say(f"\n{name}")
                await _lists(office.inquiry, caller)
                await _sessions(office.inquiry, caller)
                await _rows(office.inquiry, caller)
            say("\na session")
            await _one_session(office)
            say("\nover HTTP")
            await _over_http(office)


async def _lists(inquiry: Inquiry, caller: Caller) -> None:
    for title, chosen in (
        ("inbox", WaitingFilter()),
        ("inbox of a role", WaitingFilter("claims_manager")),
        ("inbox of a workflow", WaitingFilter(workflow="orders")),
    ):
        await measure(title, lambda: inquiry.reviews(caller, chosen, LIMIT))  # noqa: B023 -- asked here
        cursor = await late(lambda at: inquiry.reviews(caller, chosen, LIMIT, at), 20)  # noqa: B023
        await measure(f"{title}, a late page", lambda: inquiry.reviews(caller, chosen, LIMIT, cursor))  # noqa: B023
    for status in (None, "unknown", "intended"):
        await measure(f"open writes: {status}", lambda: inquiry.effects(caller, None, status, LIMIT))  # noqa: B023
    await measure("counts of a workflow", lambda: inquiry.counts(caller, "claims"))


async def _sessions(inquiry: Inquiry, caller: Caller) -> None:
    now_ms = time.time_ns() // 1_000_000
    old, older = now_ms - 200 * _DAY_MS, now_ms - 201 * _DAY_MS
    for title, chosen in (
        ("all", SessionFilter()),
        ("workflow", SessionFilter("orders")),
        ("state", SessionFilter(state="deciding")),
        ("state that no session has", SessionFilter(state="nowhere")),
        ("workflow, state", SessionFilter("orders", "clearing")),
        ("a day, half a year ago", SessionFilter(since_ms=older, until_ms=old)),
        ("older than 200 days, not ended", SessionFilter(ended=False, until_ms=old)),
        ("ended", SessionFilter(ended=True)),
        ("waiting for a human", SessionFilter(waiting_for="human")),
        ("waiting for a role", SessionFilter(waiting_role="orders_manager")),
        ("started by somebody", SessionFilter(started_by="local:person-200")),
        ("started by somebody, state", SessionFilter(state="clearing", started_by="local:person-003")),
        ("failed", SessionFilter(failed=True)),
        ("failed, workflow, waiting for an agent", SessionFilter("claims", failed=True, waiting_for="agent")),
        ("failed, older than 200 days", SessionFilter(failed=True, until_ms=old)),
        ("search: a number", SessionFilter(search="inv-001234")),
        ("search: begins with i", SessionFilter(search="i")),
        ("search: a customer, failed", SessionFilter(search="Customer 00", failed=True)),
        ("search: a handle", SessionFilter(search="abc")),
        ("search: nothing has it", SessionFilter(search="there is no such thing")),
    ):
        await measure(f"sessions: {title}", lambda: inquiry.sessions(caller, chosen, LIMIT))  # noqa: B023 -- asked here
    cursor = await late(lambda at: inquiry.sessions(caller, SessionFilter(), 1_000, at), 40)
    await measure("sessions: all, a late page", lambda: inquiry.sessions(caller, SessionFilter(), LIMIT, cursor))


async def _rows(inquiry: Inquiry, caller: Caller) -> None:
    now_ms = time.time_ns() // 1_000_000
    since, until = iso(now_ms - 101 * _DAY_MS), iso(now_ms - 100 * _DAY_MS)
    for title, chosen in (
        ("all", RowFilter()),
        ("actor, frequent", RowFilter(actor="agent:drafter")),
        ("actor, rare", RowFilter(actor="local:boss-07")),
        ("actor, none", RowFilter(actor="nobody")),
        ("action, frequent", RowFilter(action="note")),
        ("action, rare", RowFilter(action="hand_over")),
        ("kind", RowFilter(kind="decided")),
        ("code, frequent", RowFilter(code="NOT_ALLOWED")),
        ("code, rare", RowFilter(code="OUTCOME_UNKNOWN")),
        ("code, none", RowFilter(code="TOO_LARGE")),
        ("a day", RowFilter(since=since, until=until)),
        ("a day, actor, kind", RowFilter(kind="decided", actor="local:boss-07", since=since, until=until)),
        ("a day, none", RowFilter(code="TOO_LARGE", since=since, until=until)),
    ):
        await measure(f"audit: {title}", lambda: inquiry.rows(caller, chosen, LIMIT))  # noqa: B023 -- asked here


async def _one_session(office: Office) -> None:
    inquiry, caller, name = office.inquiry, CALLERS["auditor (all)"], office.grown
    page = await inquiry.sessions(caller, SessionFilter(state="settled"), 1)
    assert isinstance(page, Page)
    usual = str(page.items[0]["session"])
    for title, session in (("usual", usual), (f"{GROWN_ROWS:,} rows", name)):
        await measure(f"{title}: its document", lambda: inquiry.session(caller, session))  # noqa: B023 -- asked here
        await measure(f"{title}: its timeline", lambda: inquiry.history(caller, session, LIMIT))  # noqa: B023
    await measure("its timeline, a late page", lambda: inquiry.history(caller, name, LIMIT, "49000"))
    for title, chosen in (
        ("all", RowFilter(name)),
        ("kind", RowFilter(name, kind="accepted")),
        ("code, none", RowFilter(name, code="TOO_LARGE")),
    ):
        await measure(f"its rows: {title}", lambda: inquiry.rows(caller, chosen, LIMIT))  # noqa: B023


async def _over_http(office: Office) -> None:
    token = Principal("local:auditor", "human", ("auditor",), hash_token("token"), None, 1)
    if await office.application.engine.reading(principal, token.id) is None:
        await office.application.engine.writing(add_principal, token)
    listener, address = listen(Address("127.0.0.1", 0))
    stop = asyncio.Event()
    async with wired(office.application.governor, "auto", "auto", None, Credentials(True), address.url) as site:
        serving = asyncio.create_task(serve_http(site, Place(address), listener, stop))
        async with httpx2.AsyncClient(timeout=60, headers={"authorization": "Bearer token"}) as http:
            for path in (
                "/reviews?limit=50",
                "/sessions?limit=50",
                "/sessions?limit=50&failed=true&workflow=claims",
                "/sessions?limit=50&search=inv-001234",
                "/effects?limit=50",
                "/workflows/claims/counts",
                "/audit?limit=50&actor=local:boss-07",
                "/audit?limit=50&code=TOO_LARGE",
            ):

                async def ask() -> JsonObject:
                    response = await http.get(f"{address.url}/api{path}")  # noqa: B023 -- asked here
                    assert response.status_code == 200, response.text
                    found: JsonObject = response.json()
                    return found

                await measure(path, ask)
        stop.set()
        await serving


def _verify_some(database: Path) -> None:
    """Verify that the sessions are what real ones are."""
    with reading(database).connect() as connection, connection.begin():
        names: Sequence[str] = (
            connection.exec_driver_sql("SELECT id FROM sessions ORDER BY id LIMIT 200").scalars().all()
        )
        rows, sessions = (
            connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar() for table in ("audit", "sessions")
        )
        for name in names:
            (report,) = verify_and_replay(connection, name)
            assert report.ok, report
    say(f"\n{sessions:,} sessions, {rows:,} rows; {len(names)} sessions verified and replayed")
