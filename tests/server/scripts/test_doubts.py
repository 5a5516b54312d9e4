"""The story of a write in doubt, as the audit trail tells it."""

from __future__ import annotations

from typing import Final

from pointsman.contracts.values import JsonObject, canonical
from pointsman.server.audit.chain import AuditRow
from pointsman.server.scripts.doubts import doubts

PAY: Final = "bank.pay"
BALANCE: Final = "bank.balance"
TIMEOUT: Final = "bank.pay did not answer."


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
    opened: JsonObject = {"id": "3", "key": "pm-1", **({} if attempt == 1 else {"attempt": attempt})}
    return row(revision, "intended", PAY, None, {"call": opened})


def asked(revision: int, outcome: str, **body: str | JsonObject) -> AuditRow:
    return row(revision, "settled", BALANCE, outcome, {"call": None, **body}, f"3:reconcile:1.{revision}")


def settled(revision: int, outcome: str, **body: str | int) -> AuditRow:
    return row(revision, "settled", PAY, outcome, {"call": "3", **body})


def told(*rows: AuditRow) -> list[tuple[int, str]]:
    (doubt,) = doubts(rows)
    assert doubt.tool == PAY
    return [(one.revision, one.text) for one in doubt.story]


def test_a_write_that_was_never_in_doubt_has_no_story() -> None:
    entered = row(2, "entered", None, None, {})
    assert list(doubts([entered, intended(3), settled(4, "done"), settled(5, "failed", error="No money.")])) == []


def test_one_that_was_reconciled_was_sent_once() -> None:
    assert told(
        intended(3), asked(4, "done", result={"paid": "yes"}), settled(5, "done", doubt=TIMEOUT, reconciled=True)
    ) == [
        (3, "bank.pay was written down before it was sent, with the key pm-1."),
        (5, f"It was in doubt: {TIMEOUT}"),
        (4, 'So bank.balance was asked, and answered: {"paid":"yes"}'),
        (5, "It had happened, as that answer says. It was not sent again."),
    ]


def test_one_that_was_refuted_is_sent_again_with_its_key() -> None:
    story = told(intended(3), asked(4, "done", result={"paid": "no"}), settled(5, "done", doubt=TIMEOUT, attempts=2))
    assert story[-1] == (5, "It had happened. It was sent once more, with the same key.")


def test_one_that_nobody_can_tell_is_a_persons() -> None:
    story = told(intended(3), asked(4, "failed", error="Closed."), settled(5, "unknown", error=TIMEOUT))
    assert [text for _, text in story[1:]] == [
        f"It was in doubt: {TIMEOUT}",
        "So bank.balance was asked, and answered: failed. Closed.",
        "Nobody knows whether it has happened: a person has to find out. It was not sent again.",
    ]


def test_what_is_known_in_the_end_ends_the_story() -> None:
    unknown = settled(4, "unknown", error=TIMEOUT)
    late = row(5, "settled", PAY, "done", {"call": "3", "purpose": "late"})
    assert told(intended(3), unknown, late)[-1] == (5, "pointsman settled it: done. Its answer came after all.")
    attested = row(5, "admin", "settle", "failed", {"act": "settled", "call": "3", "reason": "The bank has nothing."})
    assert told(intended(3), unknown, attested)[-1] == (5, "pointsman settled it: failed. The bank has nothing.")


def test_one_of_a_process_that_has_gone_is_found_out_by_the_next() -> None:
    ended = settled(6, "failed", doubt="the server ended", attempts=0)
    story = told(intended(3), intended(4, attempt=2), asked(5, "done", result={"text": "x" * 500}), ended)
    assert story[1] == (4, "bank.pay was taken over from a process that had gone, with the key pm-1.")
    assert len(story[3][1]) < 250
    assert story[-1] == (6, "It has not happened, and has failed. It was not sent again.")
