"""`pointsman install`, as the user runs it."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.server.command_line.terminal import POINTSMAN, Shell

WITH_OTHERS = '{\n  "mcpServers": {\n    "files": {\n      "command": "npx"\n    }\n  },\n  "scale": 2\n}\n'


@pytest.fixture
def config(shell: Shell) -> Path:
    path = shell.place / "Claude" / "claude_desktop_config.json"
    path.parent.mkdir()
    path.write_text(WITH_OTHERS)
    return path


def servers(config: Path) -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = json.loads(config.read_text())["mcpServers"]
    return found


def test_the_entry_is_shown_written_backed_up_and_undone_byte_for_byte(shell: Shell, config: Path) -> None:
    done = shell.run("install", "claude-desktop", "purchase.yaml", "--config", config, "--yes")

    assert done.code == 0
    assert '+    "pointsman": {' in done.stdout
    expected = ["serve", str(shell.place / "purchase.yaml"), "--database", str(shell.database)]
    assert servers(config)["pointsman"] == {"command": str(POINTSMAN), "args": expected}
    assert [path.read_text() for path in config.parent.glob("*.bak")] == [WITH_OTHERS]

    again = shell.run("install", "claude-desktop", "purchase.yaml", "--config", config, "--yes")
    assert "Nothing to do" in again.stdout
    assert shell.run("install", "claude-desktop", "--undo", "--config", config, "--yes").code == 0
    assert config.read_text() == WITH_OTHERS


def test_two_installations_are_undone_one_after_the_other(shell: Shell, config: Path) -> None:
    for name in ("purchase.yaml", "other.yaml"):
        (shell.place / name).write_text((shell.place / "purchase.yaml").read_text())
        assert shell.run("install", "claude-desktop", name, "--config", config, "--yes").code == 0

    shell.run("install", "claude-desktop", "--undo", "--config", config, "--yes")
    assert "purchase.yaml" in str(servers(config)["pointsman"]["args"])
    shell.run("install", "claude-desktop", "--undo", "--config", config, "--yes")
    assert config.read_text() == WITH_OTHERS
    assert "Nothing to do" in shell.run("install", "claude-desktop", "--undo", "--config", config, "--yes").stdout


def test_undo_keeps_what_was_changed_since(shell: Shell, config: Path) -> None:
    shell.run("install", "claude-desktop", "purchase.yaml", "--config", config, "--yes")
    config.write_text(config.read_text().replace('"scale": 2', '"scale": 3'))
    shell.run("install", "claude-desktop", "--undo", "--config", config, "--yes")

    assert json.loads(config.read_text()) == {"mcpServers": {"files": {"command": "npx"}}, "scale": 3}


def test_without_a_yes_nothing_is_written(shell: Shell, config: Path) -> None:
    done = shell.run("install", "claude-desktop", "purchase.yaml", "--config", config, stdin="n\n")
    assert done.code == 1
    assert config.read_text() == WITH_OTHERS
    assert shell.run("install", "claude-desktop", "purchase.yaml", "--config", config, stdin="y\n").code == 0
    assert "pointsman" in servers(config)


def test_a_broken_configuration_is_refused_and_left_alone(shell: Shell, config: Path) -> None:
    config.write_text('{"mcpServers": {}\n')
    done = shell.run("install", "claude-desktop", "purchase.yaml", "--config", config, "--yes")

    assert done.code == 1
    assert f"{config}: It is no JSON" in done.stderr
    assert "line 2, column 1" in done.stderr
    assert [path.name for path in config.parent.iterdir()] == [config.name]
    assert config.read_text() == '{"mcpServers": {}\n'


def test_a_workflow_with_faults_is_not_installed(shell: Shell, config: Path) -> None:
    (shell.place / "bad.yaml").write_text("workflow: bad\n")
    done = shell.run("install", "claude-desktop", "bad.yaml", "--config", config, "--yes")
    assert done.code == 1
    assert config.read_text() == WITH_OTHERS


def test_without_a_file_the_gallerys_invoices_are_served_and_the_configuration_is_found(shell: Shell) -> None:
    home = shell.place / "home"
    done = shell.run(
        "install", "claude-desktop", "--yes", env={"HOME": str(home), "XDG_CONFIG_HOME": str(home / ".config")}
    )
    assert done.code == 0
    (found,) = home.rglob("claude_desktop_config.json")
    assert str(servers(found)["pointsman"]["args"]).count("workflow.yaml") == 1


def of_project(shell: Shell, word: str) -> Path:
    return shell.place / {"claude-code": ".mcp.json", "cursor": ".cursor/mcp.json", "vscode": ".vscode/mcp.json"}[word]


def entry_in(path: Path) -> dict[str, Any]:
    document = json.loads(path.read_text())
    found: dict[str, Any] = document.get("servers", document.get("mcpServers"))["pointsman"]
    return found


PROJECTS = [
    ("claude-code", "${CLAUDE_PROJECT_DIR:-.}"),
    ("cursor", "${workspaceFolder}"),
    ("vscode", "${workspaceFolder}"),
]


@pytest.mark.parametrize(("word", "root"), PROJECTS)
def test_a_projects_file_names_what_lies_in_the_project_from_its_folder_and_warns_of_other_paths(
    shell: Shell, word: str, root: str
) -> None:
    done = shell.run("install", word, "purchase.yaml", "--yes")
    assert done.code == 0, done.stderr
    path = of_project(shell, word)
    entry = entry_in(path)

    assert entry["type"] == "stdio"
    assert entry["args"] == ["serve", f"{root}/purchase.yaml", "--database", f"{root}/{shell.database.name}"]
    assert ("names paths of this machine" in done.stdout) == Path(entry["command"]).is_absolute()
    assert shell.run("install", word, "--undo", "--yes").code == 0
    assert "pointsman" not in path.read_text()


@pytest.mark.parametrize(
    ("word", "file"),
    [("claude-code", ".claude.json"), ("cursor", ".cursor/mcp.json"), ("vscode", "Code/User/mcp.json")],
)
def test_ones_own_configuration_is_found_and_has_absolute_paths(shell: Shell, word: str, file: str) -> None:
    env = {"HOME": str(shell.place / "home"), "XDG_CONFIG_HOME": str(shell.place / "home"), "CLAUDE_CONFIG_DIR": ""}
    done = shell.run("install", word, "purchase.yaml", "--user", "--yes", env=env)
    assert done.code == 0, done.stderr
    entry = entry_in(shell.place / "home" / file)
    assert entry["command"] == str(POINTSMAN)
    assert entry["args"][:2] == ["serve", str(shell.place / "purchase.yaml")]
    assert "shared" not in done.stdout


@pytest.mark.parametrize(("word", "_root"), PROJECTS)
def test_an_entry_of_a_server_that_runs_has_a_reference_for_its_token(shell: Shell, word: str, _root: str) -> None:
    done = shell.run(
        "install", word, "--server", "http://127.0.0.1:8080/", "--yes", env={"POINTSMAN_TOKEN": "the-secret-itself"}
    )
    assert done.code == 0, done.stderr
    text = of_project(shell, word).read_text()
    assert entry_in(of_project(shell, word))["url"] == "http://127.0.0.1:8080/mcp"
    assert "the-secret-itself" not in text + done.stdout
    assert "pointsman token create" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--server", "http://pointsman.example"), "not encrypted"),
        (("--server", "https://maria:secret@pointsman.example"), "a user or a password"),
        (("--server", "pointsman.example"), "no address of a server"),
        (("--server", "https://pointsman.example/?token=x"), "more than an address"),
        (("--server", "https://pointsman.example", "purchase.yaml"), "name neither"),
        (("--server", "https://pointsman.example", "--database", "x"), "name neither"),
    ],
)
def test_a_server_that_no_token_may_be_sent_to_is_wrong_usage(
    shell: Shell, arguments: tuple[str, ...], said: str
) -> None:
    done = shell.run("install", "cursor", *arguments, "--yes")
    assert done.code == 2
    assert said in done.stderr
    assert "secret" not in done.stderr
    assert not of_project(shell, "cursor").exists()


def test_claude_desktop_reaches_no_server_by_its_file(shell: Shell) -> None:
    assert shell.run("install", "claude-desktop", "--server", "https://pointsman.example").code == 2


def test_comments_in_a_file_of_vs_code_stay_and_are_refused_elsewhere(shell: Shell) -> None:
    text = '{\n  // the team\'s\n  "servers": {\n    "files": {"command": "npx"}, // first\n  }\n}\n'
    for word in ("vscode", "cursor"):
        of_project(shell, word).parent.mkdir()
        of_project(shell, word).write_text(text)
    done = shell.run("install", "vscode", "purchase.yaml", "--yes")
    assert done.code == 0, done.stderr
    installed = of_project(shell, "vscode").read_text().splitlines()
    assert [line for line in text.splitlines() if line not in installed] == []
    refused = shell.run("install", "cursor", "purchase.yaml", "--yes")
    assert refused.code == 1
    assert "line 2, column 3. Comments have no place in it." in refused.stderr


def test_what_sources_read_from_the_environment_is_handed_on_by_name_or_named(shell: Shell) -> None:
    workflow = (shell.place / "purchase.yaml").read_text()
    assert "sources:\n" in workflow
    stock = "{url: 'https://stock.example/mcp', headers: {Authorization: 'Bearer ${STOCK_TOKEN}'}}"
    (shell.place / "purchase.yaml").write_text(workflow.replace("sources:\n", f"sources:\n  stock: {{mcp: {stock}}}\n"))
    done = shell.run("install", "cursor", "purchase.yaml", "--yes", env={"STOCK_TOKEN": "the-secret-itself"})
    assert done.code == 0, done.stderr
    assert entry_in(of_project(shell, "cursor"))["env"] == {"STOCK_TOKEN": "${env:STOCK_TOKEN}"}
    assert "The sources need STOCK_TOKEN. Set them where Cursor is started" in done.stdout

    config = shell.place / "claude.json"
    desktop = shell.run("install", "claude-desktop", "purchase.yaml", "--config", config, "--yes")
    assert "Claude Desktop hands no variables on" in desktop.stdout
    assert "env" not in servers(config)["pointsman"]


def test_where_a_model_acts_the_key_is_said_that_the_server_will_need(shell: Shell, config: Path) -> None:
    triage = Path(__file__).parents[3] / "docs" / "examples" / "triage.yaml"
    done = shell.run("install", "claude-desktop", triage, "--config", config, "--yes")
    assert done.code == 0
    assert "In triage a model acts: `serve` does not start without a key to ask it with." in done.stdout
    assert "uvx keyring set pointsman anthropic" in done.stdout
    assert 'under "env" of the entry' in done.stdout
    without = shell.run("install", "claude-desktop", "purchase.yaml", "--config", config, "--yes")
    assert "a model acts" not in without.stdout
