"""The prompt of a model's state: a text, or a file beside the workflow that is read for every question."""

from __future__ import annotations

import os
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


def test_a_link_in_the_folder_is_followed_and_one_that_leads_out_is_not(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    (folder / "prompts").mkdir(parents=True)
    (folder / "prompts" / "one.md").write_text("Read it.", encoding="utf-8")
    (tmp_path / "secret.md").write_text("Secret.", encoding="utf-8")
    (folder / "in.md").symlink_to("prompts/one.md")
    (folder / "out.md").symlink_to(tmp_path / "secret.md")
    (folder / "up").symlink_to(tmp_path)
    (folder / "loop.md").symlink_to("loop.md")
    assert prompt_text("prompts/one.md", folder) == prompt_text("in.md", folder) == "Read it."
    for name in ("out.md", "up/secret.md", "../secret.md", str(tmp_path / "secret.md")):
        with pytest.raises(PromptMissing, match="is not in the folder of the workflow"):
            prompt_text(name, folder)
    with pytest.raises(PromptMissing, match=r"loop\.md cannot be read"):
        prompt_text("loop.md", folder)


def test_a_file_that_becomes_a_link_while_it_is_looked_at_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret.md").write_text("Secret.", encoding="utf-8")
    prompt = tmp_path / "prompt.md"
    prompt.symlink_to("secret.md")
    monkeypatch.setattr(os.path, "realpath", str)  # as it was before the link was made
    with pytest.raises(PromptMissing, match=r"prompt\.md cannot be read"):
        prompt_text("prompt.md", tmp_path)


@pytest.mark.parametrize("kind", ["pipe", "folder", "device"])
def test_what_is_no_file_is_not_read(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "prompt.md"
    if kind == "pipe":
        os.mkfifo(place)
    elif kind == "folder":
        place.mkdir()
    else:
        real = os.open

        def device(_place: object, flags: int) -> int:
            return real("/dev/zero", flags)

        monkeypatch.setattr(os, "open", device)
    before = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(PromptMissing, match="is no file"):
        prompt_text("prompt.md", tmp_path)
    assert len(list(Path("/proc/self/fd").iterdir())) == before
