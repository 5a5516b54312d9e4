"""What statistics and corrections cost over a large database, beside a bare loop over its rows, and how much memory.

No time is asserted; memory is.

`LISTS_SESSIONS=20000` makes a million rows, and `LISTS_DATABASE=FILE` keeps the database, or uses the one there is.
"""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import Connection

from pointsman.server.documents import corrections, stats
from pointsman.server.insights.asking import StatsAsked
from pointsman.server.insights.examples import EVERYTHING, ExampleFilter
from pointsman.server.store.opening import driver, open_database, reading

from .large_database import make
from .test_lists import DATABASE, SESSIONS, say

pytestmark = pytest.mark.benchmark

MEMORY_BYTES: Final = 100 * 1024 * 1024
WHOLE: Final = StatsAsked(window="400d", reference="9d")
USUAL: Final = StatsAsked()


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = Path(DATABASE) if DATABASE is not None else tmp_path_factory.mktemp("insights") / "large.db"
    if not path.exists():
        make(path, SESSIONS)
    open_database(path).dispose()  # one that an older version has made is brought up to date
    return path


def test_statistics_and_corrections_of_a_large_database(database: Path, capsys: pytest.CaptureFixture[str]) -> None:
    now_ms = time.time_ns() // 1_000_000
    with capsys.disabled(), reading(database).connect() as connection:
        rows = connection.exec_driver_sql("SELECT count(*) FROM audit").scalar()
        say(f"\n{rows:,} rows")
        bare_s = processor_s(lambda: bare(connection))
        say(f"  a bare loop over all rows    {bare_s:6.1f} s of processor time")
        measure = partial(measured, bare_s)
        measure("stats, all", lambda: len(stats_items(connection, WHOLE, now_ms)))
        measure("stats, 30 days against 90", lambda: len(stats_items(connection, USUAL, now_ms)))
        measure("stats of a workflow", lambda: len(stats_items(connection, StatsAsked("claims"), now_ms)))
        for title, chosen in (
            ("corrections", ExampleFilter()),
            ("corrections, with all", ExampleFilter(labels=EVERYTHING)),
        ):
            measure(title, lambda: sum(1 for _ in corrections.every(connection, chosen)))  # noqa: B023 -- counted here


def stats_items(connection: Connection, asked: StatsAsked, now_ms: int) -> list[object]:
    found = stats.document(connection, asked.chosen(now_ms), asked.alerts)["items"]
    assert isinstance(found, list)
    return [*found]


def bare(connection: Connection) -> int:
    """Read every row, as the driver gives it, and do nothing with it."""
    return sum(1 for _ in driver(connection).execute("SELECT * FROM audit ORDER BY session_id, revision"))


def processor_s(count: Callable[[], int]) -> float:
    began_s = time.process_time()
    count()
    return time.process_time() - began_s


def measured(bare_s: float, title: str, count: Callable[[], int]) -> None:
    """Tell what it costs, and hold its memory to the bound in a second run, which measuring makes slower."""
    taken_s = processor_s(count)
    tracemalloc.start()
    found = count()
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    say(f"  {title:28} {taken_s:6.1f} s, {taken_s / bare_s:4.1f} times, {peak_bytes / 1e6:5.1f} MB  ({found:,})")
    assert peak_bytes < MEMORY_BYTES
