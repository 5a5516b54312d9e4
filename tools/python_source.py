"""The `python` source: the public functions of a module are tools.

Synchronous functions run in worker threads, asynchronous ones in the event loop. The module is
imported when the source is first asked, in a worker thread, because importing may be slow.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

from pointsman.contracts.bounds import TOOL_TIMEOUT_MS, TOOL_WORKERS
from pointsman.contracts.values import JsonObject
from pointsman.contracts.workflow import ToolDefinition, ToolPolicy
from pointsman.fsm.facts import CallResult

from .calling import Calls
from .clocks import MonotonicClock, Sleep
from .errors import InvalidArguments, SourceError
from .functions import FunctionTool, function_tool
from .modules import import_module, public_functions
from .rates import Rates
from .results import Answer
from .running import Begun, InLoop, InThread, Running
from .source import CallContext
from .workers import Workers


class PythonSource:
    """The functions of one module. Fills the port `ToolSource`.

    Arguments are judged before anything is run: those that do not fit end the call as `failed`
    with 0 attempts. What other ends mean is said in `calling`.
    """

    def __init__(
        self,
        name: str,
        module: str,
        beside: Path,
        *,
        rates: Rates | None = None,
        sleep: Sleep = asyncio.sleep,
        clock: MonotonicClock = time.monotonic,
    ) -> None:
        self._name = name
        self._module = module
        self._beside = beside
        self._calls = Calls(rates or Rates(sleep, clock), sleep, clock)
        self._workers = Workers(f"pointsman {name}", TOOL_WORKERS)
        self._importing = asyncio.Lock()
        self._tools: Mapping[str, FunctionTool] | None = None
        self._closed = False

    async def definitions(self) -> Sequence[ToolDefinition]:
        """Give every tool, in the order the module defines or lists them.

        Raises:
            SourceError: the module cannot be had, or one of its functions cannot be a tool.
        """
        return [tool.definition for tool in (await self._loaded()).values()]

    async def call(self, tool: str, arguments: JsonObject, policy: ToolPolicy, context: CallContext) -> CallResult:
        """Call `source.function` with these arguments."""
        try:
            function = await self._find(tool)
            bound = function.bind(arguments)
        except (SourceError, InvalidArguments) as error:
            return CallResult("failed", error=str(error), attempts=0)

        def begin(attempt: int) -> Running:
            return self._begin(function, bound, replace(context, attempt=attempt, on_late=None, ours=None))

        return await self._calls.run(begin, policy, context)

    async def prepare(self) -> None:
        """Nothing to do: functions do not change while we run."""

    def quarantined(self) -> Mapping[str, str]:
        """None: what a module defines is what was asked for."""
        return {}

    async def aclose(self) -> None:
        """Give up what runs, and let the threads end. Later calls fail."""
        self._closed = True
        self._calls.stop()
        self._workers.close()

    def _begin(self, tool: FunctionTool, bound: dict[str, object], context: CallContext) -> Running:
        keywords = tool.keywords(bound, context)
        if not tool.is_async:
            return InThread(self._workers.submit(lambda: tool.answer(tool.function(**keywords))))

        async def work(begun: Begun) -> Answer:
            begun()
            value = tool.function(**keywords)
            return tool.answer(await cast("asyncio.Future[object]", value))

        return InLoop(work)

    async def _find(self, tool: str) -> FunctionTool:
        function = (await self._loaded()).get(tool)
        if function is None:
            raise SourceError(f"There is no tool {tool!r}.")
        return function

    async def _loaded(self) -> Mapping[str, FunctionTool]:
        async with self._importing:
            if self._closed:
                raise SourceError(f"The source {self._name!r} is closed.")
            self._tools = self._tools or await self._load()
            return self._tools

    async def _load(self) -> Mapping[str, FunctionTool]:
        loading = asyncio.wrap_future(self._workers.submit(self._read_module))
        done, _ = await asyncio.wait({loading}, timeout=TOOL_TIMEOUT_MS / 1000)
        if not done:
            loading.cancel()
            raise SourceError(
                f"The source {self._name!r}: importing {self._module!r} took longer than {TOOL_TIMEOUT_MS} ms."
                " Do slow work in the functions, not when the module is imported."
            )
        return loading.result()

    def _read_module(self) -> Mapping[str, FunctionTool]:
        module = import_module(self._name, self._module, self._beside)
        functions = public_functions(self._name, module)
        return {f"{self._name}.{name}": function_tool(f"{self._name}.{name}", one) for name, one in functions.items()}
