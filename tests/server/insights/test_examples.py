"""Corrections as examples: what was given, proposed and corrected, without what is redacted, and bounded."""

from __future__ import annotations

import json
import sqlite3
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from pointsman.contracts.times import iso
from pointsman.server.documents.corrections import every, page
from pointsman.server.errors import UnknownName
from pointsman.server.http.api.shapes.insights import Correction
from pointsman.server.insights import examples
from pointsman.server.insights.examples import EVERYTHING, ExampleFilter
from pointsman.server.store import histories
from pointsman.server.store.histories import HistoryFilter
from pointsman.server.store.opening import reading
from tests.server.insights.letters import DAY_MS, T0, Letters, opened

ALL = ExampleFilter(labels=EVERYTHING)


def exported(folder: Path, chosen: ExampleFilter | None = None) -> list[dict[str, Any]]:
    with reading(folder / "p.sqlite3").connect() as connection:
        return [dict(one) for one in every(connection, chosen or ExampleFilter())]


async def corrected(letters: Letters) -> str:
    session = await letters.started()
    await letters.act(session, "post.look", letter="L-1", password="swordfish")
    await letters.name_topic(session)
    await letters.propose(session, urgent=True)
    await letters.decide(session, "send", answer="It is 8.", rationale="The price went up.")
    return session


async def test_an_example_has_input_output_and_correction(tmp_path: Path) -> None:
    async with opened(tmp_path) as letters:
        session = await corrected(letters)
        definition = letters.application.governor.workflows()[0].digest
    (example,) = exported(tmp_path)
    assert example == {
        "session": session,
        "workflow": "letters",
        "version": 1,
        "definition": definition,
        "state": "answering",
        "actor_kind": "agent",
        "actor_id": "local:ada",
        "client": "claude-ai",
        "model": None,
        "prompt_digest": None,
        "revision": 6,
        "at": iso(T0 + 5),
        "input": {
            "start": {"letter": "L-1"},
            "shown": {"letter": "L-1", "topic": "prices"},
            "calls": [],
            "relied_on": [],
        },
        "output": {
            "event": "propose",
            "payload": {"answer": "It is 7.", "price": 7, "urgent": True},
            "confidence": 0.8,
            "path_confidence": pytest.approx(0.72),
            "rationale": "See the list.",
            "alternatives": ["None."],
        },
        "label": "changed",
        "corrected": {"event": "propose", "payload": {"answer": "It is 8.", "price": 7, "urgent": True}},
        "edits": ["answer"],
        "escalated": False,
        "decision": "send",
        "decided_in": "editing",
        "decision_revision": 8,
        "decided_at": iso(T0 + 6),
        "reviewer": "local:maria",
        "role": "editor",
        "reviewer_rationale": "The price went up.",
    }


async def test_the_api_describes_all_of_an_example(tmp_path: Path) -> None:
    async with opened(tmp_path) as letters:
        await corrected(letters)
    for example in exported(tmp_path, ALL):
        assert Correction.model_validate(example).model_dump() == example


async def test_what_was_called_is_part_of_the_input_and_stays_redacted(tmp_path: Path) -> None:
    async with opened(tmp_path) as letters:
        await corrected(letters)
    first, _ = exported(tmp_path, ALL)
    (call,) = first["input"]["calls"]
    assert call == {
        "revision": 3,
        "tool": "post.look",
        "arguments": {"letter": "L-1", "password": "[redacted]"},
        "outcome": "done",
        "result": {"letter": "L-1", "secret": "[redacted]", "size": ""},
    }
    assert "swordfish" not in json.dumps([first])
    assert "the secret of" not in json.dumps([first])


async def test_a_rejected_output_has_no_correction_and_an_accepted_one_is_exported_if_asked_for(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path) as letters:
        await letters.decide(await letters.proposed(), "drop", rationale="No.")
        await letters.decide(await letters.proposed(), "send")
    (rejected,) = exported(tmp_path)
    assert (rejected["label"], rejected["corrected"], rejected["reviewer_rationale"]) == ("rejected", None, "No.")
    every_one = exported(tmp_path, ALL)
    accepted = [one for one in every_one if one["label"] == "accepted"]
    assert len(accepted) == 2
    for one in accepted:
        output = one["output"]
        assert one["corrected"] == {"event": output["event"], "payload": output["payload"]}


async def asked_to_pay(letters: Letters, amount: float) -> str:
    session = await letters.started()
    await letters.name_topic(session)
    await letters.act(session, "post.look", letter="L-1", password="swordfish")
    await letters.act(session, "post.pay", "waiting", sum=amount)
    return session


async def test_a_rejected_call_is_an_example_and_one_that_lapsed_is_none(tmp_path: Path) -> None:
    async with opened(tmp_path) as letters:
        rejected, approved, lapsed, left = [await asked_to_pay(letters, one) for one in (900, 9, 90, 99)]
        await letters.decide_call(rejected, "reject", rationale="Too much.")
        await letters.decide_call(approved, "approve")
        await letters.later(lapsed, 3 * DAY_MS)
        await letters.propose(left)
    (example,) = exported(tmp_path)
    assert (example["session"], example["label"], example["state"]) == (rejected, "call_rejected", "answering")
    assert example["output"] == {"tool": "post.pay", "arguments": {"sum": 900, "letter": "L-1"}}
    assert (example["corrected"], example["edits"], example["escalated"]) == (None, [], False)
    assert example["input"]["shown"] == {"letter": "L-1", "topic": "prices"}
    assert [one["tool"] for one in example["input"]["calls"]] == ["post.look"]
    assert (example["decision"], example["decided_in"]) == ("reject", "answering")
    assert (example["reviewer"], example["role"], example["reviewer_rationale"]) == ("local:boss", "chief", "Too much.")
    assert example["revision"] < example["decision_revision"]
    every_one = {one["session"]: one for one in exported(tmp_path, ALL)}
    assert set(every_one) == {rejected, approved}
    assert every_one[approved]["label"] == "call_approved"
    assert every_one[approved]["corrected"] == every_one[approved]["output"]
    for one in every_one.values():
        assert Correction.model_validate(one).model_dump() == one
    assert exported(tmp_path, ExampleFilter(state="reading")) == []
    assert exported(tmp_path, ExampleFilter(HistoryFilter(since=iso(T0 + DAY_MS)))) == []


async def test_an_escalated_output_says_so(tmp_path: Path) -> None:
    async with opened(tmp_path) as letters:
        session = await letters.started()
        await letters.name_topic(session, 0.3)
        await letters.decide(session, "stop")
    (example,) = exported(tmp_path)
    assert (example["escalated"], example["decided_in"], example["output"]["confidence"]) == (True, "checking", 0.3)


async def test_examples_are_chosen_by_workflow_version_state_and_time(tmp_path: Path) -> None:
    async with opened(tmp_path) as letters:
        first = await letters.proposed()
        letters.clock.at += DAY_MS
        second = await letters.proposed()
        for session in (first, second):
            await letters.decide(session, "from_the_start")
    middle = iso(T0 + DAY_MS // 2)

    def sessions(histories: HistoryFilter, state: str | None = None) -> list[str]:
        return [one["session"] for one in exported(tmp_path, ExampleFilter(histories, state))]

    assert sorted(sessions(HistoryFilter())) == sorted([first, first, second, second])
    assert sorted(sessions(HistoryFilter("letters", 1), "reading")) == sorted([first, second])
    for unknown in (HistoryFilter("other"), HistoryFilter(version=2)):
        with pytest.raises(UnknownName):
            sessions(unknown)
    assert sessions(HistoryFilter(since=middle)) == [second, second]
    assert sessions(HistoryFilter(until=middle)) == [first, first]
    assert sessions(HistoryFilter(since=middle, until=middle)) == []


async def test_results_that_there_is_no_room_for_are_left_out_the_oldest_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(examples, "EXAMPLE_BYTES", 5_000)
    async with opened(tmp_path) as letters:
        session = await letters.started()
        for length in (10, 4_000, 2_000, 1_000):
            await letters.act(session, "post.look", letter=f"L-{length}", length=length)
        await letters.name_topic(session, 0.1)
        await letters.decide(session, "stop")
    (example,) = exported(tmp_path)
    calls = example["input"]["calls"]
    assert [call["arguments"]["letter"] for call in calls] == ["L-10", "L-4000", "L-2000", "L-1000"]
    assert ["result" in call for call in calls] == [False, False, True, True]
    assert [call.get("left_out", False) for call in calls] == [True, True, False, False]


async def test_the_calls_of_an_earlier_stay_are_not_those_of_this_one(tmp_path: Path) -> None:
    async with opened(tmp_path) as letters:
        session = await letters.proposed()
        await letters.decide(session, "once_more", remark="Look it up.")
        await letters.act(session, "post.look", letter="L-1")
        await letters.propose(session, answer="Looked up.")
        await letters.decide(session, "drop")
    first, second = exported(tmp_path)
    assert (first["input"]["calls"], len(second["input"]["calls"])) == ([], 1)
    assert "remark" not in first["input"]["shown"]
    assert second["input"]["shown"]["remark"] == "Look it up."


def damage(folder: Path, statement: str) -> None:
    """Do to the database what its triggers refuse."""
    with sqlite3.connect(folder / "p.sqlite3") as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute(statement)
    connection.close()


async def test_nothing_is_made_of_an_erased_body_and_what_was_shown_is_null_where_the_text_cannot_be_read(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path) as letters:
        await letters.decide(await letters.proposed(), "drop")
    damage(tmp_path, "UPDATE definitions SET text = '{'")
    (example,) = exported(tmp_path)
    assert example["input"]["shown"] is None
    damage(tmp_path, "DELETE FROM definitions")
    assert exported(tmp_path) == [example]
    damage(tmp_path, "UPDATE audit SET body = 'no JSON' WHERE kind = 'started'")
    assert [one["input"]["start"] for one in exported(tmp_path)] == [{}]
    damage(tmp_path, "UPDATE audit SET body = NULL WHERE kind = 'accepted'")
    assert exported(tmp_path, ALL) == []


async def test_pages_together_are_all_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pointsman.server.documents.corrections.HISTORIES_LOOKED_AT", 2)
    monkeypatch.setattr(histories, "HISTORIES_AT_ONCE", 3)
    async with opened(tmp_path) as letters:
        for number in range(7):
            session = await letters.proposed()
            if number % 3:
                await letters.decide(session, "once_more")
                await letters.propose(session, answer="Again.")
                await letters.decide(session, "send")
    whole = exported(tmp_path, ALL)
    for limit in (1, 2, 100):
        found: list[object] = []
        cursor = None
        with reading(tmp_path / "p.sqlite3").connect() as connection:
            while True:
                part = page(connection, ALL, limit, cursor)
                assert len(part.items) <= limit
                found += part.items
                cursor = part.cursor
                if cursor is None:
                    break
            with pytest.raises(ValueError, match="no cursor"):
                page(connection, ALL, cursor="yesterday")
        assert found == whole
    assert len(whole) == 4 * 3


def counted(folder: Path) -> tuple[int, int]:
    """Go through the examples one by one; give how many there are, and the most memory that was held, in bytes."""
    with reading(folder / "p.sqlite3").connect() as connection:
        tracemalloc.start()
        count = sum(1 for _ in every(connection, ExampleFilter()))
        _, peak_bytes = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    return count, peak_bytes


async def test_memory_does_not_grow_with_what_is_exported(tmp_path: Path) -> None:
    async with opened(tmp_path) as letters:
        for _ in range(40):
            session = await letters.started()
            await letters.act(session, "post.look", letter="L-1", length=200_000)
            await letters.name_topic(session, 0.1)
            await letters.decide(session, "stop")
    count, peak_bytes = counted(tmp_path)
    assert count == 40
    assert peak_bytes < 200_000 * 10


async def test_memory_does_not_grow_with_calls_that_nobody_has_decided_about(tmp_path: Path) -> None:
    """A call that waits ends with its stay, and what its model had been given is held no longer."""
    async with opened(tmp_path) as letters:
        session = await letters.started()
        await letters.name_topic(session)
        for number in range(12):
            await letters.act(session, "post.look", letter=f"L-{number}", length=200_000)
            await letters.act(session, "post.pay", "waiting", sum=number)
            await letters.propose(session, answer=f"{number}.")
            await letters.decide(session, "once_more", remark="Again.")
    count, peak_bytes = counted(tmp_path)
    assert count == 12
    assert peak_bytes < 200_000 * 6
