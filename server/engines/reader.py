"""A reader's thread: reads that would keep the event loop waiting, one after the other.

It is a thread with the synchronous driver, not an asynchronous one. The same functions serve the
command line, and a query costs one change of threads instead of one for every step of the cursor.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection

from ..store.failures import store_errors
from ..store.opening import driver, reading

T = TypeVar("T")


class Reader:
    """A thread with a connection that cannot write."""

    def __init__(self, path: Path) -> None:
        self._engine = reading(path)
        self._connection: Connection | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="pointsman-reader")

    async def run(self, function: Callable[[Connection], T]) -> T:
        """Run a function on one state of the database.

        Raises:
            StoreError: when the database does not answer.
        """
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._run, function)

    def interrupt(self) -> None:
        """End the query that runs, if one does: whoever waits for it hears that the database does not answer."""
        connection = self._connection
        if connection is not None:
            driver(connection).interrupt()  # the one thing that another thread may ask of it

    async def aclose(self) -> None:
        """Finish what is queued and close the connection."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._close)
        self._thread.shutdown(wait=False)

    def _run(self, function: Callable[[Connection], T]) -> T:
        with store_errors():
            if self._connection is None:
                self._connection = self._engine.connect()
            with self._connection.begin():
                return function(self._connection)

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
