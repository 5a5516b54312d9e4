"""A command keeps the key that it was started with, before it does anything else."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from pointsman.server.command_line import COMMANDS, main
from pointsman.server.command_line.keeping import environment_with_key, keep_key
from tests.server.closing import is_closed, opened_again, refusing

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such switch"),
    pytest.mark.usefixtures("_opened_again"),
]
CANARY = "sk-canary-91c2"


@pytest.fixture
def _opened_again() -> Iterator[None]:
    with opened_again():
        yield


@pytest.mark.parametrize("key", [CANARY, ""], ids=["with a key", "without one"])
@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_with_a_key_is_closed_and_has_it_no_more_in_its_environment(
    monkeypatch: pytest.MonkeyPatch, name: str, key: str
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", key)
    assert CliRunner().invoke(main, [name, "--no-such-option"]).exit_code == 2
    assert (is_closed(), "ANTHROPIC_API_KEY" in os.environ) == (key != "", False)


def test_who_asks_models_is_given_the_key_and_the_environment_as_it_is_by_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", CANARY)
    with click.Context(main) as context:
        keep_key(context)
        monkeypatch.setenv("LATER", "set")
        with click.Context(main, parent=context):
            given = environment_with_key()
    assert given == {**os.environ, "ANTHROPIC_API_KEY": CANARY, "LATER": "set"}
    with click.Context(main):
        assert environment_with_key() == dict(os.environ)


@pytest.mark.parametrize(
    ("command", "key", "code"),
    [(("explain", "PM101"), CANARY, 0), (("demo", "claims", "--real"), "", 4)],
    ids=["a key in the environment", "none yet"],
)
def test_that_a_process_cannot_be_closed_is_said_beside_what_it_prints(
    monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], key: str, code: int
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", key)
    monkeypatch.setattr("keyring.get_password", nothing)  # whatever the user of this machine keeps there
    monkeypatch.setattr(ctypes, "CDLL", refusing)
    done = CliRunner().invoke(main, command)
    assert done.exit_code == code, done.output
    assert done.stderr.count("can read this process's memory") == 1
    assert "can read" not in done.stdout


def nothing(_service: str, _user: str) -> str | None:
    return None
