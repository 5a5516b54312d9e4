"""What a workflow file says of an MCP server, and what a started one gets."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pointsman.contracts.values import Json, JsonObject
from pointsman.tools.errors import SourceError
from pointsman.tools.mcp.settings import Address, Launch, read_settings

ENVIRONMENT = {"PATH": "/bin", "HOME": "/root", "TOKEN": "t-1", "OTHER": "no"}


def launch(beside: Path, **settings: Json) -> Launch:
    said: JsonObject = {"command": "it", **settings}
    found = read_settings("erp", said, beside, ENVIRONMENT)
    assert isinstance(found, Launch)
    return found


@pytest.mark.parametrize(
    ("command", "run"),
    [("python", sys.executable), ("uvx", "uvx"), ("./bin/erp", "{beside}/bin/erp"), ("/usr/bin/erp", "/usr/bin/erp")],
)
def test_a_command_is_found_beside_the_file_if_it_has_a_slash(tmp_path: Path, command: str, run: str) -> None:
    found = launch(tmp_path, command=command, args=["-m", "erp"])
    assert found.command == (run.format(beside=tmp_path), "-m", "erp")
    assert found.folder == tmp_path


def test_a_server_gets_what_it_needs_to_start_and_what_is_declared(tmp_path: Path) -> None:
    found = launch(tmp_path, env={"ERP": "a-${TOKEN}-${TOKEN}", "PATH": "/opt/bin"})
    assert found.environment == {"PATH": "/opt/bin", "HOME": "/root", "ERP": "a-t-1-t-1"}


def test_what_is_taken_instead_of_a_name_that_is_not_set_or_empty_stands_in_the_file(tmp_path: Path) -> None:
    said: JsonObject = {
        "command": "it",
        "env": {"A": "${TOKEN:-x}", "B": "${NOT:-${x}", "C": "${EMPTY:-/data}${NOT:-}"},
    }
    found = read_settings("erp", said, tmp_path, {**ENVIRONMENT, "EMPTY": ""})
    assert isinstance(found, Launch)
    assert {name: found.environment[name] for name in "ABC"} == {"A": "t-1", "B": "${x", "C": "/data"}


def test_a_folder_is_relative_to_the_file_and_must_be_there(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    assert launch(tmp_path, cwd="data").folder == tmp_path / "data"
    with pytest.raises(SourceError, match=r"'erp': `cwd` is .*nowhere', which is no folder"):
        launch(tmp_path, cwd="nowhere")


def test_an_address_reads_the_environment_in_url_and_headers(tmp_path: Path) -> None:
    said: JsonObject = {"url": "https://${TOKEN}.example/mcp", "headers": {"authorization": "Bearer ${TOKEN}"}}
    found = read_settings("erp", said, tmp_path, ENVIRONMENT)
    assert found == Address("https://t-1.example/mcp", {"authorization": "Bearer t-1"})


@pytest.mark.parametrize(
    "said",
    [
        {"url": "http://a/${NOT_SET}"},
        {"url": "http://a", "headers": {"a": "${NOT_SET}"}},
        {"command": "a", "env": {"A": "${NOT_SET}"}},
    ],
)
def test_a_name_that_is_not_set_says_which_and_no_value(tmp_path: Path, said: JsonObject) -> None:
    with pytest.raises(
        SourceError, match="The source 'erp' needs NOT_SET, which is not set in the environment"
    ) as info:
        read_settings("erp", said, tmp_path, ENVIRONMENT)
    assert "t-1" not in str(info.value)
