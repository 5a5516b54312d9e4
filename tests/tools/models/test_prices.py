"""What an answer costs."""

import re
from pathlib import Path

import pytest

from pointsman.fsm.model_turns import Tokens
from pointsman.tools.models.prices import AS_OF, LIST_PRICES, ListPrices, Price

MILLION = Tokens(1_000_000, 1_000_000, 1_000_000, 1_000_000)


def test_each_kind_of_token_has_its_price() -> None:
    assert ListPrices().cost_usd("claude-opus-5-5", Tokens(input=1_000_000)) == pytest.approx(4.0)
    assert ListPrices().cost_usd("claude-opus-5-5", Tokens(output=500_000)) == pytest.approx(10.0)
    assert ListPrices().cost_usd("claude-opus-5-5", Tokens(cache_read=1_000_000)) == pytest.approx(0.2)
    assert ListPrices().cost_usd("claude-opus-5-5", Tokens(cache_written=1_000_000)) == pytest.approx(5.0)


def test_a_name_with_a_day_has_the_price_of_the_name_without() -> None:
    assert ListPrices().cost_usd("claude-haiku-4-5-20251001", MILLION) == pytest.approx(7.35)


@pytest.mark.parametrize("model", ["claude-opus-6", "claude-opus-5-5-fast", "claude-opus", "gpt", ""])
def test_a_model_that_is_not_in_the_table_has_no_price(model: str) -> None:
    assert ListPrices().cost_usd(model, MILLION) is None


def test_a_cost_is_written_without_what_comes_of_how_numbers_are_kept() -> None:
    tokens = Tokens(input=1, output=57, cache_read=103)
    assert ListPrices().cost_usd("claude-haiku-5-5", tokens) == 0.00002963


def test_a_price_can_depend_on_how_much_is_read() -> None:
    short = ListPrices().cost_usd("claude-haiku-5-5", Tokens(input=40_000, cache_read=60_000, output=1_000))
    long = ListPrices().cost_usd("claude-haiku-5-5", Tokens(input=40_001, cache_read=60_000, output=1_000))
    assert short == pytest.approx(0.0051)
    assert long == pytest.approx(0.0255005)


def test_own_prices_replace_and_add() -> None:
    own = ListPrices({"claude-opus-5-5": Price(1, 0, 0, 0), "our-model": Price(2, 0, 0, 0)})
    assert own.cost_usd("claude-opus-5-5", MILLION) == pytest.approx(1.0)
    assert own.cost_usd("our-model-20261101", MILLION) == pytest.approx(2.0)
    assert own.cost_usd("claude-sonnet-5", MILLION) == ListPrices().cost_usd("claude-sonnet-5", MILLION)


def test_reading_from_the_cache_is_never_dearer_than_reading() -> None:
    for name, price in LIST_PRICES.items():
        assert 0 < price.cache_read < price.input < price.cache_write < price.output, name


def test_the_documentation_shows_the_table() -> None:
    text = (Path(__file__).parents[3] / "docs" / "models.md").read_text("utf-8")
    shown: dict[str, Price] = {}
    for row in re.findall(r"^\| (`claude.*) \|$", text, re.MULTILINE):
        names, *numbers = row.split(" | ")
        if "beyond" not in names:
            shown.update(dict.fromkeys(re.findall(r"`([^`]+)`", names), Price(*map(float, numbers))))
    assert shown.pop("claude-haiku-5-5") == Price(0.1, 0.5, 0.01, 0.125)
    assert shown == LIST_PRICES
    assert AS_OF in text
