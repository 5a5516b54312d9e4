"""Timeouts, cancellation and closing, with real threads: when is it certain that nothing happened?

Tools here wait for events the test sets, so that nothing depends on how fast the machine is.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import textwrap
import threading
from concurrent.futures import CancelledError
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from pointsman.contracts.workflow import Effect, Retry
from pointsman.tools import python_source
from pointsman.tools.results import Answer
from pointsman.tools.running import Begun, InLoop
from pointsman.tools.workers import Workers

from .workshop import CONTEXT, Workshop, call

SHORT_MS = 150

WAITING = """
    import asyncio
    import threading
    from contextvars import ContextVar

    begun, go_on, ended = threading.Event(), threading.Event(), threading.Event()
    cancelled: list[str] = []
    word: ContextVar[str] = ContextVar("word", default="none")

    def hang() -> str:
        begun.set()
        go_on.wait(10)
        ended.set()
        return "late"

    def hang_and_fail() -> str:
        hang()
        raise RuntimeError("late")

    async def hang_async() -> str:
        begun.set()
        try:
            while not go_on.is_set():
                await asyncio.sleep(0.001)
        except asyncio.CancelledError:
            cancelled.append("hang_async")
            raise
        ended.set()
        return "late"

    def say() -> str:
        return word.get()

    async def give_up() -> None:
        raise asyncio.CancelledError
"""


async def until(event: threading.Event) -> None:
    assert await asyncio.to_thread(event.wait, 10)


async def until_logged(logs: list[Any]) -> None:
    """A late end is logged by the thread, or by the loop's next step, right after the tool has ended."""
    for _ in range(10_000):
        if logs:
            return
        await asyncio.sleep(0.001)


@pytest.mark.parametrize("tool", ["hang", "hang_async"])
async def test_a_read_that_does_not_answer_fails_after_its_tries(workshop: Workshop, tool: str) -> None:
    source = workshop.source(WAITING)
    with capture_logs():
        result = await call(source, tool, timeout_ms=SHORT_MS, retry=Retry(attempts=2, backoff_ms=100))
        await asyncio.sleep(0)
        workshop.module().go_on.set()
        assert (result.outcome, result.attempts) == ("failed", 2)
        assert result.error == f"shop.{tool} did not answer within 150 ms."
        assert workshop.slept == [0.1]
        assert workshop.module().cancelled == (["hang_async"] * 2 if tool == "hang_async" else [])


@pytest.mark.parametrize(
    ("tool", "ended"), [("hang", "returned"), ("hang_async", "returned"), ("hang_and_fail", "RuntimeError")]
)
async def test_a_write_that_does_not_answer_is_unknown_and_goes_on(workshop: Workshop, tool: str, ended: str) -> None:
    """Design, section 6: a timeout never proves that nothing happened."""
    source = workshop.source(WAITING)
    with capture_logs() as logs:
        result = await call(source, tool, effect="write", timeout_ms=SHORT_MS)
        module = workshop.module()
        assert (result.outcome, result.attempts) == ("unknown", 1)
        assert result.error == f"shop.{tool} did not answer within 150 ms. Whether it happened is not known."
        module.go_on.set()
        await until(module.ended)
        await until_logged(logs)
    assert module.cancelled == []
    assert [(row["event"], row["tool"], row["call"], row["ended"]) for row in logs] == [
        ("call ended late", f"shop.{tool}", CONTEXT.call, ended)
    ]


@pytest.mark.parametrize("effect", ["read", "write"])
async def test_a_call_that_never_began_certainly_did_nothing(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, effect: Effect
) -> None:
    """A write is `failed` only if nothing was sent (design, section 6): here it waited for a thread in vain."""
    monkeypatch.setattr(python_source, "TOOL_WORKERS", 1)
    source = workshop.source(WAITING)
    await source.definitions()
    with capture_logs():
        blocking = asyncio.create_task(call(source, "hang"))
        module = workshop.module()
        await until(module.begun)
        result = await call(source, "say", effect=effect, timeout_ms=SHORT_MS)
        module.go_on.set()
        assert (await blocking).outcome == "done"
    assert result.outcome == "failed"
    assert result.error == "shop.say did not begin within 150 ms. Nothing was done."


@pytest.mark.parametrize("tool", ["hang", "hang_async"])
async def test_a_write_whose_caller_goes_away_is_finished_and_logged(workshop: Workshop, tool: str) -> None:
    """Faults, 10: the client is gone mid-call; what has begun finishes."""
    source = workshop.source(WAITING)
    with capture_logs() as logs:
        calling = asyncio.create_task(call(source, tool, effect="write"))
        await source.definitions()
        module = workshop.module()
        await until(module.begun)
        calling.cancel()
        with pytest.raises(asyncio.CancelledError):
            await calling
        module.go_on.set()
        await until(module.ended)
        await until_logged(logs)
    assert module.cancelled == []


async def test_a_read_whose_caller_goes_away_is_given_up(workshop: Workshop) -> None:
    source = workshop.source(WAITING)
    calling = asyncio.create_task(call(source, "hang_async"))
    await source.definitions()
    module = workshop.module()
    await until(module.begun)
    calling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await calling
    await asyncio.sleep(0)
    assert module.cancelled == ["hang_async"]


async def test_a_call_whose_caller_goes_away_before_it_begins_never_begins(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(python_source, "TOOL_WORKERS", 1)
    source = workshop.source(WAITING)
    await source.definitions()
    module = workshop.module()
    blocking = asyncio.create_task(call(source, "hang"))
    await until(module.begun)
    waiting = asyncio.create_task(call(source, "hang_and_fail", effect="write"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    module.go_on.set()
    assert (await blocking).result == "late"
    assert (await call(source, "say")).outcome == "done"


@pytest.mark.parametrize(("effect", "outcome"), [("read", "failed"), ("write", "unknown")])
@pytest.mark.parametrize("tool", ["hang", "hang_async"])
async def test_closing_the_source_cuts_off_what_runs(
    workshop: Workshop, tool: str, effect: Effect, outcome: str
) -> None:
    source = workshop.source(WAITING)
    calling = asyncio.create_task(call(source, tool, effect=effect, retry=Retry(attempts=3, backoff_ms=1)))
    await source.definitions()
    module = workshop.module()
    await until(module.begun)
    await source.aclose()
    result = await calling
    module.go_on.set()
    assert (result.outcome, result.attempts) == (outcome, 1)
    assert result.error is not None
    assert result.error.startswith(f"shop.{tool} was cut off.")


async def test_closing_the_source_takes_back_what_has_not_begun(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(python_source, "TOOL_WORKERS", 1)
    source = workshop.source(WAITING)
    await source.definitions()
    module = workshop.module()
    blocking = asyncio.create_task(call(source, "hang"))
    await until(module.begun)
    waiting = asyncio.create_task(call(source, "hang_and_fail", effect="write"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await source.aclose()
    never = await waiting
    module.go_on.set()
    assert (await blocking).outcome == "failed"
    assert (never.outcome, never.error) == ("failed", "shop.hang_and_fail did not begin: the server is stopping.")


async def test_a_try_in_the_loop_can_be_taken_back_until_its_first_step() -> None:
    ran: list[str] = []

    async def work(begun: Begun) -> Answer:
        begun()
        ran.append("yes")
        return Answer("done")

    early, late = InLoop(work), InLoop(work)
    assert early.withdraw()
    await asyncio.sleep(0)
    assert not late.withdraw()
    assert (await late.end, ran, early.end.cancelled()) == (Answer("done"), ["yes"], True)


async def test_a_closed_source_begins_nothing(workshop: Workshop) -> None:
    source = workshop.source(WAITING)
    await source.definitions()
    await source.aclose()
    await source.aclose()
    result = await call(source, "say", effect="write")
    assert (result.outcome, result.error, result.attempts) == ("failed", "The source 'shop' is closed.", 0)


async def test_a_source_closed_between_two_tries_does_not_try_again(workshop: Workshop) -> None:
    workshop.write("def it() -> None:\n    raise RuntimeError")

    async def close(_: float) -> None:
        await source.aclose()

    source = python_source.PythonSource("shop", "shop", workshop.folder, sleep=close)
    result = await call(source, "it", retry=Retry(attempts=3, backoff_ms=1))
    assert (result.outcome, result.error) == ("failed", "shop.it did not begin: the server is stopping.")


async def test_a_tool_that_cancels_itself_was_cut_off(workshop: Workshop) -> None:
    result = await call(workshop.source(WAITING), "give_up", effect="write")
    assert (result.outcome, result.error) == (
        "unknown",
        "shop.give_up was cut off. Whether it happened is not known.",
    )


async def test_a_synchronous_tool_sees_the_context_of_its_caller(workshop: Workshop) -> None:
    source = workshop.source(WAITING)
    await source.definitions()
    workshop.module().word.set("from the caller")
    assert (await call(source, "say")).result == "from the caller"


async def test_slow_importing_ends_by_the_bound(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(python_source, "TOOL_TIMEOUT_MS", SHORT_MS)
    source = workshop.source("import time\ntime.sleep(0.5)\ndef it() -> None: ...")
    result = await call(source, "it")
    assert result.outcome == "failed"
    assert result.error is not None
    assert "took longer than 150 ms" in result.error


def test_a_tool_that_hangs_does_not_keep_the_process_from_ending(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text("import time\ndef hang() -> None:\n    time.sleep(600)")
    script = f"""
        import asyncio
        from pathlib import Path
        from pointsman.contracts.workflow import ToolPolicy
        from pointsman.tools import CallContext
        from pointsman.tools.python_source import PythonSource

        async def main():
            source = PythonSource("shop", "shop", Path({str(tmp_path)!r}))
            policy = ToolPolicy("shop.hang", "write", 50)
            print((await source.call("shop.hang", {{}}, policy, CallContext("s", "1", None, 1, "ada"))).outcome)

        asyncio.run(main())
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout.strip()) == (0, "unknown"), done.stderr


def test_workers_start_no_more_threads_than_they_need_and_no_more_than_they_may() -> None:
    workers = Workers("test", 2)
    names = [workers.submit(lambda: threading.current_thread().name).result(10) for _ in range(5)]
    assert len(set(names)) <= 2
    barrier = threading.Barrier(2)
    pair = [workers.submit(lambda: barrier.wait(10)) for _ in range(2)]
    assert sorted(job.result(10) for job in pair) == [0, 1]
    blocked = threading.Event()
    busy = [workers.submit(lambda: blocked.wait(10)) for _ in range(2)]
    waiting = workers.submit(lambda: "never")
    assert waiting.cancel()
    blocked.set()
    assert all(job.result(10) for job in busy)
    with pytest.raises(CancelledError):
        waiting.result(10)
    workers.close()
    with pytest.raises(RuntimeError, match="closed"):
        workers.submit(lambda: "never")
