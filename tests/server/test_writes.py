"""The story of a write in doubt, as the rows of its session tell it."""

from __future__ import annotations

from typing import Final

import pytest

from pointsman.contracts.values import JsonObject, canonical
from pointsman.server.audit.chain import AuditRow
from pointsman.server.writes import doubted, happenings
from tests.fsm.driver import Story, workflow

PAY: Final = "bank.pay"
BALANCE: Final = "bank.balance"
TIMEOUT: Final = "bank.pay did not answer."
SESSION: Final = Story(
    workflow("""
initial: waiting
states:
  waiting: {actor: external, events: {paid: {next: over}}}
  over:    {final: success}
""")
).session


def row(
    revision: int, kind: str, action: str | None, outcome: str | None, body: JsonObject, command: str = "c"
) -> AuditRow:
    return AuditRow(
        session_id="s",
        revision=revision,
        command_id=command,
        at="2026-05-02T10:00:00.000Z",
        actor_kind="system",
        actor_id="pointsman",
        client=None,
        channel="server",
        kind=kind,
        action=action,
        outcome=outcome,
        code=None,
        state_before="paying",
        state_after="paying",
        definition="sha256:d",
        duration_ms=None,
        trace_id=None,
        fact_version=3,
        body=canonical(body),
        body_digest="sha256:b",
        prev="sha256:p",
        hash="sha256:h",
    )


def intended(revision: int, attempt: int = 1) -> AuditRow:
    opened: JsonObject = {
        "id": "3",
        "tool": PAY,
        "effect": "write",
        "key": "pm-1",
        **({} if attempt == 1 else {"attempt": attempt}),
    }
    return row(revision, "intended", PAY, None, {"call": opened})


def asked(revision: int, outcome: str, **body: str | JsonObject) -> AuditRow:
    return row(revision, "settled", BALANCE, outcome, {"call": None, **body}, f"3:reconcile:1.{revision}")


def settled(revision: int, outcome: str, **body: str | int) -> AuditRow:
    return row(revision, "settled", PAY, outcome, {"call": "3", **body})


def told(*rows: AuditRow) -> list[tuple[int, str]]:
    (write,) = doubted(SESSION, rows)
    assert (write.tool, write.key) == (PAY, "pm-1")
    return [(one.revision, line) for one in happenings(write) for line in one.lines]


def test_a_write_that_was_never_in_doubt_has_no_story() -> None:
    rows = [row(2, "entered", None, None, {}), intended(3), settled(4, "failed", error="No money.")]
    assert list(doubted(SESSION, rows)) == []


def test_one_that_was_reconciled_was_not_sent_again() -> None:
    answered = asked(4, "done", result={"paid": "yes"})
    assert told(intended(3), answered, settled(5, "done", doubt=TIMEOUT, reconciled=True)) == [
        (3, "Intended by pointsman."),
        (4, 'In doubt, so bank.balance was asked: {"paid":"yes"}'),
        (5, f"It was in doubt: {TIMEOUT}"),
        (5, "Settled as done by what was answered about it; not sent again."),
    ]


@pytest.mark.parametrize(("attempts", "more"), [(2, "sent once more"), (3, "sent 2 times more")])
def test_one_that_was_refuted_is_sent_again(attempts: int, more: str) -> None:
    answered = asked(4, "done", result={"paid": "no"})
    story = told(intended(3), answered, settled(5, "done", doubt=TIMEOUT, attempts=attempts))
    assert story[-1] == (5, f"Settled as done; {more}.")


def test_one_that_nobody_can_tell_says_so() -> None:
    story = told(intended(3), asked(4, "failed", error="Closed."), settled(5, "unknown", error=TIMEOUT))
    assert [line for _, line in story[1:]] == [
        "In doubt, so bank.balance was asked: failed. Closed.",
        "Settled as unknown.",
        TIMEOUT,
    ]


def test_what_is_known_in_the_end_ends_the_story() -> None:
    unknown = settled(4, "unknown", error=TIMEOUT)
    late = row(5, "settled", PAY, "done", {"call": "3", "purpose": "late"})
    assert told(intended(3), unknown, late)[-1] == (5, "Settled after all as done.")
    attested = row(5, "admin", "settle", "failed", {"act": "settled", "call": "3", "reason": "The bank has nothing."})
    assert told(intended(3), unknown, attested)[-1] == (5, "pointsman says: failed. The bank has nothing.")


def test_one_of_a_process_that_has_gone_is_found_out_by_the_next() -> None:
    ended = settled(6, "failed", doubt="the server ended", attempts=0)
    story = told(intended(3), intended(4, attempt=2), asked(5, "done", result={"text": "x" * 500}), ended)
    assert story[1] == (4, "Taken over by another server process.")
    assert len(story[2][1]) < 250
    assert story[-1] == (6, "Settled as failed; not sent again.")
