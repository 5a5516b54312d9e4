"""The steady clock: elapsed time, and the small steps of the machine's clock."""

from __future__ import annotations

import time

import pytest

from pointsman.server.bounds import CLOCK_STEP_MS
from pointsman.server.clock import SteadyClock, elapsed_ms
from tests.server.machines import DAY_MS, T0, Machine


@pytest.fixture
def machine() -> Machine:
    return Machine()


def test_it_begins_with_the_machines_clock_and_goes_on(machine: Machine) -> None:
    clock = machine.clock()
    assert clock.now_ms() == T0
    machine.pass_time(5_000)
    assert clock.now_ms() == T0 + 5_000
    assert clock.take_steps() == []


@pytest.mark.parametrize("by_ms", [CLOCK_STEP_MS, -CLOCK_STEP_MS, 1])
def test_small_steps_are_followed(machine: Machine, by_ms: int) -> None:
    clock = machine.clock()
    machine.step(by_ms)
    assert clock.now_ms() == T0 + by_ms
    assert clock.take_steps() == []


@pytest.mark.parametrize("by_ms", [DAY_MS, -DAY_MS, CLOCK_STEP_MS + 1])
def test_great_steps_are_not_followed_and_told_once(machine: Machine, by_ms: int) -> None:
    clock = machine.clock()
    machine.step(by_ms)
    machine.pass_time(1_000)
    assert clock.now_ms() == T0 + 1_000
    assert clock.now_ms() == T0 + 1_000
    (step,) = clock.take_steps()
    assert (step.by_ms, step.machine_ms, step.clock_ms) == (by_ms, T0 + by_ms + 1_000, T0 + 1_000)
    assert clock.take_steps() == []


def test_small_steps_after_a_great_one_are_followed_and_the_way_back_is_told(machine: Machine) -> None:
    clock = machine.clock()
    machine.step(DAY_MS)
    clock.now_ms()
    machine.step(300)
    assert clock.now_ms() == T0 + 300
    machine.step(-DAY_MS)
    assert clock.now_ms() == T0 + 300
    assert [step.by_ms for step in clock.take_steps()] == [DAY_MS, -DAY_MS]


def test_a_process_that_is_stopped_while_it_reads_the_clocks_has_seen_no_step(machine: Machine) -> None:
    clock = machine.clock()
    machine.stops_ms = [DAY_MS]
    assert clock.now_ms() == T0 + DAY_MS
    assert clock.take_steps() == []


def test_it_takes_another_clocks_time_only_where_that_is_far(machine: Machine) -> None:
    clock, other = machine.clock(), machine.clock()
    machine.step(500)
    assert clock.adopt(other.ahead_ms) is None
    machine.step(DAY_MS)
    late = machine.clock()
    step = late.adopt(other.ahead_ms)
    assert step is not None
    assert step.by_ms == DAY_MS + 500
    assert late.now_ms() == other.now_ms() == T0
    assert late.take_steps() == []


def test_the_machines_own_clocks_are_read() -> None:
    before = time.time_ns() // 1_000_000
    clock = SteadyClock()
    assert before <= clock.now_ms() <= before + 10_000
    assert abs(clock.now_ms() - clock.ahead_ms - elapsed_ms()) < 10_000


@pytest.mark.parametrize("missing", [("CLOCK_BOOTTIME",), ("CLOCK_BOOTTIME", "CLOCK_MONOTONIC")])
def test_a_system_without_these_clocks_has_another_that_nobody_sets(
    monkeypatch: pytest.MonkeyPatch, missing: tuple[str, ...]
) -> None:
    for name in missing:
        monkeypatch.delattr(time, name, raising=False)
    before = elapsed_ms()
    assert before <= elapsed_ms() <= before + 10_000
