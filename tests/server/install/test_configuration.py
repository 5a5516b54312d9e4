"""Editing a client's configuration as text."""

import json

import pytest

from pointsman.contracts.values import JsonObject
from pointsman.server.install import clients, configuration
from pointsman.server.install.configuration import Entry, Form, NameTaken
from pointsman.server.install.entries import reaching
from pointsman.server.install.text import UnreadableConfiguration

ENTRY: JsonObject = {"command": "/opt/bin/pointsman", "args": ["serve", "/flows/a.yaml"]}
OTHER = """{
    "theme": "dark",
    "mcpServers": {
        "files": {"command": "npx", "args": ["fs"]}
    },
    "z": 1.5
}
"""


def with_entry(text: str, name: str, entry: JsonObject) -> str:
    return configuration.with_entry(text, Form(), name, Entry(entry))


def without_entry(text: str, name: str) -> str:
    return configuration.without_entry(text, Form(), name)


def differ_only_in(text: str, other: str, name: str) -> bool:
    return configuration.differ_only_in(text, other, Form(), name)


def test_an_entry_is_added_beside_what_is_there_and_unknown_keys_keep_their_order() -> None:
    found = json.loads(with_entry(OTHER, "pointsman", ENTRY))

    assert list(found) == ["theme", "mcpServers", "z"]
    assert found["mcpServers"] == {"files": {"command": "npx", "args": ["fs"]}, "pointsman": ENTRY}
    assert found["z"] == 1.5


def test_indent_line_ends_byte_order_mark_and_last_line_stay_as_they_were() -> None:
    tabbed = '\ufeff{\r\n\t"a": 1\r\n}'
    text = with_entry(tabbed, "pointsman", ENTRY)

    assert text.startswith('\ufeff{\r\n\t"a": 1,')
    assert "\n" not in text.replace("\r\n", "")
    assert text.endswith("}")
    assert with_entry(OTHER, "pointsman", ENTRY).startswith('{\n    "theme"')


@pytest.mark.parametrize("empty", ["", " \n", "{}", "\ufeff"])
def test_a_configuration_with_nothing_in_it_takes_the_entry(empty: str) -> None:
    text = with_entry(empty, "pointsman", ENTRY)
    assert json.loads(text.removeprefix("\ufeff")) == {"mcpServers": {"pointsman": ENTRY}}


def test_the_same_entry_again_changes_nothing_and_another_of_ours_takes_its_place() -> None:
    once = with_entry(OTHER, "pointsman", ENTRY)
    newer: JsonObject = {**ENTRY, "args": ["serve", "/flows/b.yaml"]}

    assert with_entry(once, "pointsman", ENTRY) == once
    assert json.loads(with_entry(once, "pointsman", newer))["mcpServers"]["pointsman"] == newer


def test_a_server_of_another_program_is_never_replaced_or_removed() -> None:
    with pytest.raises(NameTaken, match="'files'"):
        with_entry(OTHER, "files", ENTRY)
    assert without_entry(OTHER, "files") == OTHER


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        ('{"a": 1,}', "line 1, column"),
        ("[]", "no JSON object"),
        ('{"mcpServers": []}', "'mcpServers' is no object"),
        ('{"a": 1, "a": 2}', "'a' twice"),
        ('{"a": NaN}', "NaN"),
        ("[" * 100_000, "nested too deep|no JSON"),
        ("// comment\n{}", "line 1"),
    ],
)
def test_what_is_no_configuration_is_refused_with_its_place(broken: str, told: str) -> None:
    with pytest.raises(UnreadableConfiguration, match=told):
        with_entry(broken, "pointsman", ENTRY)


def test_taking_the_entry_out_leaves_everything_else() -> None:
    assert json.loads(without_entry(with_entry(OTHER, "pointsman", ENTRY), "pointsman")) == json.loads(OTHER)
    assert without_entry(OTHER, "pointsman") == OTHER


def test_two_configurations_that_differ_in_our_entry_only_are_told_from_others() -> None:
    installed = with_entry(OTHER, "pointsman", ENTRY)

    assert differ_only_in(installed, OTHER, "pointsman")
    assert differ_only_in(with_entry("{}", "pointsman", ENTRY), "{}", "pointsman")
    assert not differ_only_in(installed.replace("dark", "light"), OTHER, "pointsman")
    assert not differ_only_in(installed, "{broken", "pointsman")


@pytest.mark.parametrize(
    ("entry", "ours"),
    [
        ({"command": "C:\\x\\pointsman.exe", "args": ["serve"]}, True),
        ({"command": "/usr/bin/uvx", "args": ["pointsman", "serve"]}, True),
        ({"command": "/usr/bin/python3", "args": ["-m", "pointsman.server", "serve"]}, True),
        ({"command": "/usr/bin/python3", "args": ["-m", "notpointsman"]}, False),
        ("pointsman", False),
        ({"command": 1, "args": "pointsman"}, False),
    ],
)
def test_our_entries_are_known_by_what_they_start(entry: JsonObject | str, ours: bool) -> None:
    text = json.dumps({"mcpServers": {"x": entry}})
    assert (without_entry(text, "x") != text) is ours


VS_CODE = Form(servers="servers", comments=True)
REMOTE: JsonObject = {
    "type": "http",
    "url": "https://p/mcp",
    "headers": {"Authorization": "Bearer ${input:pointsman-token-p}"},
}
ASKED: JsonObject = {"type": "promptString", "id": "pointsman-token-p", "description": "…", "password": True}
"""What VS Code is told of a server, and asks for."""


@pytest.mark.parametrize("before", ["", "{}", '{\n  "inputs": [\n    {"id": "theirs"}\n  ] // kept\n}\n'])
def test_what_a_client_asks_for_comes_and_goes_with_its_entry(before: str) -> None:
    entry = Entry(REMOTE, ASKED)
    text = configuration.with_entry(before, VS_CODE, "p", entry)

    assert text.count('"pointsman-token-p"') == 1
    assert configuration.with_entry(text, VS_CODE, "p", entry) == text
    assert configuration.differ_only_in(text, before, VS_CODE, "p")
    again = configuration.without_entry(text, VS_CODE, "p")
    assert "pointsman" not in again
    assert ("// kept" in again, '{"id": "theirs"}' in again) == ("kept" in before, "theirs" in before)


def test_a_token_that_was_typed_for_one_address_is_not_kept_for_another() -> None:
    once = configuration.with_entry("", VS_CODE, "p", reaching(clients.VS_CODE, "p", "https://one.example/mcp"))
    again = configuration.with_entry(once, VS_CODE, "p", reaching(clients.VS_CODE, "p", "https://two.example/mcp"))
    (asked,) = json.loads(again)["inputs"]
    assert asked["id"] == "pointsman-token-p-two.example-mcp"
    assert "one.example" not in again
    assert json.loads(configuration.with_entry(again, VS_CODE, "p", Entry(ENTRY))) == {
        "servers": {"p": ENTRY},
        "inputs": [],
    }


def test_a_list_that_is_none_is_refused() -> None:
    with pytest.raises(UnreadableConfiguration, match="'inputs' is no list"):
        configuration.with_entry('{"inputs": {}}', VS_CODE, "p", Entry(REMOTE, ASKED))


def test_what_the_user_has_put_into_the_environment_of_our_entry_stays() -> None:
    theirs = with_entry(OTHER, "pointsman", {**ENTRY, "env": {"KEY": "theirs", "MORE": "x"}})
    newer: JsonObject = {
        "command": "/opt/bin/pointsman",
        "args": ["serve", "/b.yaml"],
        "env": {"KEY": "${KEY}", "NEW": "${NEW}"},
    }
    found = json.loads(with_entry(theirs, "pointsman", newer))["mcpServers"]["pointsman"]

    assert found["args"] == ["serve", "/b.yaml"]
    assert found["env"] == {"KEY": "theirs", "MORE": "x", "NEW": "${NEW}"}


@pytest.mark.parametrize(
    ("authorization", "ours"),
    [
        ("Bearer ${POINTSMAN_TOKEN}", True),
        ("Bearer ${env:POINTSMAN_TOKEN}", True),
        ("Bearer ${input:pointsman-token-x}", True),
        ("Bearer ${GITHUB_TOKEN}", False),
    ],
)
def test_our_entries_of_servers_are_known_by_the_token_they_send(authorization: str, ours: bool) -> None:
    entry = {"url": "https://pointsman.example/mcp", "headers": {"Authorization": authorization}}
    text = json.dumps({"mcpServers": {"x": entry}})
    assert (without_entry(text, "x") != text) is ours
