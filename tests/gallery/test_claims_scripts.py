"""What the scripts of claims processing show: confidence along the path, and who pays."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from pointsman.gallery import path
from pointsman.server.audit.chain import AuditRow
from pointsman.server.scripts.agent import Serving
from pointsman.server.scripts.performing import perform
from tests.gallery.plays import SCRIPTS, Nobody, Repertoire
from tests.server.command_line import warm

pytestmark = pytest.mark.slow

NAME = "claims"
PLAYED = [script for name, script in SCRIPTS if name == NAME]


def accepted(rows: tuple[AuditRow, ...]) -> list[dict[str, Any]]:
    return [json.loads(row.body or "{}") for row in rows if row.kind == "accepted"]


def states(rows: tuple[AuditRow, ...]) -> list[str | None]:
    return [row.state_after for row in rows if row.kind == "entered"]


def payments(rows: tuple[AuditRow, ...]) -> list[dict[str, Any]]:
    intended = [row for row in rows if row.kind == "intended" and row.action == "payments.pay"]
    return [json.loads(row.body or "{}")["call"]["arguments"] for row in intended]


def test_094_and_then_091_goes_on_at_a_path_floor_of_085(repertoire: Repertoire) -> None:
    rows = repertoire.play((NAME, "just_enough")).rows
    assert [one["path_confidence"] for one in accepted(rows)] == [0.94, 0.8554]
    assert states(rows)[-1] == "paid"
    assert payments(rows)[0]["approved_by"] == "within limits"


def test_094_and_then_091_stops_at_a_path_floor_of_086_and_the_review_says_why(tmp_path: Path, records: Path) -> None:
    folder = tmp_path / "claims"
    shutil.copytree(path(NAME).parent, folder)
    file = folder / "workflow.yaml"
    text = file.read_text(encoding="utf-8")
    assert text.count("path_floor: 0.85") == 1
    file.write_text(text.replace("path_floor: 0.85", "path_floor: 0.86"), encoding="utf-8")
    script = SCRIPTS[NAME, "just_enough"].model_copy(update={"steps": [], "end": None, "record": {}})

    performance = asyncio.run(
        perform(script, Serving(file, records / "sessions.db", program=(str(warm.pointsman()),)), Nobody())
    )

    session = performance.played.session
    assert session is not None
    assert (session.state, payments(performance.rows)) == ("awaiting_adjuster", [])
    assert session.stay.review is not None
    package = session.stay.review.exception
    assert package is not None
    assert [(one.floor, one.demanded, one.actual) for one in package.missed] == [("path", 0.86, 0.8554)]
    assert (package.state, package.event, package.instead_of) == ("classifying", "submit_class", "matching")
    assert [(one.state, one.confidence) for one in package.path] == [("reading", 0.94), ("classifying", 0.91)]
    assert package.rationale == "A hose came off. She still lives there."


def test_each_step_may_be_above_its_floor_and_the_path_below(repertoire: Repertoire) -> None:
    (missed,) = [one["missed"] for one in accepted(repertoire.play((NAME, "path_floor")).rows) if one.get("missed")]
    assert [one["floor"] for one in missed] == ["path"]


@pytest.mark.parametrize("script", PLAYED)
def test_only_small_claims_are_paid_without_a_person_and_large_ones_by_two(repertoire: Repertoire, script: str) -> None:
    rows = repertoire.play((NAME, script)).rows
    paid = payments(rows)
    assert len(paid) <= 1
    decided = [row.actor_id for row in rows if row.kind == "decided" and row.action == "pay"]
    for one in paid:
        assert one["amount"] <= 1500 or decided
        assert one["amount"] <= 10000 or len(set(decided)) == 2


def test_a_model_that_obeys_the_letter_pays_nothing(repertoire: Repertoire) -> None:
    rows = repertoire.play((NAME, "planted_instruction")).rows
    assert [row.code for row in rows if row.action == "payments.pay"] == ["NOT_ALLOWED"]
    assert states(rows)[-2:] == ["awaiting_adjuster", "declined"]


def test_answers_that_break_the_contract_end_with_a_person(repertoire: Repertoire) -> None:
    rows = repertoire.play((NAME, "malformed")).rows
    refused = [row.code for row in rows if row.kind == "denied" and row.actor_kind == "model"]
    assert refused == ["MISSING_FIELDS", "INVALID_FIELDS", "LIMIT_REACHED"]
    assert [row.code for row in rows if row.kind == "model" and row.code] == ["INVALID_FIELDS"]


def test_a_payment_in_doubt_is_not_made_again(repertoire: Repertoire) -> None:
    rows = repertoire.play((NAME, "payment_in_doubt")).rows
    assert len(payments(rows)) == 1
    assert states(rows)[-1] == "payment_in_doubt"
