"""What whoever watches a session is told of each row."""

from __future__ import annotations

import pytest

from pointsman.contracts.values import Json
from pointsman.fsm.facts import BODIES, Accepted, Body, Decided, Entered, Fact, FactKind, Intended, Settled, TimerFired
from pointsman.fsm.model_turns import OpenTurn, Tokens, Turned
from pointsman.fsm.reading import Reading, Readings, compared
from pointsman.fsm.session import OpenApproval, OpenReview, Position
from pointsman.fsm.spent_limit import SpentLimit
from pointsman.server.command_line.live_path import LivePath

READY = Position("ready")


def fact(body: Body, *, outcome: str | None = None, by: str = "ada") -> Fact:
    kind: FactKind = next(kind for kind, found in BODIES.items() if isinstance(body, found))
    return Fact(
        kind, "c", 1, "agent", by, None, "mcp", "d", body, "submit", outcome, None, "reading", "comparing", 1_500
    )


def approval(expires_at: int | None) -> Intended:
    return Intended(approval=OpenApproval("7", "archive.delete", {}, "boss", "ada", 1, expires_at))


def accepted(reading: int | None, confidence: float | None = None) -> Accepted:
    return Accepted({}, "sha256:0", {}, reading=reading, confidence=confidence)


def readings(event: str, total: Json) -> Readings:
    first = Reading("one", "model", 4, 1, {"shop": "Corner", "total": 12}, "submit")
    return compared(
        Readings(("shop", "total"), first, Reading("two", "model", 8, 1, {"shop": "Corner", "total": total}, event))
    )


def answer(*, error: str | None = None, content: bool = True) -> Turned:
    said: list[Json] = ["said"] if content else []
    return Turned(2, 1, "claude-x", "p", 1, "s", tokens=Tokens(1_000, 20), cost_usd=0.01, content=said, error=error)


@pytest.mark.parametrize(
    ("told", "line"),
    [
        (
            fact(approval(0)),
            "  archive.delete: waits until a person with the role boss approves it, until 1970-01-01T00:00:00.000Z",
        ),
        (fact(approval(None)), "  archive.delete: waits until a person with the role boss approves it"),
        (fact(Decided("archivist", {}, {}, "d", 1, "It is old."), by="maria"), "  submit, by maria: It is old."),
        (fact(Intended(turn=OpenTurn(1, "claude-x", "i", 1))), "  asking claude-x…"),
        (
            fact(Turned(2, 1, "claude-x", "p", 1, "s", attempts=0, error="No price."), outcome="failed"),
            "  claude-x, turn 2: not asked: No price.",
        ),
        (fact(accepted(1, 0.9), outcome="held"), "  submit: held, until there is a second reading, confidence 0.9"),
        (fact(accepted(2), outcome="held"), "  submit: held, as the second reading"),
        (fact(accepted(None), outcome="done"), "  submit: done"),
        (
            fact(Settled("1", "scanner.fields", "step", 1, reading={"total": 13}), outcome="done"),
            "  submit: done, as the second reading",
        ),
        (
            fact(answer(), outcome="late"),
            "  claude-x, turn 2: 1,000 tokens in, 20 out, $0.0100, 1.5 s, too late: nothing in it is done",
        ),
        (fact(answer(), outcome="done"), "  claude-x, turn 2: 1,000 tokens in, 20 out, $0.0100, 1.5 s"),
        (
            fact(Entered("system", "differ", READY, readings=readings("submit", 13))),
            "→ comparing, because the readings differ in total",
        ),
        (
            fact(Entered("system", "differ", READY, readings=readings("give_up", 13))),
            "→ comparing, because the readings differ in their events, total",
        ),
        (fact(Entered("human", "limit", READY)), "→ comparing, because a limit was reached"),
        (
            fact(Entered("human", "limit", READY, spent=SpentLimit("invalid", 1, 1))),
            "→ comparing, because reading has reached its limit of 1 invalid answer in a row",
        ),
        (
            fact(Entered("human", "failed", READY, error="the key is wrong")),
            "→ comparing, because reading has failed: the key is wrong",
        ),
        (
            fact(answer(error="The key is wrong.", content=False), outcome="failed"),
            "  claude-x, turn 2: no answer: The key is wrong.",
        ),
        (fact(Entered("human", "next", READY)), "→ comparing"),
    ],
)
def test_a_row_is_told_in_a_line(told: Fact, line: str, capsys: pytest.CaptureFixture[str]) -> None:
    LivePath().row(9, told)
    assert capsys.readouterr().out == f"    9  {line}\n"


def test_readings_that_differ_are_told_where_the_review_opens_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    review = OpenReview("bookkeeper", {}, "sha256:0", 1, readings=readings("submit", 13))
    LivePath().row(9, fact(Entered("human", "differ", READY, review=review)))
    assert "because the readings differ in total" in capsys.readouterr().out


@pytest.mark.parametrize(
    "body", [Intended(turn=OpenTurn(1, "claude-x", "i", 1, answered=True)), TimerFired("remind", "reminded")]
)
def test_what_says_nothing_new_is_not_told(body: Body, capsys: pytest.CaptureFixture[str]) -> None:
    LivePath().row(9, fact(body))
    assert capsys.readouterr().out == ""


def test_why_nothing_happens_yet_is_told_beside_the_rows(capsys: pytest.CaptureFixture[str]) -> None:
    LivePath().waits(7_000)
    told = capsys.readouterr()
    assert (told.out, told.err) == (
        "",
        "Another process is at work on this session. If it has ended, this one goes on within 7 s.\n",
    )


def test_a_further_attempt_is_told_with_its_reason_and_its_wait(capsys: pytest.CaptureFixture[str]) -> None:
    LivePath().asks_again("The Messages API is overloaded (529).", 1_500)
    assert capsys.readouterr().out.strip() == "asking again in 1.5 s: The Messages API is overloaded (529)."


def test_a_model_that_could_not_be_asked_is_remembered_until_somebody_else_goes_on() -> None:
    path = LivePath()
    path.row(1, fact(Turned(2, 1, "claude-x", "p", 1, "s", error="It is gone."), outcome="failed"))
    path.row(2, fact(Entered("human", "failed", READY)))
    assert path.unasked == "claude-x: It is gone."
    path.row(3, fact(Decided("archivist", {}, {}, "d", 1, "It is old.")))
    assert path.unasked is None
