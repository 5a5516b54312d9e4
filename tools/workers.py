"""Worker threads for synchronous tools.

The threads are daemons, and that is why this is no `ThreadPoolExecutor`: a tool that hangs keeps
its thread, and must not keep the process from ending. A job that has not begun can be taken back
for certain (`Future.cancel`), which is what tells a write that never was from one in doubt.
"""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import TypeAlias, TypeVar

_Result = TypeVar("_Result")
_Job: TypeAlias = Callable[[], None]


class Workers:
    """At most `most` threads, started when they are needed and kept until `close`."""

    def __init__(self, name: str, most: int) -> None:
        self._name = name
        self._most = most
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._threads = 0
        self._idle = 0
        self._closed = False

    def submit(self, work: Callable[[], _Result]) -> Future[_Result]:
        """Run the work in a thread, as soon as one is free.

        Raises:
            RuntimeError: after `close`.
        """
        future: Future[_Result] = Future()
        context = contextvars.copy_context()
        with self._lock:
            if self._closed:
                raise RuntimeError("the workers are closed")
            self._jobs.put(lambda: context.run(_run, work, future))
            if self._idle > 0:
                self._idle -= 1
            elif self._threads < self._most:
                self._threads += 1
                threading.Thread(target=self._serve, name=f"{self._name} {self._threads}", daemon=True).start()
        return future

    def close(self) -> None:
        """Let idle threads end now and busy ones when their work is done; nothing new is taken."""
        with self._lock:
            self._closed = True
            for _ in range(self._threads):
                self._jobs.put(None)

    def _serve(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()
            with self._lock:
                self._idle += 1


def _run(work: Callable[[], _Result], future: Future[_Result]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = work()
    except StopIteration as error:
        future.set_exception(
            RuntimeError("StopIteration").with_traceback(error.__traceback__)
        )  # no future of asyncio can hold a StopIteration
    except BaseException as error:  # noqa: BLE001 - handed to whoever waits; `sys.exit` in a tool ends the tool only
        future.set_exception(error)
    else:
        future.set_result(result)
