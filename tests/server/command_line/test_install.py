"""`pointsman install claude-desktop`, as the user runs it."""

import json
from pathlib import Path

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
