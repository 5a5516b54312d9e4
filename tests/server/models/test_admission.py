"""Workflows that are not taken on: a model of theirs could not be asked, or its cost is limited and not known."""

from __future__ import annotations

from pathlib import Path

import pytest

from pointsman.contracts.loading import load
from pointsman.contracts.workflow import Workflow
from pointsman.server.errors import ModelNotDriven, ModelWithoutPrice
from pointsman.server.models.admission import see_prices
from pointsman.tools.models.prices import ListPrices, Price

from .desks import FixedPrices, furnish, opened_desk

FILE = Path("reader.yaml")
READER = """
workflow: reader
version: 1
title: Reader
goal: Everything is read.
record: {text: {type: string}}
start: {requires: [text]}
initial: reading
LIMITS
states:
  reading:
    ACTOR
    goal: Read it.
    show: [text]
    events: {read: {next: done}}
    IN_STATE
    failed: done
  done: {final: success}
"""
MODEL = "actor: model\n    model: {name: claude-sonet-5}"
COST = "limits: [{cost: 1, then: done}]"


def reader(actor: str = MODEL, limits: str = "", in_state: str = "") -> Workflow:
    text = READER.replace("ACTOR", actor).replace("LIMITS", limits).replace("IN_STATE", in_state)
    return load(text.encode(), str(FILE))


@pytest.mark.parametrize("where", ["limits", "in_state"])
def test_a_model_without_a_price_is_named_with_the_nearest_one_and_what_to_write(where: str) -> None:
    workflow = reader(limits=COST) if where == "limits" else reader(in_state=COST)
    with pytest.raises(ModelWithoutPrice) as told:
        see_prices(ListPrices(), workflow, FILE)
    assert str(told.value) == (
        "reader.yaml: in reading, no price is known for claude-sonet-5, and the workflow limits the cost: give it one "
        "in pointsman.toml, [models.prices.\"claude-sonet-5\"] (docs/models.md). Did you mean 'claude-sonnet-5'?"
    )


def test_a_price_of_the_settings_and_a_workflow_that_limits_no_cost_are_enough() -> None:
    see_prices(ListPrices({"claude-sonet-5": Price(1, 1, 1, 1)}), reader(limits=COST), FILE)
    see_prices(ListPrices(), reader(), FILE)


def test_the_model_in_place_of_an_agent_needs_a_price_too() -> None:
    workflow = reader("actor: agent", limits=COST)
    see_prices(ListPrices(), workflow, FILE)
    see_prices(ListPrices(), workflow, FILE, "claude-sonnet-5")
    with pytest.raises(ModelWithoutPrice, match="in reading, no price is known for some-model"):
        see_prices(ListPrices(), workflow, FILE, "some-model")


async def test_a_workflow_is_not_served_whose_key_could_not_be_sent(tmp_path: Path) -> None:
    furnish(tmp_path)
    told = r"in working a model acts .* ANTHROPIC_BASE_URL is no address that the key can be sent to"
    with pytest.raises(ModelNotDriven, match=told):
        async with opened_desk(tmp_path, [], given={"ANTHROPIC_BASE_URL": "http://example.com"}):
            pass


async def test_a_workflow_is_not_served_whose_model_has_no_price_where_its_cost_is_limited(tmp_path: Path) -> None:
    file = furnish(tmp_path)
    file.write_text(file.read_text().replace("{invalid: 3, then: broken}", "{cost: 1, then: broken}"))
    with pytest.raises(
        ModelWithoutPrice, match=r"in working, no price is known for claude-opus-5-5.* 'claude-opus-5'\?"
    ):
        async with opened_desk(tmp_path, [], prices=FixedPrices(is_known=False)):
            pass
