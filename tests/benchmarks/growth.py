"""Sessions of different sizes, measured side by side: who grows pays more, and the ratio says how much.

Every size has a database, a server (in this process, its own loops running) and a session of its own. The sizes are
called in turn, so that whatever else the machine does falls on all of them.
"""

from __future__ import annotations

import asyncio
import itertools
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias

from pointsman.contracts.values import JsonObject
from pointsman.fsm.session import Actor
from pointsman.server.application import Application
from pointsman.server.replies import Caller, Reply

ADA: Final = Caller(Actor("agent", "local:ada"), "benchmark", "mcp")
DOCUMENT: Final[JsonObject] = {"document": "inv-1001.txt"}
Action: TypeAlias = tuple[str, JsonObject, str]
"""What is called, with which arguments, and the outcome it must have."""
ACTIONS: Final[dict[str, Action]] = {
    "read": ("docs.read", DOCUMENT, "done"),
    "event": ("note", {"text": "The same as before."}, "done"),
    "refusal": ("no_such_tool", {}, "refused"),
}
CALLS: Final = 1_000
WARMING_UP: Final = 20
_AT_ONCE: Final = 200

Acting: TypeAlias = Callable[[Action], Awaitable[None]]


class Taken(NamedTuple):
    """What one call took: of the wall's time, and of the processor's in all threads, which other programs spare."""

    wall_ms: float
    cpu_ms: float


@dataclass(slots=True)
class Side:
    """One size: how it acts, and what that took, by the name of the action."""

    size: str
    act: Acting
    taken: dict[str, list[Taken]] = field(default_factory=dict[str, list[Taken]])


def acting(application: Application, session: Callable[[], str]) -> Acting:
    """Act in the sessions that `session` names, one after the other."""

    async def act(action: Action) -> None:
        name, arguments, outcome = action
        reply = await application.governor.act(ADA, session(), name, arguments)
        assert isinstance(reply, Reply)
        assert reply.outcome == outcome, reply

    return act


async def measure(sides: Sequence[Side], actions: dict[str, Action] = ACTIONS, calls: int = CALLS) -> None:
    """Let every side act in turn, each time another one first. The first calls warm up and are not kept."""
    turns = itertools.cycle([(*sides[first:], *sides[:first]) for first in range(len(sides))])
    for name, action in actions.items():
        for number in range(-WARMING_UP, calls):
            for side in next(turns):
                wall_s, cpu_s = time.perf_counter(), time.process_time()
                await side.act(action)
                taken = Taken((time.perf_counter() - wall_s) * 1000, (time.process_time() - cpu_s) * 1000)
                if number >= 0:
                    side.taken.setdefault(name, []).append(taken)


def table(title: str, sides: Sequence[Side]) -> str:
    """Tell what a call took on every side, and how many times that of the first side it is."""
    lines = [f"\n{title}"]
    for name, first in sides[0].taken.items():
        whole = summary(first)
        for side in sides:
            found = summary(side.taken[name])
            ratios = ", ".join(f"{one / other:.2f}" for one, other in zip(found, whole, strict=True))
            figures = f"median {found[0]:6.2f} ms, p99 {found[1]:6.2f} ms, processor {found[2]:5.2f} ms"
            lines.append(f"  {name:8} {side.size:>22}: {figures}  (times: {ratios})")
    return "\n".join(lines)


def summary(taken: Sequence[Taken]) -> tuple[float, float, float]:
    """Give the median and the 99th percentile of the wall's time, and the median of the processor's."""
    wall = [one.wall_ms for one in taken]
    late = statistics.quantiles(wall, n=100)[98]
    return statistics.median(wall), late, statistics.median(one.cpu_ms for one in taken)


async def start(application: Application, fields: JsonObject) -> str:
    """Start a session of the only workflow."""
    (workflow,) = application.governor.workflows()
    reply = await application.governor.start(ADA, workflow.name, fields)
    assert isinstance(reply, Reply)
    return reply.session


async def repeat(times: int, once: Callable[[], Awaitable[object]]) -> None:
    """Do something many times, many of them at once, as fast as the engine takes it."""
    for done in range(0, times, _AT_ONCE):
        await asyncio.gather(*(once() for _ in range(min(_AT_ONCE, times - done))))


def sized(folder: Path, states: int) -> Path:
    """Write a workflow with so many states: one in which an agent works, and a chain behind it."""
    following = [f"s{number}" for number in range(2, states)] + ["s0"]
    chain = "".join(
        f"  s{number}: {{actor: agent, events: {{go: {{next: {to}}}}}}}\n"
        for number, to in enumerate(following, start=1)
    )
    file = folder / f"sized-{states}.yaml"
    file.write_text(
        "workflow: sized\nversion: 1\nrecord: {text: {type: string}}\ninitial: s0\n"
        "sources: {docs: {python: pointsman.gallery.invoices.documents}}\ntools: {docs.read: {effect: read}}\n"
        "states:\n  s0:\n    actor: agent\n    tools: [{use: docs.read, when: visits.s0 > 0}]\n    events:\n"
        "      note: {requires: [text], when: done.docs.read.count >= 0, next: s0}\n      go: {next: s1}\n"
        f"      finish: {{next: end}}\n{chain}  end: {{final: success}}\n"
    )
    return file


def with_evidence(folder: Path, indexes: int) -> Path:
    """Write a workflow whose event needs so many pieces of evidence, each kept in an index of its own."""
    (folder / "echo.py").write_text("def look(name: str) -> str:\n    return name\n")
    needed = "".join(
        f"          e{number}:\n            {{call: echo.look, with: {{name: =event.text}}, within: session, "
        f"when: 'result != \"{number}\"'}}\n"
        for number in range(indexes)
    )
    guard = " && ".join(f"evidence.e{number}.result == event.text" for number in range(indexes))
    file = folder / f"evidence-{indexes}.yaml"
    file.write_text(
        "workflow: sized\nversion: 1\nrecord: {text: {type: string}}\ninitial: s0\n"
        "sources: {echo: {python: echo}}\ntools: {echo.look: {effect: read}}\n"
        "states:\n  s0:\n    actor: agent\n    tools: [echo.look]\n    events:\n"
        "      prove:\n        requires: [text]\n        next: s0\n"
        + (f"        when: {guard}\n        evidence:\n{needed}" if indexes else "")
        + "      finish: {next: end}\n  end: {final: success}\n"
    )
    return file
