"""Real modules in a folder of their own, opened as sources, with the sleep and the clock in the test's hands."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from pointsman.contracts.values import Json
from pointsman.contracts.workflow import Effect, Retry, ToolPolicy
from pointsman.fsm.facts import CallResult
from pointsman.tools import CallContext
from pointsman.tools.modules import import_module
from pointsman.tools.python_source import PythonSource

CONTEXT = CallContext(session="s-1", call="7", key=None, attempt=1, who="ada")
LONG_MS = 10_000
"""Longer than any test takes."""


@dataclass
class Workshop:
    """Where a test writes modules. `slept` holds the seconds slept between tries."""

    folder: Path
    slept: list[float] = field(default_factory=list[float])
    opened: list[PythonSource] = field(default_factory=list[PythonSource])

    def write(self, text: str, path: str = "shop.py") -> Path:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text), encoding="utf-8")
        return file

    def source(self, text: str | None = None, module: str = "shop") -> PythonSource:
        if text is not None:
            self.write(text, f"{module.replace('.', '/')}.py")
        source = PythonSource("shop", module, self.folder, sleep=self._sleep)
        self.opened.append(source)
        return source

    def module(self, name: str = "shop") -> ModuleType:
        """The module as the source imported it, to look at what its functions did."""
        return import_module("shop", name, self.folder)

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


async def call(
    source: PythonSource,
    tool: str,
    arguments: dict[str, Json] | None = None,
    *,
    effect: Effect = "read",
    timeout_ms: int = LONG_MS,
    retry: Retry | None = None,
    context: CallContext = CONTEXT,
) -> CallResult:
    policy = ToolPolicy(f"shop.{tool}", effect, timeout_ms, retry or Retry())
    return await source.call(f"shop.{tool}", arguments or {}, policy, context)


async def schema_of(source: PythonSource, tool: str) -> Any:  # noqa: ANN401 - JSON, to look into
    (found,) = [one for one in await source.definitions() if one.name == f"shop.{tool}"]
    return found.input_schema
