"""How often somebody may ask, by an injected clock."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from pointsman.fsm.session import Actor
from pointsman.server.bounds import HTTP_FAILURES_AT_ONCE
from pointsman.server.http import rates
from pointsman.server.http.rates import TOLD_S, Limits, Rate, Rates

ANN = Actor("agent", "ann")


@dataclass
class Clock:
    now_s: float = 1000.0

    def __call__(self) -> float:
        return self.now_s


def test_after_a_pause_many_requests_are_admitted_at_once_and_then_as_many_as_the_rate_says() -> None:
    clock = Clock()
    limit: Rates[str] = Rates(Rate(2, 5), clock)
    assert [limit.admits("ann") for _ in range(7)] == [True] * 5 + [False] * 2
    assert limit.wait_s("ann") == pytest.approx(0.5)
    clock.now_s += 0.5
    assert [limit.admits("ann") for _ in range(2)] == [True, False]
    clock.now_s += 1000
    assert limit.wait_s("ann") == 0
    assert [limit.admits("ann") for _ in range(6)] == [True] * 5 + [False]


def test_over_time_the_rate_is_kept_whatever_is_asked_beyond_it() -> None:
    clock = Clock()
    limit: Rates[str] = Rates(Rate(10, 20), clock)
    admitted = 0
    for _ in range(1000):
        admitted += limit.admits("ann")
        clock.now_s += 0.01
    assert 110 <= admitted <= 121


def test_one_who_asks_too_often_takes_nothing_from_another() -> None:
    clock = Clock()
    limit: Rates[str] = Rates(Rate(1, 2), clock)
    assert [limit.admits("ann") for _ in range(9)] == [True] * 2 + [False] * 7
    assert [limit.admits("ben") for _ in range(2)] == [True] * 2
    assert limit.wait_s("nobody") == 0


def test_what_was_refused_is_told_of_once_a_minute_for_each() -> None:
    clock = Clock()
    limit: Rates[str] = Rates(Rate(1, 1), clock)
    for who, times in (("ann", 4), ("ben", 1)):
        for _ in range(times):
            limit.admits(who)
    assert limit.told() == []
    clock.now_s += TOLD_S
    assert [(refused.who, refused.times) for refused in limit.told()] == [("ann", 3)]
    assert limit.told() == []
    for _ in range(3):
        limit.admits("ann")
    assert [(refused.who, refused.times) for refused in limit.told(at_least_s=0)] == [("ann", 2)]


def test_only_so_many_are_known_and_the_one_that_has_been_away_longest_is_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rates, "HTTP_KNOWN_ASKERS", 3)
    limit: Rates[int] = Rates(Rate(1, 1), Clock())
    assert all(limit.admits(who) for who in range(3))
    assert not limit.admits(0)
    assert limit.admits(3)
    assert not limit.admits(0)
    assert limit.admits(1)
    for who in range(100):
        limit.admits(who)
        limit.admits(who)
    assert len(limit.told(at_least_s=0)) == 3


def test_what_is_written_down_says_of_whom_and_how_many() -> None:
    clock = Clock()
    limits = Limits(Rate(1, 1), clock)
    assert limits.requests is not None
    for _ in range(3):
        limits.requests.admits(ANN)
    for _ in range(HTTP_FAILURES_AT_ONCE + 5):
        limits.failures.admits("192.0.2.7")
    assert list(limits.told()) == []
    clock.now_s += TOLD_S
    (ann, too_often, about), (somebody, failed, of_peer) = limits.told()
    assert (ann, too_often.code, about) == (ANN, "LIMIT_REACHED", {"requests": 2})
    assert too_often.message == "2 requests of ann were refused within a minute: they came too often."
    assert (somebody, failed.code, of_peer) == (None, "LIMIT_REACHED", {"requests": 5, "address": "192.0.2.7"})


def test_where_no_rate_is_said_requests_have_none() -> None:
    limits = Limits(None, Clock())
    assert limits.requests is None
    assert list(limits.told()) == []
