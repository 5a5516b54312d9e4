"""What the log of the server says of turns that have failed (issue 7: whoever operates it learns of them)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from pointsman.server.scripts.messages_api import Reply

from .desks import FixedPrices, furnish, opened_desk

WRONG = "sk-wrong-and-secret"


def told_of(logs: list[Any], session: str) -> list[tuple[str, str]]:
    """Give the level and the error of each failed turn."""
    failed = [one for one in logs if one["event"].startswith("a model was not asked")]
    assert all(
        (one["session"], one["state"], one["model"]) == (session, "working", "claude-opus-5-5") for one in failed
    )
    return [(one["log_level"], one["error"]) for one in failed]


async def test_a_key_that_the_api_does_not_know_is_logged_as_an_error_and_not_shown(tmp_path: Path) -> None:
    furnish(tmp_path)
    with capture_logs() as logs:
        async with opened_desk(tmp_path, [], given={"ANTHROPIC_API_KEY": WRONG}) as desk:
            await desk.start()
            assert await desk.ended() == "broken"
    [(level, error)] = told_of(logs, desk.session_id)
    assert level == "error"
    assert error.startswith("The Messages API does not know the key (401). Check ANTHROPIC_API_KEY")
    assert "The API says" not in error
    assert WRONG not in str(logs)


async def test_a_model_that_declines_is_logged_as_a_warning(tmp_path: Path) -> None:
    """Another question may be answered."""
    furnish(tmp_path)
    with capture_logs() as logs:
        async with opened_desk(tmp_path, [Reply(say="Never a secret.", stop="refusal")]) as desk:
            await desk.start()
            assert await desk.ended() == "broken"
    assert told_of(logs, desk.session_id) == [("warning", "the model has declined to answer")]
    assert "Never a secret" not in str(logs)


@pytest.mark.parametrize("limits", ["{cost: 1, then: broken}", "{invalid: 3, then: broken}"])
async def test_a_model_without_a_price_is_not_asked_where_its_cost_is_limited(tmp_path: Path, limits: str) -> None:
    """Such as that of a session whose workflow, or whose prices, were others when it began."""
    file, prices = furnish(tmp_path), FixedPrices()
    file.write_text(file.read_text().replace("{invalid: 3, then: broken}", limits))
    with capture_logs() as logs:
        async with opened_desk(tmp_path, [Reply(stop="refusal")], prices=prices) as desk:
            prices.is_known = False
            await desk.start()
            assert await desk.ended() == "broken"
            asked = desk.api.count
    [(level, error)] = told_of(logs, desk.session_id)
    if "cost" in limits:
        assert (asked, level) == (0, "error")
        assert '[models.prices."claude-opus-5-5"]' in error
    else:
        assert (asked, level) == (1, "warning")
