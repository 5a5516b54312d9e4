"""Writes that nobody waits for any more: what is told of their ends, and where (design, section 6)."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future
from dataclasses import replace
from typing import Final

import pytest
from structlog.testing import capture_logs

from pointsman.fsm.facts import CallResult
from pointsman.tools.results import Answer
from pointsman.tools.running import InThread

from .workshop import CONTEXT, Workshop, call

HANGING: Final = """
    import asyncio
    import threading
    from pointsman.tools import NothingDone, ToolError

    go_on = threading.Event()

    def hang() -> str:
        go_on.wait(10)
        return "late"

    def hang_and_fail() -> None:
        hang()
        raise RuntimeError("late")

    def hang_and_refuse() -> None:
        hang()
        raise NothingDone("late")

    async def hang_async() -> str:
        while not go_on.is_set():
            await asyncio.sleep(0.001)
        return "late"

    def stumble() -> None:
        raise ConnectionError

    async def stumble_async() -> None:
        raise ConnectionError

    def complain() -> None:
        raise ToolError("It is closed.")
"""


@pytest.mark.parametrize(
    ("tool", "outcome"),
    [("hang", "done"), ("hang_async", "done"), ("hang_and_fail", "unknown"), ("hang_and_refuse", "failed")],
)
async def test_how_a_write_ended_late_is_told_in_the_event_loop(workshop: Workshop, tool: str, outcome: str) -> None:
    """Design, section 6: a late result of a timed-out write settles it too."""
    source = workshop.source(HANGING)
    told: asyncio.Future[tuple[CallResult, threading.Thread]] = asyncio.get_running_loop().create_future()

    def on_late(result: CallResult) -> None:
        told.set_result((result, threading.current_thread()))

    context = replace(CONTEXT, on_late=on_late)
    with capture_logs():
        result = await call(source, tool, effect="write", timeout_ms=100, context=context)
        assert (result.outcome, result.unanswered, result.cut_off) == ("unknown", True, False)
        workshop.module().go_on.set()
        late, thread = await asyncio.wait_for(told, 10)
    assert (late.outcome, late.result) == (outcome, "late" if outcome == "done" else None)
    assert thread is threading.current_thread()


def test_nobody_is_told_when_the_loop_is_closed() -> None:
    """The process has ended its work before the thread has."""
    job: Future[Answer] = Future()
    told: list[Answer | None] = []

    async def leave() -> None:
        assert job.set_running_or_notify_cancel()
        InThread(job).leave(lambda _, result: told.append(result))

    asyncio.run(leave())
    job.set_result(Answer("late"))
    assert told == []


@pytest.mark.parametrize("tool", ["stumble", "stumble_async"])
async def test_what_a_tool_that_broke_had_begun_may_go_on(workshop: Workshop, tool: str) -> None:
    """Only a `ToolError` says that it was answered."""
    source = workshop.source(HANGING)
    with capture_logs():
        broke = await call(source, tool, effect="write")
        complained = await call(source, "complain", effect="write")
        read = await call(source, tool)
    assert (broke.outcome, broke.cut_off) == ("unknown", True)
    assert (complained.outcome, complained.cut_off, read.cut_off) == ("unknown", False, False)
