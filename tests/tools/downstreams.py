"""What a write needs of the outside, in the test's hands: tools that play a script, and a time that passes at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from pointsman.contracts.values import Json, JsonObject
from pointsman.contracts.workflow import ToolPolicy
from pointsman.fsm.commands import Read
from pointsman.fsm.facts import CallResult
from pointsman.tools.effects import World
from pointsman.tools.source import CallContext

TIMEOUT_S = 10


@dataclass
class Time:
    """A clock that goes when somebody sleeps, and what is to happen by then. Both in seconds."""

    now_s: float = 100
    slept: list[float] = field(default_factory=list[float])
    due: list[tuple[float, Callable[[], None]]] = field(default_factory=list[tuple[float, Callable[[], None]]])

    def __call__(self) -> float:
        return self.now_s

    def after(self, delay_s: float, what: Callable[[], None]) -> None:
        """Have something happen after so long."""
        self.due.append((self.now_s + delay_s, what))

    async def sleep(self, delay_s: float) -> None:
        """Pass the time, and let happen what is due, in its order. Who waits for it may wake first."""
        self.slept.append(delay_s)
        end_s = self.now_s + delay_s
        await self.pass_until(end_s)

    async def pass_until(self, end_s: float) -> None:
        while due := sorted((one for one in self.due if one[0] <= end_s), key=lambda one: one[0]):
            self.due.remove(due[0])
            self.now_s = max(self.now_s, due[0][0])
            due[0][1]()
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        self.now_s = max(self.now_s, end_s)


@dataclass(frozen=True)
class Late:
    """A try that is not answered within its timeout, and how it ends so long after that (None: never)."""

    result: CallResult | None
    after_s: float = 1


@dataclass(frozen=True)
class Meanwhile:
    """An answer that takes so long; before it comes, the call that went before is answered, too (None: it is not)."""

    answer: CallResult
    late: CallResult | None = None
    takes_s: float = 0


Answer: TypeAlias = CallResult | Late | Meanwhile


@dataclass
class CallTool:
    """The port `CallTool`, which plays a script: what each call of a tool is answered, in turn."""

    time: Time
    script: dict[str, list[Answer]]
    calls: list[tuple[str, JsonObject, CallContext]] = field(default_factory=list[tuple[str, JsonObject, CallContext]])
    policies: list[ToolPolicy] = field(default_factory=list[ToolPolicy])

    async def __call__(self, tool: str, arguments: JsonObject, policy: ToolPolicy, context: CallContext) -> CallResult:
        self.calls.append((tool, arguments, context))
        self.policies.append(policy)
        answer = self.script[tool].pop(0)
        if isinstance(answer, CallResult):
            return answer
        if isinstance(answer, Meanwhile):
            self.time.now_s += answer.takes_s
            on_late = self.calls[-2][2].on_late
            if answer.late is not None and on_late is not None:
                on_late(answer.late)
            return answer.answer
        self.time.now_s += policy.timeout_ms / 1000
        late, tell = answer.result, context.on_late
        assert tell is not None
        if late is not None:
            self.time.after(answer.after_s, lambda: tell(late))
        return CallResult("unknown", error="no answer", unanswered=True)

    def made(self, tool: str) -> list[JsonObject]:
        """The arguments of each call of this tool."""
        return [arguments for name, arguments, _ in self.calls if name == tool]


@dataclass
class Outside:
    """The world of one write, and what it was told."""

    tools: CallTool
    time: Time
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    asked: list[tuple[Read, CallResult]] = field(default_factory=list[tuple[Read, CallResult]])
    late: list[CallResult] = field(default_factory=list[CallResult])

    @property
    def world(self) -> World:
        async def asked(read: Read, result: CallResult) -> None:
            self.asked.append((read, result))

        return World(self.tools, asked, self.late.append, self.closing, self.time.sleep, self.time)


def outside(**script: Iterable[Answer]) -> Outside:
    """A world whose tools, of the source `t`, play this."""
    time = Time()
    return Outside(CallTool(time, {f"t.{name}": list(answers) for name, answers in script.items()}), time)


def done(result: Json = None) -> CallResult:
    return CallResult("done", result)


def found(what: Json) -> CallResult:
    """What the read that is asked gives."""
    return CallResult("done", {"found": what})


ERROR = CallResult("unknown", error="it broke")
"""An error reply: nobody knows, but it was answered."""
LOST = CallResult("unknown", error="the connection ended", cut_off=True)
REFUSED = CallResult("failed", error="it refused")
