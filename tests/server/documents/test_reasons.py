"""Why a session is where it is: in a document for whoever decides, and in words."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from pointsman.contracts.values import JsonObject
from pointsman.fsm.commands import Call, Observe, Read, Request, Send, Settle
from pointsman.fsm.exception_package import ExceptionPackage
from pointsman.fsm.facts import CallResult, Entered
from pointsman.fsm.floors import MissedFloor
from pointsman.fsm.refusals import Refusal
from pointsman.fsm.session import Actor, Because, CallOutcome, Position
from pointsman.fsm.spent_limit import SpentLimit
from pointsman.server.command_line import reviews as printed
from pointsman.server.documents import reviews
from pointsman.server.documents.reasons import reason_in_words
from pointsman.server.store.opening import reading
from tests.fsm.driver import workflow
from tests.server.documents.conftest import NOW
from tests.server.tale import ADA, SERVER, command, opened, start

PLACES = workflow("""
    record: {n: {type: integer}}
    initial: work
    roles: [reviewer]
    tools: {t.look: {effect: read}, t.post: {effect: write, key: {over: [x]}}}
    states:
      work:
        actor: agent
        tools: [t.look]
        events: {go: {next: posting}, ask: {next: looking}}
        limits: [{calls: 1, then: looking}]
      posting:
        actor: system
        run: [{call: t.post, with: {x: 1}}]
        next: over
        failed: looking
        unknown: looking
      looking: {actor: human, review: {role: reviewer, show: [n]}, events: {approve: {next: over}}}
      over: {final: success}
""")
READY = Position("ready")
LOOK = Call("t.look", {"x": 1})
LOOKED = Observe(Read("r", "t.look", {"x": 1}, 1, 2), CallResult("done"))
MISSED = [MissedFloor("step", 0.8, 0.6), MissedFloor("path", 0.7, 0.5)]
PACKAGE = ExceptionPackage(4, 1, "work", "go", "posting", MISSED, 0.6, 0.5, [], None, {}, [], [], [])


def entered(
    because: Because,
    spent: SpentLimit | None = None,
    *,
    limit: str | None = None,
    package: ExceptionPackage | None = None,
) -> Entered:
    return Entered("human", because, READY, limit=limit, spent=spent, exception=package)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (entered("limit", SpentLimit("calls", 2, 2)), "work has reached its limit of 2 calls"),
        (entered("limit", SpentLimit("calls", 1, 1), limit="calls.0"), "the session has reached its limit of 1 call"),
        (entered("limit", SpentLimit("denials", 3, 3)), "work has reached its limit of 3 refusals in a row"),
        (entered("limit", SpentLimit("invalid", 1, 1)), "work has reached its limit of 1 invalid answer in a row"),
        (
            entered("limit", SpentLimit("steps", 20, 20), limit="steps.0"),
            "the session has reached its limit of 20 states",
        ),
        (
            entered("limit", SpentLimit("cost", 0.00001, 1)),
            "models have cost $1 in work, and the limit is $0.00001",
        ),
        (
            entered("limit", SpentLimit("tokens", 1_000, 1_234), limit="tokens.0"),
            "models have used 1,234 tokens in the session, and the limit is 1,000",
        ),
        (entered("duration", SpentLimit("duration", 7_200_000)), "work has lasted 2 hours, which is its limit"),
        (entered("duration"), "it has lasted too long"),
        (entered("limit", limit="calls.0"), "a limit was reached"),
        (entered("failed"), "work has failed"),
        (
            entered("below", package=PACKAGE),
            (
                "the confidence of the step is 0.6, and the floor is 0.8; "
                "the confidence of the path is 0.5, and the floor is 0.7"
            ),
        ),
        (entered("below"), "the confidence was too low"),
        (entered("differ"), "the readings differ"),
        (entered("next"), None),
    ],
)
def test_why_a_state_was_entered_is_said_in_words(given: Entered, words: str | None) -> None:
    """Of a history from before the limit was kept, what is known."""
    assert reason_in_words(given, "work") == words


async def review_after(path: Path, requests: Sequence[tuple[Request, Actor]]) -> JsonObject:
    """The review of a session in which this has happened."""
    async with opened(path, PLACES) as engine:
        await engine.submit("a", start("a", PLACES))
        for request, actor in requests:
            await engine.submit("a", command(request, actor))
        session = await engine.read("a")
    assert session is not None
    with reading(path).connect() as connection, connection.begin():
        shown = reviews.document(connection, session, PLACES, NOW)
    assert not isinstance(shown, Refusal), shown
    return shown


async def test_whoever_is_asked_because_of_a_limit_is_told_which(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = await review_after(tmp_path / "p.sqlite3", [(LOOKED, ADA), (LOOK, ADA)])
    assert shown["reason"] == {
        "revision": 5,
        "because": "limit",
        "state": "work",
        "words": "work has reached its limit of 1 call",
        "limit": {"kind": "calls", "amount": 1, "count": 1, "of": "state"},
        "step": None,
        "error": None,
    }
    printed.show(shown, err=False)
    assert "here because  work has reached its limit of 1 call\n" in capsys.readouterr().out
    assert "reason" not in reviews.without_values(shown)


@pytest.mark.parametrize(
    ("outcome", "words"), [("failed", "posting has failed"), ("unknown", "nobody knows how a write ended")]
)
async def test_whoever_is_asked_because_a_step_failed_is_told_which_and_how(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], outcome: CallOutcome, words: str
) -> None:
    settled = Settle("5", CallResult(outcome, error="The office is closed."))
    shown = await review_after(tmp_path / "p.sqlite3", [(Send("go", {}), ADA), (settled, SERVER)])
    reason = shown["reason"]
    assert isinstance(reason, dict)
    assert (reason["words"], reason["step"], reason["error"]) == (
        words,
        {"tool": "t.post", "revision": 6},
        "The office is closed.",
    )
    printed.show(shown, err=False)
    told = capsys.readouterr().out
    assert f"here because  {words}\n" in told
    assert "step          t.post, row 6\nerror         The office is closed.\n" in told


async def test_whoever_is_asked_by_an_event_needs_no_other_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = await review_after(tmp_path / "p.sqlite3", [(Send("ask", {}), ADA)])
    printed.show(shown, err=False)
    assert "here because" not in capsys.readouterr().out
