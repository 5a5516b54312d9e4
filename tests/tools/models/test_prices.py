"""What an answer costs."""

import re
import tomllib
from pathlib import Path

import pytest
from pydantic import TypeAdapter, ValidationError

from pointsman.fsm.model_turns import Tokens
from pointsman.tools.models.prices import AS_OF, LIST_PRICES, ModelsTable, Price, PriceTable, UnfitPrices, own_prices

MILLION = Tokens(1_000_000, 1_000_000, 1_000_000, 1_000_000)


def test_each_kind_of_token_has_its_price() -> None:
    assert PriceTable().cost_usd("claude-opus-5-5", Tokens(input=1_000_000)) == pytest.approx(4.0)
    assert PriceTable().cost_usd("claude-opus-5-5", Tokens(output=500_000)) == pytest.approx(10.0)
    assert PriceTable().cost_usd("claude-opus-5-5", Tokens(cache_read=1_000_000)) == pytest.approx(0.2)
    assert PriceTable().cost_usd("claude-opus-5-5", Tokens(cache_written=1_000_000)) == pytest.approx(5.0)


def test_a_name_with_a_day_has_the_price_of_the_name_without() -> None:
    assert PriceTable().cost_usd("claude-haiku-4-5-20251001", MILLION) == pytest.approx(7.35)


@pytest.mark.parametrize("model", ["claude-opus-6", "claude-opus-5-5-fast", "claude-opus", "gpt", ""])
def test_a_model_that_is_not_in_the_table_has_no_price(model: str) -> None:
    assert PriceTable().cost_usd(model, MILLION) is None


def test_a_price_can_depend_on_how_much_is_read() -> None:
    short = PriceTable().cost_usd("claude-haiku-5-5", Tokens(input=40_000, cache_read=60_000, output=1_000))
    long = PriceTable().cost_usd("claude-haiku-5-5", Tokens(input=40_001, cache_read=60_000, output=1_000))
    assert short == pytest.approx(0.0051)
    assert long == pytest.approx(0.0255005)


def test_own_prices_replace_and_add() -> None:
    own = own_prices(ModelsTable({"claude-opus-5-5": Price(1, 0, 0, 0), "our-model": Price(2, 0, 0, 0)}))
    assert own.cost_usd("claude-opus-5-5", MILLION) == pytest.approx(1.0)
    assert own.cost_usd("our-model-20261101", MILLION) == pytest.approx(2.0)
    assert own.cost_usd("claude-sonnet-5", MILLION) == PriceTable().cost_usd("claude-sonnet-5", MILLION)


@pytest.mark.parametrize("value", [-1.0, float("nan"), float("inf"), 1e9])
def test_what_is_no_price_is_named(value: float) -> None:
    with pytest.raises(UnfitPrices, match=r'models\.prices\."m"\.cache_read: write US dollars'):
        own_prices(ModelsTable({"m": Price(1, 1, value, 1)}))


def test_prices_without_number_are_refused() -> None:
    with pytest.raises(UnfitPrices, match="1000 prices at most"):
        own_prices(ModelsTable({f"m{number}": Price(1, 1, 1, 1) for number in range(1_001)}))


def test_the_table_is_read_strictly() -> None:
    adapter = TypeAdapter(ModelsTable)
    price = {"input": 1, "output": 2, "cache_read": 0.1, "cache_write": 1.25}
    assert adapter.validate_python({"prices": {"m": price}}).prices["m"] == Price(1, 2, 0.1, 1.25)
    unfit: list[object] = [{"prices": {"m": {**price, "batch": 1}}}, {"prices": {"m": {"input": 1}}}, {"price": {}}]
    for wrong in unfit:
        with pytest.raises(ValidationError):
            adapter.validate_python(wrong)


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
    table = tomllib.loads(text.partition("```toml\n")[2].partition("```")[0])
    assert own_prices(TypeAdapter(ModelsTable).validate_python(table["models"])).cost_usd(
        "claude-opus-5-5", MILLION
    ) == pytest.approx(26.28)
