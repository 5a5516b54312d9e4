"""Whatever the world does to a write, it happens once, and what is said of it is true (design, section 6).

A downstream that keeps its word, with every fault a request can meet, under a session that comes back to the same
write several times, and whose process is killed or ends at any moment.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final, Literal, TypeAlias, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pointsman.contracts.values import Json, JsonObject
from pointsman.contracts.workflow import ToolPolicy
from pointsman.fsm.commands import Observe, Read, Settle, TakeOver
from pointsman.fsm.facts import CallResult
from pointsman.fsm.session import OpenCall
from pointsman.tools.effects import LeftOpen, World, Write
from pointsman.tools.source import CallContext
from tests.fsm.driver import SERVER, Story, workflow

from .downstreams import ERROR, LOST, REFUSED, TIMEOUT_S, Time

Fault: TypeAlias = Literal[
    "none",
    "refused",
    "lost before",
    "lost after",
    "lost, then done",
    "error before",
    "error after",
    "no success",
    "twice",
    "hangs",
    "hangs, then done",
    "hangs, then done and answered",
    "hangs, then done and an error",
    "hangs, then refused",
    "killed before",
    "killed after",
    "killed, then done",
]
Look: TypeAlias = Literal["none", "down", "slow", "killed"]
DELAYS_S: Final = (0, 0.5, 3, 12, 200)

WORD: Final = "{effect: write, timeout: 10s, success: result.ok == true, retry: {attempts: 3, backoff: 1s}, %s}"
ASKED: Final = "reconcile: {call: t.find, with: {x: =args.x}, happened: result.found == true}"
KEYED: Final = "key: {over: [x], deliver: {argument: token}}"
KINDS: Final = {
    "keyed": KEYED,
    "asked": f"key: {{over: [x]}}, {ASKED}",
    "both": f"{KEYED}, {ASKED}",
    "neither": "key: {over: [x]}",
}
DESKS: Final = {
    kind: workflow(
        f"""
        initial: posting
        tools:
          t.post: {WORD % said if kind != "neither" else WORD.replace(", retry: {attempts: 3, backoff: 1s}", "") % said}
          t.find: {{effect: read, timeout: 10s}}
        states:
          posting:
            actor: system
            run: [{{call: t.find, with: {{x: 1}}}}, {{call: t.post, with: {{x: 1}}}}]
            next: posted
            failed: failed
            unknown: doubt
          posted: {{actor: agent, events: {{post: {{next: posting}}, stop: {{next: over}}}}}}
          failed: {{actor: agent, events: {{post: {{next: posting}}}}}}
          doubt: {{actor: agent, events: {{post: {{next: posting}}}}}}
          over: {{final: success}}
        """
    )
    for kind, said in KINDS.items()
}


class Killed(BaseException):
    """The process is killed here."""


@dataclass
class Request:
    """One that was sent, and may reach the downstream later."""

    at_s: float
    key: str | None
    answer: Callable[[], None] | None
    reaches: bool


@dataclass
class Post:
    """A downstream that keeps its word: it makes one write of one key, and says truly whether there is one.

    What was sent over a connection that has ended is over when its timeout is.
    """

    time: Time
    takes_key: bool
    faults: list[Fault]
    looks: list[Look]
    delays_s: list[float]
    written: list[str | None] = field(default_factory=list[str | None])
    under_way: list[Request] = field(default_factory=list[Request])

    async def __call__(self, tool: str, arguments: JsonObject, policy: ToolPolicy, context: CallContext) -> CallResult:
        assert policy.timeout_ms == TIMEOUT_S * 1000
        if tool == "t.find":
            return await self.find()
        key = arguments.get("token") if self.takes_key else None
        assert key is None or (isinstance(key, str) and key == context.key)
        return await self.post(key, context)

    async def find(self) -> CallResult:
        look = self.looks.pop(0) if self.looks else "none"
        answer: Json = {"found": bool(self.written)}
        if look == "killed":
            raise Killed
        if look == "slow":
            await self.time.pass_until(self.time.now_s + self.delay_s())
        return CallResult("failed", error="no answer") if look == "down" else CallResult("done", answer)

    async def post(self, key: str | None, context: CallContext) -> CallResult:  # noqa: C901, PLR0912 -- a case a fault
        done = CallResult("done", {"ok": True})
        match self.faults.pop(0) if self.faults else "none":
            case "none":
                self.write(key)
                return done
            case "refused":
                return REFUSED
            case "lost before":
                return LOST
            case "lost after":
                self.write(key)
                return LOST
            case "lost, then done":
                self.later(key, None, most_s=TIMEOUT_S)
                return LOST
            case "error before":
                return ERROR
            case "error after":
                self.write(key)
                return ERROR
            case "no success":
                return CallResult("done", {"ok": False})
            case "twice":
                self.write(key)
                if self.takes_key:
                    self.write(key)
                return done
            case "hangs":
                return await self.hang(key, context, None, reaches=False)
            case "hangs, then done":
                return await self.hang(key, context, None)
            case "hangs, then done and answered":
                return await self.hang(key, context, done)
            case "hangs, then done and an error":
                return await self.hang(key, context, ERROR)
            case "hangs, then refused":
                return await self.hang(key, context, REFUSED, reaches=False)
            case "killed before":
                raise Killed
            case "killed after":
                self.write(key)
                raise Killed
            case "killed, then done":
                self.later(key, None, most_s=TIMEOUT_S)
                raise Killed

    async def hang(
        self, key: str | None, context: CallContext, answer: CallResult | None, *, reaches: bool = True
    ) -> CallResult:
        """Time out; what was sent goes on."""
        await self.time.pass_until(self.time.now_s + TIMEOUT_S)
        on_late = context.on_late
        assert on_late is not None
        self.later(key, None if answer is None else partial(on_late, answer), reaches=reaches)
        return CallResult("unknown", error="no answer", unanswered=True)

    def later(
        self, key: str | None, answer: Callable[[], None] | None, *, most_s: float = 1e9, reaches: bool = True
    ) -> None:
        delay_s = min(self.delay_s(), most_s - 0.1)
        request = Request(self.time.now_s + delay_s, key, answer, reaches)
        self.under_way.append(request)
        self.time.after(delay_s, partial(self.reach, request))

    def reach(self, request: Request) -> None:
        if request not in self.under_way:
            return
        self.under_way.remove(request)
        if request.reaches:
            self.write(request.key)
        if request.answer is not None:
            request.answer()

    def process_ended(self) -> None:
        """Its connections have ended: nobody is told any more, and it is over when the timeout is."""
        for request in tuple(self.under_way):
            self.under_way.remove(request)
            delay_s = min(request.at_s - self.time.now_s, TIMEOUT_S - 0.1)
            later = Request(self.time.now_s + delay_s, request.key, None, request.reaches)
            self.under_way.append(later)
            self.time.after(delay_s, partial(self.reach, later))

    def write(self, key: str | None) -> None:
        if key is None or key not in self.written:
            self.written.append(key)

    def delay_s(self) -> float:
        return self.delays_s.pop(0) if self.delays_s else DELAYS_S[1]


class Life:
    """One session that posts again and again, and the processes that run it."""

    def __init__(self, kind: str, post: Post, ends: Sequence[int]) -> None:
        self.story = Story(DESKS[kind])
        self.post = post
        self.ends = list(ends)
        self.processes = 1

    @property
    def instance(self) -> str:
        return "one" if self.processes == 1 else f"process {self.processes}"

    async def visit(self) -> None:
        """Run what is open until the session rests, in as many processes as it takes."""
        while self.story.session.stay.open:
            (call,) = self.story.session.stay.open.values()
            if call.instance != self.instance:
                self.story.submit(TakeOver(call.id, call.instance), SERVER, instance=self.instance)
                continue
            try:
                result = await self.run(call)
            except (Killed, LeftOpen):
                self.processes += 1
                self.post.process_ended()
                continue
            self.story.submit(Settle(call.id, result), SERVER, instance=self.instance)
            self.check()

    async def run(self, call: OpenCall) -> CallResult:
        if call.effect == "read":
            return CallResult("done")
        if call.stored is not None:
            return CallResult("done", getattr(self.story.facts[call.stored - 1].body, "result"))  # noqa: B009 -- of either body
        process, closing = self.processes, asyncio.Event()
        ends_at = self.ends.pop(0) if self.ends else 0
        waits = 0

        async def sleep(delay_s: float) -> None:
            nonlocal waits
            waits += 1
            if waits == ends_at:
                closing.set()
            await self.post.time.sleep(delay_s)

        async def asked(read: Read, result: CallResult) -> None:
            self.story.submit(Observe(read, result), SERVER, instance=self.instance, command_id=read.id)

        def late(result: CallResult) -> None:
            if process == self.processes:
                self.story.submit(Settle(call.id, result), SERVER, instance=self.instance)
                self.check()

        world = World(self.post, asked, late, closing, sleep, self.post.time)
        return await Write(world, self.story.workflow, self.story.session, call, self.story.at).outcome()

    def check(self) -> None:
        """What is said now is true now, and will be."""
        assert len(self.post.written) <= 1, "two writes for one intent"
        statuses = [effect.status for effect in self.story.session.effects.values()]
        if statuses == ["done"]:
            assert len(self.post.written) == 1
        if not statuses:
            assert not self.post.written


faults = st.lists(st.sampled_from(get_args(Fault)), max_size=8)
looks = st.lists(st.sampled_from(get_args(Look)), max_size=6)
delays = st.lists(st.sampled_from(DELAYS_S), max_size=10)


async def live(kind: str, post: Post, ends: Sequence[int], pauses_s: Sequence[float]) -> Life:
    life = Life(kind, post, ends)
    await life.visit()
    for pause_s in pauses_s:
        await post.time.pass_until(post.time.now_s + pause_s)
        life.check()
        life.story.send("post")
        await life.visit()
    await post.time.pass_until(post.time.now_s + 10_000)
    life.check()
    return life


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=150)
@given(faults, looks, delays, st.lists(st.integers(0, 3), max_size=3), st.lists(st.sampled_from(DELAYS_S), max_size=3))
def test_a_write_happens_once_and_what_is_said_of_it_is_true(
    kind: str, wrong: list[Fault], looked: list[Look], delays_s: list[float], ends: list[int], pauses_s: list[float]
) -> None:
    """Issue: exactly one effect, or none, or `unknown` in a person's hands; never two."""
    post = Post(Time(), kind in ("keyed", "both"), wrong, looked, delays_s)
    asyncio.run(live(kind, post, ends, pauses_s))


@pytest.mark.parametrize("kind", ["keyed", "asked", "both"])
@pytest.mark.parametrize("fault", ["lost before", "lost after", "lost, then done", "error before", "error after"])
def test_one_fault_alone_is_got_over(kind: str, fault: Fault) -> None:
    """Design, section 6: with a key or a `reconcile` it happens exactly once."""
    post = Post(Time(), kind in ("keyed", "both"), [fault], [], [])
    life = asyncio.run(live(kind, post, [], []))
    assert (life.story.state, len(post.written)) == ("posted", 1)
