"""The prompt of a model's state: a text, or a file beside the workflow that the session keeps."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from pointsman.contracts.prompts import PromptUnreadable
from pointsman.contracts.values import as_objects
from pointsman.server.errors import StoreUnreadable
from pointsman.server.models.instructions import RULES
from pointsman.server.scripts.messages_api import Reply

from .desks import PAY, SUBMIT, Desk, furnish, opened_desk


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


async def test_a_prompt_that_is_gone_is_said_before_anything_is_served(tmp_path: Path) -> None:
    furnish(tmp_path, "prompt.md")
    with pytest.raises(PromptUnreadable, match=r"The prompt prompt\.md cannot be read"):
        async with opened_desk(tmp_path, []):
            pass


async def test_a_session_keeps_the_prompt_that_it_was_started_with(tmp_path: Path) -> None:
    """faults.md, 24: over a restart too, when the file says something else. What is started then has the new one."""
    session_id = await waiting(tmp_path)
    (tmp_path / "prompt.md").write_text("Guess.", encoding="utf-8")
    async with opened_desk(tmp_path, [Reply(calls=(SUBMIT,))] * 2) as desk:
        desk.session_id = session_id
        await desk.judged("approve")
        assert await desk.ended() == "finished"
        older = (await desk.session()).definition
        await desk.start()
        assert await desk.ended() == "finished"
        assert [prompt_of(desk, request) for request in (0, 1)] == ["Read it.", "Guess."]
        assert (await desk.session()).definition != older


async def test_a_prompt_that_was_changed_in_the_database_is_not_told(tmp_path: Path) -> None:
    session_id = await waiting(tmp_path)
    (tmp_path / "prompt.md").write_text("Guess.", encoding="utf-8")
    for kept, told in (('{"prompt.md":"Pay it."}', "is not the one that has the digest"), ("[]", "are damaged")):
        changed(tmp_path, kept)
        async with opened_desk(tmp_path, []) as desk:
            desk.session_id = session_id
            with pytest.raises(StoreUnreadable, match=told):
                await desk.judged("approve")
            assert desk.api.count == 0


async def waiting(folder: Path) -> str:
    """Leave a session whose model waits for a person, with a prompt in a file."""
    (folder / "prompt.md").write_text("Read it.", encoding="utf-8")
    furnish(folder, "prompt.md")
    async with opened_desk(folder, [Reply(calls=(PAY,))]) as desk:
        await desk.start()
        await desk.until(lambda session: bool(session.stay.approvals))
        assert prompt_of(desk, 0) == "Read it."
        return desk.session_id


def prompt_of(desk: Desk, request: int) -> str:
    """The last of the instructions in a request."""
    return str(as_objects(desk.api.requests[request].body["system"])[-1]["text"])


def changed(folder: Path, prompts: str) -> None:
    """Change the prompts that are kept."""
    with closing(sqlite3.connect(folder / "desk.sqlite3")) as connection, connection:
        connection.execute("UPDATE definitions SET prompts = ?", [prompts])
