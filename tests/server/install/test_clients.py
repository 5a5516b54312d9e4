"""Where each client keeps its servers, and what an entry says in each of them."""

from pathlib import Path

import pytest

from pointsman.server.install.clients import CLAUDE_CODE, CLAUDE_DESKTOP, CLIENTS, CURSOR, VS_CODE, Client
from pointsman.server.install.configuration import Entry
from pointsman.server.install.entries import paths_of_this_machine, reaching, starting, with_environment

URL = "https://pointsman.example/mcp"


@pytest.mark.parametrize(
    ("client", "platform", "environment", "expected"),
    [
        (CLAUDE_DESKTOP, "darwin", {"HOME": "/Users/a"}, "/Users/a/Library/Application Support/Claude/{}"),
        (CLAUDE_DESKTOP, "linux", {"HOME": "/home/a"}, "/home/a/.config/Claude/{}"),
        (CLAUDE_DESKTOP, "linux", {"HOME": "/home/a", "XDG_CONFIG_HOME": "/x"}, "/x/Claude/{}"),
        (CLAUDE_DESKTOP, "win32", {"HOME": "/c", "APPDATA": "/c/roaming"}, "/c/roaming/Claude/{}"),
        (CLAUDE_DESKTOP, "win32", {"HOME": "/c"}, "/c/AppData/Roaming/Claude/{}"),
        (CLAUDE_CODE, "linux", {"HOME": "/home/a"}, "/home/a/.claude.json"),
        (CLAUDE_CODE, "darwin", {"HOME": "/Users/a", "CLAUDE_CONFIG_DIR": "/opt/claude"}, "/opt/claude/.claude.json"),
        (CURSOR, "win32", {"USERPROFILE": "/c/a"}, "/c/a/.cursor/mcp.json"),
        (VS_CODE, "darwin", {"HOME": "/Users/a"}, "/Users/a/Library/Application Support/Code/User/mcp.json"),
        (VS_CODE, "linux", {"HOME": "/home/a"}, "/home/a/.config/Code/User/mcp.json"),
        (VS_CODE, "win32", {"HOME": "/c", "APPDATA": "/c/roaming"}, "/c/roaming/Code/User/mcp.json"),
    ],
)
def test_a_users_own_configuration_is_where_each_system_has_it(
    client: Client, platform: str, environment: dict[str, str], expected: str
) -> None:
    assert client.own(platform, environment) == Path(expected.format("claude_desktop_config.json"))


def test_a_file_of_a_project_is_told_from_one_that_is_not() -> None:
    assert CURSOR.project_of(Path("/p/.cursor/mcp.json")) == Path("/p")
    assert CLAUDE_CODE.project_of(Path("/p/.mcp.json")) == Path("/p")
    assert CLAUDE_CODE.project_of(Path("/home/a/.claude.json")) is None
    assert CLAUDE_DESKTOP.project_of(Path("/p/claude_desktop_config.json")) is None


def test_every_path_of_ones_own_entry_is_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = starting(CLAUDE_DESKTOP, ("/bin/pointsman",), [Path("a.yaml")], "b.sqlite3", None)

    expected = ["serve", str(tmp_path / "a.yaml"), "--database", str(tmp_path / "b.sqlite3")]
    assert found.server == {"command": "/bin/pointsman", "args": expected}
    bare = starting(CLAUDE_DESKTOP, ("/bin/p",), [], "sqlite:///x", None)
    assert bare.server["args"] == ["serve", "--database", "sqlite:///x"]


@pytest.mark.parametrize(
    ("client", "root"),
    [(CLAUDE_CODE, "${CLAUDE_PROJECT_DIR:-.}"), (CURSOR, "${workspaceFolder}"), (VS_CODE, "${workspaceFolder}")],
)
def test_an_entry_of_a_project_names_what_lies_in_it_from_its_folder(client: Client, root: str) -> None:
    files = [Path("/p/flows/a.yaml"), Path("/elsewhere/b.yaml")]
    found = starting(client, ("pointsman",), files, "/p/state/d.sqlite3", Path("/p"))

    expected = ["serve", f"{root}/flows/a.yaml", "/elsewhere/b.yaml", "--database", f"{root}/state/d.sqlite3"]
    assert found.server == {"type": "stdio", "command": "pointsman", "args": expected}
    assert paths_of_this_machine(found) == ["/elsewhere/b.yaml"]


@pytest.mark.parametrize(
    ("client", "reference"),
    [(CLAUDE_CODE, "${KEY}"), (CURSOR, "${env:KEY}"), (VS_CODE, "${env:KEY}"), (CLAUDE_DESKTOP, None)],
)
def test_variables_are_handed_on_by_reference_where_the_client_can(client: Client, reference: str | None) -> None:
    entry = with_environment(client, Entry({"command": "pointsman"}), ["KEY"])
    assert entry.server.get("env") == (None if reference is None else {"KEY": reference})


def test_the_token_of_a_server_is_a_reference_in_each_clients_own_words() -> None:
    found = {word: reaching(client, "desk", URL) for word, client in CLIENTS.items() if client.remote}

    def headers(sent: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {sent}"}

    claude, cursor, code = (found[word] for word in ("claude-code", "cursor", "vscode"))
    assert claude.server == {"type": "http", "url": URL, "headers": headers("${POINTSMAN_TOKEN}")}
    assert cursor.server == {"url": URL, "headers": headers("${env:POINTSMAN_TOKEN}")}
    assert code.server == {
        "type": "http",
        "url": URL,
        "headers": headers("${input:pointsman-token-desk-pointsman.example-mcp}"),
    }
    assert code.input is not None
    assert (code.input["id"], code.input["password"]) == ("pointsman-token-desk-pointsman.example-mcp", True)
    assert claude.input is None
    assert cursor.input is None
