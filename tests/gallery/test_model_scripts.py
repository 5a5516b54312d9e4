"""What the scripts of invoices show that a model reads, once and twice."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pointsman.contracts.loading import load
from pointsman.contracts.workflow import AgentState
from pointsman.gallery import names, path
from pointsman.server.audit.chain import AuditRow
from pointsman.tools.models.prices import LIST_PRICES
from tests.gallery.plays import SCRIPTS, Repertoire


def bodies(rows: tuple[AuditRow, ...], kind: str) -> list[dict[str, Any]]:
    return [json.loads(row.body or "{}") for row in rows if row.kind == kind]


@pytest.mark.parametrize("name", names())
def test_models_of_the_gallery_have_a_price_and_a_prompt_in_a_file(name: str) -> None:
    """A limit on the cost counts nothing without a price."""
    workflow = load(path(name).read_bytes(), str(path(name)))
    for state in workflow.states.values():
        if isinstance(state, AgentState) and state.model is not None:
            assert state.model.name in LIST_PRICES
            prompt = (path(name).parent / (state.model.prompt or "")).read_text(encoding="utf-8")
            assert "data" in prompt
            assert "no instruction" in prompt or "do nothing" in prompt.casefold() or "do not follow" in prompt


@pytest.mark.slow
def test_the_model_of_the_demo_makes_its_mistakes_and_corrects_them(repertoire: Repertoire) -> None:
    rows = repertoire.play(("invoices_by_model", "demo")).rows
    refused = [(row.action, row.code) for row in rows if row.kind == "denied" and row.actor_kind == "model"]
    assert refused == [
        ("submit_fields", "MISSING_EVIDENCE"),
        ("erp.post_route", "NOT_ALLOWED"),
        ("submit_summary", "INVALID_FIELDS"),
    ]
    assert [row.code for row in rows if row.kind == "model" and row.code] == ["INVALID_FIELDS"]  # it called nothing


@pytest.mark.slow
def test_an_overloaded_service_is_asked_again(repertoire: Repertoire) -> None:
    turns = bodies(repertoire.play(("invoices_by_model", "cut_off")).rows, "model")
    assert [turn.get("attempts", 1) for turn in turns] == [1, 2, 1, 1]
    assert turns[1]["stop_reason"] == "max_tokens"


@pytest.mark.slow
@pytest.mark.parametrize("piece", [piece for piece in SCRIPTS if SCRIPTS[piece].model], ids="-".join)
def test_every_answer_says_what_it_took(repertoire: Repertoire, piece: tuple[str, str]) -> None:
    for turn in bodies(repertoire.play(piece).rows, "model"):
        assert turn["cost_usd"] > 0
        assert turn["tokens"]["output"] > 0
        assert turn["prompt_digest"].startswith("sha256:")
        assert turn["schema_digest"].startswith("sha256:")


@pytest.mark.slow
def test_readings_that_differ_post_nothing_before_a_person_has_decided(repertoire: Repertoire) -> None:
    rows = repertoire.play(("readings", "demo")).rows
    order = [row.kind for row in rows if row.kind == "decided" or row.action == "erp.post_route"]
    assert order[0] == "decided"
    (settled,) = [one["readings"] for one in bodies(rows, "accepted") if one.get("readings")]
    assert "total" in json.dumps(settled)


@pytest.mark.slow
def test_the_second_model_reads_with_a_prompt_of_its_own(repertoire: Repertoire) -> None:
    turns = bodies(repertoire.play(("readings", "agreed")).rows, "model")
    assert [turn["model"] for turn in turns] == ["claude-sonnet-5"] * 2 + ["claude-haiku-4-5"] * 2
    first, again, second, _ = [turn["prompt_digest"] for turn in turns]
    assert first == again != second


@pytest.mark.slow
@pytest.mark.parametrize("script", ["second_cannot_read", "second_declines", "malformed", "unreadable"])
def test_one_reading_posts_nothing(repertoire: Repertoire, script: str) -> None:
    rows = repertoire.play(("readings", script)).rows
    assert [row for row in rows if row.action == "erp.post_route"] == []
