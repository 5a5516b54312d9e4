"""Facts, snapshots and the fold (design, section 1): what is stored is what happened, byte for byte."""

import json
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.contracts.values import Json, JsonObject, canonical, settled
from pointsman.fsm.evolve import HistoryError, evolve
from pointsman.fsm.facts import (
    BODIES,
    FACT_VERSION,
    Accepted,
    Administered,
    Body,
    Decided,
    Denied,
    Entered,
    Fact,
    FactKind,
    Intended,
    Settled,
    Started,
    TimerFired,
    body_value,
    read_body,
)
from pointsman.fsm.session import Leaving, OpenCall, OpenReview, Position, Session, Timer
from pointsman.fsm.snapshots import restore, snapshot
from pointsman.fsm.spent_limit import SpentLimit

HISTORIES = Path(__file__).parent / "histories"

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
text = st.text(st.characters(exclude_categories=["Cs"]))
values = st.recursive(
    scalars | text, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3), max_leaves=6
).map(settled)
objects = st.dictionaries(text, values, max_size=3)


def fact(body: Body, *, outcome: str | None = None, at: int = 1) -> Fact:
    kind: FactKind = next(kind for kind, cls in BODIES.items() if isinstance(body, cls))
    state = "a" if isinstance(body, Entered) else None
    return Fact(kind, "c", at, "agent", "ada", None, "mcp", "d", body, "x", outcome, None, None, state)


def bodies(any_value: Json, any_object: JsonObject, words: str, flag: bool) -> list[Body]:
    timers = {words: Timer("after", 1, words, 2)}
    review = OpenReview(words, any_object, words, 1, 2 if flag else None)
    return [
        Started("s", words, 1, words, any_object, timers),
        Entered("agent", "next", Position("run", 1), timers, review if flag else None, words, words, "success", words),
        Entered("human", "limit", Position("ready"), spent=SpentLimit("cost", 0.001, 0.0013 if flag else None)),
        Denied(words, words, words, [any_object], flag, not flag, words),
        Settled(None, words, "agent", 1, any_object, any_value, words, 2, 1, "done", words, flag, any_object),
        Settled("3", None, "show", 1, unmet=[any_object], position=Position("ready"), review=review),
        Accepted(any_object, words, any_object, 0.5, 0.25, words, flag),
        Decided(words, any_object, any_object, words, 1, words, {words: any_object}),
        Intended(OpenCall("3", words, any_object, "write", "agent", words, 1, 2, 3, words if flag else None)),
        Intended(leaving=Leaving(words, "limit", words if flag else None, words, spent=SpentLimit("calls", 2, 2))),
        TimerFired(words, "held", words),
        Administered("cancelled", words),
        Administered("settled", words, call="3", result=any_value, voids=[words]),
        Settled("3", words, "late", 1, result=any_value, doubt=words, reconciled=flag, unanswered=not flag),
        Intended(OpenCall("3", words, any_object, "write", "step", words, 1, doubt=words, stored=7, unanswered=flag)),
    ]


@given(values, objects, text, st.booleans())
def test_a_body_is_the_same_after_it_was_stored_and_read_back(
    value: Json, object_: JsonObject, words: str, flag: bool
) -> None:
    """Design, section 1: folding a session's rows gives the snapshot, byte for byte."""
    for body in bodies(value, object_, words, flag):
        one = fact(body)
        stored = canonical(body_value(one))
        back = read_body(one.kind, json.loads(stored))
        assert back == body
        assert canonical(body_value(replace(one, body=back))) == stored


@given(values, objects, text)
def test_a_snapshot_is_the_same_after_it_was_stored_and_read_back(value: Json, object_: JsonObject, words: str) -> None:
    """Fsm: `restore` is the inverse of `snapshot`."""
    session = evolve(None, fact(Started("s", words, 1, words, {"x": value, **object_})))
    session = evolve(session, fact(Entered("agent", "start", Position("ready"))))
    body = Settled(None, words, "agent", 1, object_, value, remember=True, writes={"y": value})
    session = evolve(session, fact(body, outcome="done"))
    assert restore(snapshot(session)) == session
    assert snapshot(restore(snapshot(session))) == snapshot(session)


def test_a_body_of_an_unknown_kind_or_shape_is_refused() -> None:
    """Fail closed: what cannot be read does not fold."""
    with pytest.raises(KeyError):
        read_body(cast("FactKind", "unheard"), {})
    with pytest.raises(ValueError, match="validation error"):
        read_body("started", {})


def test_a_history_begins_with_started_and_starts_once() -> None:
    """Fsm: the facts must fold."""
    start = fact(Started("s", "w", 1, "ada", {}))
    with pytest.raises(HistoryError):
        evolve(None, fact(TimerFired("t", "held")))
    with pytest.raises(HistoryError):
        evolve(evolve(None, start), start)
    with pytest.raises(HistoryError):
        evolve(evolve(None, start), fact(Intended()))


@pytest.mark.parametrize("version", range(1, FACT_VERSION))
def test_a_history_of_an_older_version_folds_to_the_session_it_led_to(version: int) -> None:
    """Facts: a change of a body's shape raises the version, and `evolve` goes on reading the older ones.

    Version 2 has writes that were made without a key: one done, one nobody knows of, one open.
    """
    stored = json.loads((HISTORIES / f"version_{version}.json").read_text())
    session: Session | None = None
    for row in stored["rows"]:
        body = read_body(row.pop("kind"), row.pop("body"))
        session = evolve(session, replace(fact(body), version=version, **row))
    assert session is not None
    text = canonical(stored["snapshot"])
    assert snapshot(session) == text
    assert restore(text) == session


def confident(order: list[str]) -> Session:
    session = evolve(None, fact(Started("s", "w", 1, "ada", {})))
    sure = {"a": 0.1, "b": 0.7, "c": 0.3, "d": 0.9, "e": 0.37}
    return replace(session, confidences={name: sure[name] for name in order})


@given(st.permutations(["a", "b", "c", "d", "e"]))
def test_the_confidence_of_a_path_does_not_depend_on_the_order_it_is_kept_in(order: list[str]) -> None:
    """A restored session decides like the one it was made from, to the last bit."""
    session = confident(order)
    assert session.path_confidence == restore(snapshot(session)).path_confidence
