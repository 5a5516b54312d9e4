"""Which connection gives way, when its time is over, and what it lets go."""

from __future__ import annotations

import resource
from dataclasses import dataclass, field

import pytest

from pointsman.contracts.bounds import MESSAGE_BYTES
from pointsman.fsm.session import Actor
from pointsman.server.bounds import (
    HTTP_BODIES_BYTES,
    HTTP_BODY_MS,
    HTTP_CONNECTIONS,
    HTTP_HEAD_MS,
    HTTP_KEEP_ALIVE_MS,
    HTTP_LINGER_MS,
    HTTP_NEWS_OF_ONE,
    HTTP_RUNNING_MS,
    HTTP_RUNNING_OF_ONE,
)
from pointsman.server.http.connections import (
    Connections,
    Phase,
    connections_that_fit,
    give_standing,
    keeps_body,
    runs_for,
    waits_for_news,
)

ANN = Actor("agent", "ann")


@dataclass(eq=False)
class Known:
    """A connection that only notes what becomes of it."""

    name: str
    given_up: list[str]
    unread: int = 0

    def give_up(self) -> None:
        self.given_up.append(self.name)

    def unread_bytes(self) -> int:
        return self.unread


@dataclass
class Clock:
    now: float = 1000.0


@dataclass
class Place:
    """Connections, and the names of those that were given up."""

    connections: Connections
    clock: Clock
    given_up: list[str] = field(default_factory=list[str])

    def opened(self, name: str, *phases: Phase) -> Known:
        known = Known(name, self.given_up)
        self.connections.open(known)
        for phase in phases:
            self.connections.enter(known, phase)
        return known

    def after(self, milliseconds: float) -> list[str]:
        self.clock.now += milliseconds / 1000
        self.connections.sweep()
        return self.given_up


def place(limit: int = 8) -> Place:
    clock = Clock()
    return Place(Connections(limit, lambda: clock.now), clock)


@pytest.mark.parametrize(
    ("phase", "bound_ms"),
    [("head", HTTP_HEAD_MS), ("idle", HTTP_KEEP_ALIVE_MS), ("rest", HTTP_LINGER_MS),
     ("body", HTTP_BODY_MS + HTTP_LINGER_MS), ("running", HTTP_RUNNING_MS)],
)  # fmt: skip
def test_a_client_that_does_not_go_on_is_given_up_when_its_time_is_over(phase: Phase, bound_ms: int) -> None:
    kept = place()
    kept.opened("one", phase)
    assert kept.after(bound_ms - 1) == []
    assert kept.after(1) == ["one"]
    assert len(kept.connections) == 0


def test_who_waits_for_news_may_wait() -> None:
    kept = place()
    kept.opened("one", "news")
    assert kept.after(1e9) == []


@pytest.mark.parametrize("phase", ["idle", "rest"])
def test_who_still_reads_an_answer_is_left_to_read_it(phase: Phase) -> None:
    kept = place()
    one = kept.opened("one", phase)
    one.unread = 1
    assert kept.after(HTTP_KEEP_ALIVE_MS) == []
    one.unread = 0
    assert kept.after(HTTP_KEEP_ALIVE_MS) == ["one"]


def test_those_who_have_asked_nothing_give_way_before_those_who_have() -> None:
    kept = place(limit=5)
    kept.opened("kept", "body", "running")
    kept.opened("answered", "body", "running", "idle")
    kept.opened("asking", "body")
    kept.opened("new")
    kept.opened("newer")
    for number in range(3):
        kept.opened(str(number))
    assert kept.given_up == ["new", "newer", "0"]
    kept.connections.leave(kept.opened("gone"))
    for number in range(3, 9):
        kept.connections.enter(kept.opened(str(number)), "running")
    assert kept.given_up == ["new", "newer", "0", "1", "2", "answered", "asking"]


def test_one_that_was_given_up_comes_back_into_no_phase() -> None:
    kept = place(limit=1)
    one = kept.opened("one")
    kept.opened("two")
    kept.connections.enter(one, "running")
    assert kept.connections.phase(one) is None
    assert not kept.connections.await_news(one, "ann")
    assert len(kept.connections) == 1
    assert kept.connections.awaiting_news == 0


def test_a_body_that_arrives_gives_way_to_a_request_and_what_runs_does_not() -> None:
    kept = place(limit=8)
    kept.opened("slow", "body")
    kept.opened("runs", "body", "running")
    assert kept.connections.admits_request()
    assert kept.given_up == ["slow"]
    kept.opened("runs too", "body", "running")
    assert not kept.connections.admits_request()


def test_large_bodies_have_a_bound_together_and_are_let_go_with_their_answers() -> None:
    kept = place(limit=100)
    one, two = kept.opened("one", "body"), kept.opened("two", "body")
    assert kept.connections.keep(one, MESSAGE_BYTES)
    kept.connections.enter(one, "running")
    kept.connections.enter(one, "idle")
    kept.connections.enter(one, "body")
    assert kept.connections.keep(two, MESSAGE_BYTES)
    for _ in range(HTTP_BODIES_BYTES // MESSAGE_BYTES - 1):
        other = kept.opened("other", "body", "running")
        assert kept.connections.keep(other, MESSAGE_BYTES)
    assert kept.connections.keep(one, MESSAGE_BYTES)
    assert kept.given_up == ["two"]
    kept.connections.enter(one, "running")
    assert not kept.connections.keep(kept.opened("three", "body"), MESSAGE_BYTES)
    assert kept.given_up == ["two"]


def test_small_bodies_do_not_give_way_to_large_ones() -> None:
    kept = place(limit=100)
    small = kept.opened("small", "body")
    for _ in range(HTTP_BODIES_BYTES // MESSAGE_BYTES + 1):
        kept.connections.keep(kept.opened("large", "body"), MESSAGE_BYTES)
        assert kept.connections.keep(small, 1)
    assert kept.given_up == ["large"]


def test_one_principal_takes_only_some_of_the_places_for_news() -> None:
    kept = place(limit=3 * HTTP_NEWS_OF_ONE)
    of_one = [kept.opened("one", "running") for _ in range(HTTP_NEWS_OF_ONE)]
    assert all(kept.connections.await_news(one, "ann") for one in of_one)
    more = kept.opened("more", "running")
    assert not kept.connections.await_news(more, "ann")
    assert kept.connections.phase(more) == "running"
    assert kept.connections.await_news(more, "ben")
    kept.connections.leave(of_one[0])
    assert kept.connections.await_news(kept.opened("again", "running"), "ann")


def test_one_principal_has_only_some_of_the_answers_under_way() -> None:
    kept = place(limit=8 * HTTP_RUNNING_OF_ONE)
    of_one = [kept.opened("one", "running") for _ in range(HTTP_RUNNING_OF_ONE)]
    assert all(kept.connections.run(one, "ann") for one in of_one)
    assert not kept.connections.run(kept.opened("more", "running"), "ann")
    assert kept.connections.run(kept.opened("other", "running"), "ben")
    kept.connections.await_news(of_one[0], "ann")
    kept.connections.enter(of_one[1], "idle")
    kept.connections.leave(of_one[2])
    for name in ("a", "b", "c"):
        assert kept.connections.run(kept.opened(name, "running"), "ann")
    kept.connections.leave(of_one[0])
    assert not kept.connections.run(kept.opened("d", "running"), "ann")


def test_half_of_all_places_are_for_news() -> None:
    kept = place(limit=4)
    assert [kept.connections.await_news(kept.opened(name, "running"), name) for name in "abc"] == [True, True, False]


def test_a_request_says_by_its_scope_what_it_does() -> None:
    kept = place()
    state: dict[str, object] = {}
    give_standing(state, kept.connections, kept.opened("one", "running"))
    assert waits_for_news({"type": "http", "state": state}, ANN)
    assert kept.connections.awaiting_news == 1
    assert runs_for({"type": "http"}, ANN)
    assert keeps_body({"type": "http", "state": state}, HTTP_BODIES_BYTES)
    assert not keeps_body({"type": "http", "state": state}, MESSAGE_BYTES)
    assert waits_for_news({"type": "http"}, ANN)
    assert keeps_body({"type": "http"}, 2 * HTTP_BODIES_BYTES)


@pytest.mark.parametrize(
    ("limits", "fit"),
    [
        ((1024, 4096), HTTP_CONNECTIONS),
        ((1024, resource.RLIM_INFINITY), HTTP_CONNECTIONS),
        ((resource.RLIM_INFINITY, resource.RLIM_INFINITY), HTTP_CONNECTIONS),
        ((256, 1024), 1024 - 256),
        ((64, 64), 4),
    ],
)
def test_the_file_descriptors_of_the_process_are_a_bound_too(
    limits: tuple[int, int], fit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    raised: list[tuple[int, int]] = []

    def getrlimit(_: int) -> tuple[int, int]:
        return limits

    def setrlimit(_: int, to: tuple[int, int]) -> None:
        raised.append(to)

    monkeypatch.setattr(resource, "getrlimit", getrlimit)
    monkeypatch.setattr(resource, "setrlimit", setrlimit)
    assert connections_that_fit() == fit
    assert all(soft > limits[0] or soft == limits[1] for soft, _ in raised)
