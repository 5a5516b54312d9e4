"""`pointsman notify`: whether those who would be told take a message."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.server.command_line.terminal import Shell
from tests.server.notices.receivers import webhooks


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def settings(shell: Shell, text: str) -> None:
    (shell.place / "pointsman.toml").write_text(f"[notify]\n{text}\n")


def test_a_role_an_owner_and_everybody_else_are_tried(shell: Shell) -> None:
    with webhooks() as server:
        everybody = f"default = 'json://{server.at}/all'"
        settings(shell, f"{everybody}\n[notify.roles]\nchief = 'json://{server.at}/chief'\n")
        tried = [shell.run("notify", *words) for words in (["chief"], ["--owner", "post-room"], [])]
    assert [(one.code, one.stdout) for one in tried] == [
        (0, "notify.roles.chief 1: taken\n"),
        (0, "notify.default 1: taken\n"),
        (0, "notify.default 1: taken\n"),
    ]
    assert [path for path, _ in server.taken] == ["/chief", "/all", "/all"]
    assert all("It is a trial." in text for text in server.texts)


def test_what_is_not_taken_is_said_without_its_address(shell: Shell) -> None:
    with webhooks() as server:
        server.refusing = 1
        settings(shell, f"default = 'json://ann:secret@{server.at}/all'")
        ended = shell.run("notify")
    assert (ended.code, ended.stdout) == (1, "notify.default 1: not taken\n")
    assert "wrong address or password" in ended.stderr
    assert "secret" not in ended.stdout + ended.stderr


@pytest.mark.parametrize(
    ("text", "words", "code", "told"),
    [
        ("", ["chief"], 1, "Nobody is told"),
        ("default = 'nonsense://secret'", [], 2, "notify.default 1 is no address that Apprise knows"),
        ("default = 'json://${SECRET_NAME}'", [], 2, "notify.default 1 needs SECRET_NAME, which is not set"),
        ("", ["chief", "--owner", "ann"], 2, "not both"),
    ],
)
def test_what_cannot_be_tried_is_told(shell: Shell, text: str, words: list[str], code: int, told: str) -> None:
    settings(shell, text)
    ended = shell.run("notify", *words)
    assert ended.code == code
    assert told in ended.stderr


def test_without_settings_it_is_told_where_they_are_shown(shell: Shell) -> None:
    ended = shell.run("notify")
    assert ended.code == 2
    assert "docs/time.md" in ended.stderr
