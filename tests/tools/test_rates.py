"""`rate` of a tool (workflow format, "tools"): a window that slides over all sessions of a server process."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.contracts.workflow import Effect, Rate, Retry, ToolPolicy
from pointsman.tools.python_source import PythonSource
from pointsman.tools.rates import Rates

from .workshop import CONTEXT

TWO_A_SECOND = ToolPolicy("shop.it", rate=Rate(2, 1_000), timeout_ms=2_500)


@dataclass
class Time:
    """A clock that goes on when everybody sleeps. `late` is how much longer each sleep lasts."""

    now: float = 100.0
    late: float = 0.0
    sleeping: list[tuple[float, int, asyncio.Event]] = field(default_factory=list[tuple[float, int, asyncio.Event]])
    slept: int = 0

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        waked = asyncio.Event()
        self.slept += 1
        self.sleeping.append((self.now + seconds + self.late, self.slept, waked))
        await waked.wait()

    async def run(self, *work: asyncio.Task[object]) -> None:
        """Let time pass until all of it is done."""
        while True:
            for _ in range(10):
                await asyncio.sleep(0)
            if all(task.done() for task in work):
                return
            self.sleeping.sort()
            at, _, waked = self.sleeping.pop(0)
            self.now = max(self.now, at)
            waked.set()


async def begun(rates: Rates, time: Time, policies: list[ToolPolicy]) -> list[tuple[int, float] | None]:
    """When each of these calls began, in the order in which they asked; None for one that was not made."""
    order: list[int] = []

    async def one(number: int, policy: ToolPolicy) -> tuple[int, float] | None:
        if not await rates.turn(policy):
            return None
        order.append(number)
        return order.index(number), time.now

    tasks = [asyncio.create_task(one(number, policy)) for number, policy in enumerate(policies)]
    await time.run(*tasks)
    return [task.result() for task in tasks]


async def test_calls_wait_for_their_turn_in_the_order_in_which_they_asked() -> None:
    time = Time()
    found = await begun(Rates(time.sleep, time.clock), time, [TWO_A_SECOND] * 6)
    assert found == [(0, 100), (1, 100), (2, 101), (3, 101), (4, 102), (5, 102)]


async def test_a_call_that_cannot_have_its_turn_within_its_timeout_is_not_made_and_takes_no_turn() -> None:
    time = Time()
    rates = Rates(time.sleep, time.clock)
    hasty = replace(TWO_A_SECOND, timeout_ms=500)
    found = await begun(rates, time, [TWO_A_SECOND, TWO_A_SECOND, hasty, TWO_A_SECOND])
    assert found == [(0, 100), (1, 100), None, (2, 101)]


async def test_a_tool_without_a_rate_and_another_tool_do_not_wait() -> None:
    time = Time()
    rates = Rates(time.sleep, time.clock)
    other, free = replace(TWO_A_SECOND, name="shop.other"), replace(TWO_A_SECOND, rate=None)
    found = await begun(rates, time, [TWO_A_SECOND, TWO_A_SECOND, other, other, free, free, free])
    assert {at for _, at in filter(None, found)} == {100}


async def test_a_sleep_that_lasts_too_long_moves_those_behind_it() -> None:
    """The window holds for when calls begin, not for when they should have."""
    time = Time(late=0.4)
    found = await begun(Rates(time.sleep, time.clock), time, [replace(TWO_A_SECOND, timeout_ms=9_000)] * 5)
    times = [at for _, at in filter(None, found)]
    assert times[0] == times[1] == 100
    assert all(later - earlier >= 1 for earlier, later in zip(times, times[2:], strict=False))


async def test_a_caller_that_is_cancelled_waits_no_more() -> None:
    time = Time()
    rates = Rates(time.sleep, time.clock)
    await begun(rates, time, [TWO_A_SECOND] * 2)
    waiting = asyncio.create_task(rates.turn(TWO_A_SECOND))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert await begun(rates, time, [TWO_A_SECOND]) == [(0, 101)]


@given(
    st.integers(1, 4),
    st.integers(1, 3_000),
    st.lists(st.tuples(st.integers(0, 2_000), st.integers(1, 6)), max_size=6),
    st.sampled_from([0.0, 0.3]),
)
def test_no_window_holds_more_calls_than_the_rate_says(
    calls: int, per_ms: int, bursts: list[tuple[int, int]], late: float
) -> None:
    """Whenever calls come, however late the machine is."""
    policy = ToolPolicy("shop.it", rate=Rate(calls, per_ms), timeout_ms=100_000)

    async def play() -> list[float]:
        time = Time(late=late)
        rates = Rates(time.sleep, time.clock)
        times: list[float] = []
        for pause_ms, burst in bursts:
            time.now += pause_ms / 1000
            times += [at for _, at in filter(None, await begun(rates, time, [policy] * burst))]
        return times

    times = sorted(asyncio.run(play()))
    assert len(times) == sum(burst for _, burst in bursts)
    assert all(later - earlier >= per_ms / 1000 - 1e-9 for earlier, later in zip(times, times[calls:], strict=False))


@pytest.mark.parametrize("effect", ["read", "write"])
async def test_a_call_without_a_turn_has_failed_for_certain(tmp_path: Path, effect: Effect) -> None:
    """Nothing was sent: a write, too, has failed, and a read is not tried again."""
    (tmp_path / "shop.py").write_text("made = []\ndef it() -> int:\n    made.append(1)\n    return len(made)\n")
    time = Time()
    source = PythonSource("shop", "shop", tmp_path, sleep=time.sleep, clock=time.clock)
    policy = ToolPolicy("shop.it", effect, timeout_ms=500, rate=Rate(1, 60_000), retry=Retry(3, 10))
    assert (await source.call("shop.it", {}, policy, CONTEXT)).result == 1
    refused = await source.call("shop.it", {}, policy, CONTEXT)
    assert (refused.outcome, refused.attempts) == ("failed", 1)
    assert refused.error == "shop.it was not called: by its rate no turn comes within 500 ms."
    time.now += 60
    assert (await source.call("shop.it", {}, policy, CONTEXT)).result == 2
    await source.aclose()


async def test_a_repeated_try_is_a_call_of_its_own(tmp_path: Path) -> None:
    """The rate is about what the tool is asked, so a retry waits for its turn."""
    (tmp_path / "shop.py").write_text("def it() -> int:\n    raise ConnectionError\n")
    time = Time()
    source = PythonSource("shop", "shop", tmp_path, sleep=time.sleep, clock=time.clock)
    policy = ToolPolicy("shop.it", "read", timeout_ms=9_000, rate=Rate(1, 2_000), retry=Retry(3))
    task = asyncio.create_task(source.call("shop.it", {}, policy, CONTEXT))
    while not task.done():
        await asyncio.sleep(0.001)
        if time.sleeping:
            at, _, waked = time.sleeping.pop(0)
            time.now = max(time.now, at)
            waked.set()
    assert ((await task).attempts, time.now) == (3, 104)
    await source.aclose()
