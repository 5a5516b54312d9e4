"""What is made of single rows: which answer an event comes from, and what an answer counts as."""

from __future__ import annotations

import json

from pointsman.contracts.times import iso
from pointsman.contracts.values import Json
from pointsman.fsm.facts import FactKind
from pointsman.server.insights.proposals import Turns
from pointsman.server.insights.statistics import Mean
from pointsman.server.insights.tallies import Tally
from pointsman.server.store.histories import Line
from tests.server.insights.letters import T0


def line(kind: FactKind, outcome: str, duration_ms: int | None = None, **body: Json) -> Line:
    return Line(
        revision=9,
        command="turn:2.1.0",
        at=iso(T0),
        actor_kind="model" if kind == "accepted" else "system",
        actor_id="some-model",
        client=None,
        kind=kind,
        action="propose",
        outcome=outcome,
        state_before="answering",
        state_after="answering",
        definition="sha256:0",
        duration_ms=duration_ms,
        text=json.dumps(body),
    )


def test_an_event_comes_from_the_last_answer_that_something_was_done_of() -> None:
    turns = Turns()
    turns.take(line("model", "done", model="asked", prompt_digest="sha256:1"))
    turns.take(line("model", "late", model="left", prompt_digest="sha256:2"))
    turns.take(line("model", "failed", model="broken", prompt_digest="sha256:3"))
    assert turns.of(line("accepted", "done"))["prompt_digest"] == "sha256:1"
    assert turns.of(line("accepted", "done", readings=[]))["prompt_digest"] == "sha256:1"


def test_the_time_of_an_answer_counts_also_where_it_was_late_but_not_that_of_a_question_that_failed() -> None:
    tally = Tally()
    for outcome, duration_ms in (("done", 100), ("late", 300), ("failed", 9_000)):
        tally.take_turn(line("model", outcome, duration_ms))
    assert (tally.turns, tally.failed_turns, tally.latency.mean) == (3, 1, Mean(2, 400, 100_000))
