"""The prompt of a model's state: a text, or a file beside the workflow that is read for every question."""

from __future__ import annotations

from pathlib import Path

import pytest

from pointsman.server.bounds import PROMPT_BYTES
from pointsman.server.errors import PromptMissing
from pointsman.server.models.instructions import RULES, prompt_text
from pointsman.server.scripts.messages_api import Reply

from .desks import SUBMIT, furnish, opened_desk


async def test_a_model_is_told_the_rules_its_task_and_the_prompt_and_only_what_is_shown(tmp_path: Path) -> None:
    furnish(tmp_path, "Read it well.")
    async with opened_desk(tmp_path, [Reply(calls=(SUBMIT,))]) as desk:
        await desk.start()
        assert await desk.ended() == "finished"
        body = desk.api.requests[0].body
        system = body["system"]
        assert isinstance(system, list)
        texts = [block["text"] for block in system if isinstance(block, dict)]
        assert (texts[0], texts[-1]) == (RULES, "Read it well.")
        assert "You must not: Guess nothing." in str(texts[1])
        assert '{"text":"twelve"}' in desk.texts(0)[0]


async def test_a_prompt_that_is_gone_ends_in_failed_without_a_question(tmp_path: Path) -> None:
    (tmp_path / "prompt.md").write_text("Read it.", encoding="utf-8")
    furnish(tmp_path, "prompt.md")
    async with opened_desk(tmp_path, []) as desk:
        (tmp_path / "prompt.md").unlink()
        await desk.start()
        assert await desk.ended() == "broken"
        assert desk.api.count == 0
        assert "The prompt prompt.md cannot be read" in str((await desk.rows())[-1]["body"])


def test_a_prompt_that_is_too_large_or_no_text_is_told_apart(tmp_path: Path) -> None:
    (tmp_path / "large.md").write_bytes(b"x" * (PROMPT_BYTES + 1))
    (tmp_path / "binary.md").write_bytes(b"\xff\xfe")
    with pytest.raises(PromptMissing, match="has more than"):
        prompt_text("large.md", tmp_path)
    with pytest.raises(PromptMissing, match="no text in UTF-8"):
        prompt_text("binary.md", tmp_path)
    assert prompt_text("Just a text.", tmp_path) == "Just a text."
