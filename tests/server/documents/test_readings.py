"""Two readings of a review: who read what, why, and what else they saw."""

from __future__ import annotations

from pathlib import Path

import pytest

from pointsman.contracts.values import JsonObject
from pointsman.fsm.commands import Send, Settle
from pointsman.fsm.facts import CallResult
from pointsman.fsm.refusals import Refusal
from pointsman.server.command_line import reviews as printed
from pointsman.server.documents import reviews
from pointsman.server.store.opening import reading
from tests.fsm.driver import workflow
from tests.server.documents.conftest import NOW
from tests.server.tale import SERVER, command, opened, start

SCAN = workflow("""
    record: {n: {type: integer}}
    initial: read
    roles: [reviewer]
    confidence: {floor: 0.5, path_floor: 0.1, below: looking}
    tools: {t.look: {effect: read}}
    states:
      read:
        actor: agent
        agree: {fields: [n], second: {call: t.look, with: {x: 1}, fields: {n: =result.n}}, differ: looking}
        events: {submit: {requires: [n], next: over}}
        failed: looking
      looking: {actor: human, review: {role: reviewer, show: [n]}, events: {approve: {next: over}}}
      over: {final: success}
""")
READ: JsonObject = {"n": 7, "confidence": 0.9, "rationale": "It says seven.", "alternatives": ["1"]}


async def test_a_review_has_why_each_reader_read_what_it_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """docs/readings.md: what a person sees."""
    path = tmp_path / "p.sqlite3"
    async with opened(path, SCAN) as engine:
        await engine.submit("a", start("a", SCAN))
        await engine.submit("a", command(Send("submit", READ)))
        await engine.submit("a", command(Settle("4", CallResult("done", {"n": 1})), SERVER))
        session = await engine.read("a")
    assert session is not None
    with reading(path).connect() as connection, connection.begin():
        shown = reviews.document(connection, session, SCAN, NOW)
    assert not isinstance(shown, Refusal), shown
    found = shown["readings"]
    assert isinstance(found, dict)
    told = [
        (one["rationale"], one["alternatives"]) for one in (found["first"], found["second"]) if isinstance(one, dict)
    ]
    assert told == [("It says seven.", ["1"]), (None, [])]
    printed.show(shown, err=False)
    text = " ".join(capsys.readouterr().out.split())
    assert (
        'first ada (agent), row 3, submit, confidence 0.9 reason It says seven. alternatives [ "1" ] '
        "second t.look (tool), row 5 field first second"
    ) in text
