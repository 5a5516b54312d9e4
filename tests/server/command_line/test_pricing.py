"""`[models.prices]` of `pointsman.toml`."""

import re
from pathlib import Path

import click
import pytest

from pointsman.fsm.model_turns import Tokens
from pointsman.server.command_line.pricing import prices
from pointsman.server.command_line.settings import file_settings
from pointsman.server.models.settings import ModelsTable, PriceTable, UnfitPrices, judge_prices

MILLION = Tokens(1_000_000, 1_000_000, 1_000_000, 1_000_000)
OURS = "input = 1\noutput = 2\ncache_read = 0.1\ncache_write = 1.25\n"


def test_the_prices_of_the_file_replace_those_of_the_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    documented = Path(__file__).parents[3] / "docs" / "models.md"
    (example,) = re.findall(r"```toml\n(.*?)```", documented.read_text("utf-8"), re.DOTALL)
    (tmp_path / "pointsman.toml").write_text(f'{example}[models.prices."our-model"]\n{OURS}', "utf-8")
    monkeypatch.chdir(tmp_path)
    assert prices().cost_usd("claude-opus-5-5", MILLION) == pytest.approx(26.28)
    assert prices().cost_usd("our-model", MILLION) == pytest.approx(4.35)
    assert prices().cost_usd("claude-haiku-4-5", MILLION) == pytest.approx(7.35)


def test_without_a_file_the_list_prices_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert prices().cost_usd("claude-opus-5-5", MILLION) == pytest.approx(29.2)


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (OURS.replace("0.1", "-0.1"), r'models\.prices\."m"\.cache_read: write US dollars'),
        (OURS.replace("0.1", "nan"), r'models\.prices\."m"\.cache_read: write US dollars'),
        (OURS.replace("0.1", "inf"), r'models\.prices\."m"\.cache_read: write US dollars'),
        (OURS.replace("0.1", "1e9"), r'models\.prices\."m"\.cache_read: write US dollars'),
        (OURS + "batch = 1\n", r"models\.prices\.m\.batch: Unexpected"),
        ("input = 1\n", r"models\.prices\.m\.output: "),
    ],
    ids=range(6),
)
def test_what_is_no_price_is_told_with_its_place(tmp_path: Path, written: str, told: str) -> None:
    (tmp_path / "pointsman.toml").write_text(f'[models.prices."m"]\n{written}', "utf-8")
    with pytest.raises(click.UsageError, match=told):
        file_settings(tmp_path)


def test_prices_without_number_are_refused() -> None:
    with pytest.raises(UnfitPrices, match="1000 prices at most"):
        judge_prices(ModelsTable({f"m{number}": PriceTable(1, 1, 1, 1) for number in range(1_001)}))
