"""Where the key comes from, and that it goes nowhere else."""

import os
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
import structlog
from keyring.backend import KeyringBackend
from keyring.backends.fail import Keyring as FailKeyring
from keyring.errors import KeyringLocked
from typing_extensions import override

from pointsman.tools.environment import filled
from pointsman.tools.errors import SourceError
from pointsman.tools.mcp.settings import Launch, read_settings
from pointsman.tools.models.client import AnthropicModels
from pointsman.tools.models.key import find_key
from pointsman.tools.models.port import NotAskable
from pointsman.tools.models.way import find_way

from .asked import Patient, question
from .faulty_api import CANARY, error, faulty


class Safe(KeyringBackend):
    """A keyring that holds one key, or is locked."""

    priority = 1.0  # pyright: ignore[reportAssignmentType]  # keyring wants a property of the class or a number
    held: str | None = None
    locked = False

    @override
    def get_password(self, service: str, username: str) -> str | None:
        if self.locked:
            raise KeyringLocked(CANARY)
        return self.held if (service, username) == ("pointsman", "anthropic") else None

    @override
    def set_password(self, service: str, username: str, password: str) -> None:
        self.held = password


@pytest.fixture(autouse=True)
def safe() -> Iterator[Safe]:
    before = keyring.get_keyring()
    ours = Safe()  # type: ignore[no-untyped-call]  # keyring's base class has no types here
    keyring.set_keyring(ours)
    yield ours
    keyring.set_keyring(before)


def test_the_environment_comes_before_the_keyring() -> None:
    keyring.set_password("pointsman", "anthropic", "sk-kept")
    assert find_key({"ANTHROPIC_API_KEY": " sk-set\n"}) == "sk-set"
    assert find_key({"ANTHROPIC_API_KEY": ""}) == "sk-kept"
    assert find_key({}) == "sk-kept"


def test_without_either_there_is_none() -> None:
    with pytest.raises(NotAskable, match=r"^There is no key to ask a model with\. Set ANTHROPIC_API_KEY .*uv tool"):
        find_key({})


@pytest.mark.parametrize("key", ["sk-\u00e9", "sk\nX-Other: 1", "x" * 1_001])
def test_what_no_header_could_hold_is_no_key(key: str) -> None:
    with pytest.raises(NotAskable) as told:
        find_key({"ANTHROPIC_API_KEY": key})
    assert key not in str(told.value)


def test_a_locked_keyring_is_told_without_what_it_says(safe: Safe, capfd: pytest.CaptureFixture[str]) -> None:
    safe.locked = True
    with pytest.raises(NotAskable, match=r"The keyring could not be read \(KeyringLocked\)\. Set") as told:
        find_key({})
    assert CANARY not in str(told.value)
    assert capfd.readouterr() == ("", "")


def test_where_a_system_has_no_keyring_that_is_not_told_first(capfd: pytest.CaptureFixture[str]) -> None:
    keyring.set_keyring(FailKeyring())  # type: ignore[no-untyped-call]  # keyring has no types here
    with pytest.raises(NotAskable, match=r"^There is no key to ask a model with\. Set"):
        find_key({})
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("address", ["http://example.com", "ftp://127.0.0.1", "nowhere"])
def test_an_address_that_the_key_cannot_be_sent_to_is_told_with_the_key(address: str) -> None:
    with pytest.raises(NotAskable, match=r"^ANTHROPIC_BASE_URL is no address .* begins with https://") as told:
        find_way({"ANTHROPIC_API_KEY": CANARY, "ANTHROPIC_BASE_URL": address})
    assert CANARY not in str(told.value)


def test_a_source_s_process_inherits_no_key(tmp_path: Path) -> None:
    environment = {"ANTHROPIC_API_KEY": CANARY, "PATH": os.defpath}
    launch = read_settings("mail", {"command": "python", "env": {"A": "1"}}, tmp_path, environment)
    assert isinstance(launch, Launch)
    assert launch.environment == {"PATH": os.defpath, "A": "1"}


@pytest.mark.parametrize("text", ["${ANTHROPIC_API_KEY}", "Bearer ${ANTHROPIC_API_KEY:-none}"])
def test_a_workflow_that_asks_for_the_key_is_refused(text: str) -> None:
    with pytest.raises(SourceError, match="with which this server asks models: nobody else is given it") as told:
        filled("The source 'mail'", text, {"ANTHROPIC_API_KEY": CANARY})
    assert CANARY not in str(told.value)


async def test_the_key_is_in_no_log_however_much_is_logged(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level("DEBUG")
    structlog.get_logger(__name__).debug("listening")
    with faulty(error(500, "api_error", "No")) as server:
        async with Patient(server.environment) as models:
            with pytest.raises(Exception, match="500"):
                await models.ask(question())
    assert caplog.records
    written = capfd.readouterr()
    assert CANARY not in caplog.text + written.out + written.err
    assert CANARY not in "".join(str(vars(record)) for record in caplog.records)


async def test_the_key_is_not_shown_with_who_holds_it() -> None:
    assert CANARY not in repr(AnthropicModels({"ANTHROPIC_API_KEY": CANARY}))
