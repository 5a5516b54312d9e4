"""The clients of docs/examples/clients, as docs/clients.md shows them: each starts a session and moves it.

LangChain's adapters and OpenAI's SDK need the SDK of MCP in its version 1, so they run in environments of their
own, made with uv. The Inspector comes from npm: `npm install --prefix tests/conformance/suite`.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from tests.server.command_line.listening import listening
from tests.server.command_line.terminal import ME, POINTSMAN, Shell

ROOT: Final = Path(__file__).parents[2]
WORKFLOW: Final = Path("docs") / "examples" / "expense.yaml"
CLIENTS: Final = Path("docs") / "examples" / "clients"
MODULES: Final = ROOT / "tests" / "conformance" / "suite" / "node_modules"
PATIENCE_S: Final = 120


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    shutil.copytree(ROOT / "docs" / "examples", tmp_path / "docs" / "examples")
    return Shell(tmp_path)


@pytest.fixture(scope="module")
def adapters(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment with LangChain's adapters and OpenAI's SDK."""
    uv = shutil.which("uv")
    if uv is None:
        pytest.skip("there is no uv")
    place = tmp_path_factory.mktemp("adapters")
    python = place / "bin" / "python"
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, place], check=True, timeout=PATIENCE_S)
    done = subprocess.run(
        [uv, "pip", "install", "--quiet", "--python", python, "langchain-mcp-adapters", "openai-agents"],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    if done.returncode != 0:
        pytest.skip(f"the adapters cannot be installed here: {done.stderr.strip().splitlines()[-1]}")
    return python


def ran(shell: Shell, *words: str | Path, **more: str) -> str:
    """Run an example from the root of the documentation's tree, with `pointsman` on the PATH; give what it says."""
    path = os.pathsep.join([more.pop("PATH", ""), str(POINTSMAN.parent), os.environ["PATH"]]).lstrip(os.pathsep)
    done = subprocess.run(
        words,
        cwd=shell.place,
        env={**shell.environment, "HOME": str(shell.place), "PATH": path, **more},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@contextmanager
def reachable(shell: Shell) -> Generator[dict[str, str]]:
    """A server that asks for tokens, and the environment in which an example reaches it as an agent of maria's."""
    made = shell.run("token", "create", "desk", "--kind", "agent", "--owner", "maria")
    assert made.code == 0, made.stderr
    with listening(shell, WORKFLOW, "--require-token") as url:
        yield {"POINTSMAN_URL": f"{url}/mcp", "POINTSMAN_TOKEN": made.stdout.strip()}


def require_paid(shell: Shell, said: str, by: str = ME) -> None:
    """Hold what an example says against what the database has."""
    assert "budget_left" in said
    assert "state: paid" in said
    (session,) = shell.look("sessions", "list")
    assert (session["workflow"], session["state"], session["started_by"]) == ("expense", "paid", by)


def test_what_the_documentation_shows_of_them_stands_in_them() -> None:
    document = (ROOT / "docs" / "clients.md").read_text()
    programs = "".join(path.read_text() for path in (ROOT / CLIENTS).glob("*.py"))
    blocks = re.findall(r"```python\n(.*?)```", document, re.DOTALL)
    assert len(blocks) == 3
    assert [block for block in blocks if block not in programs] == []
    for target in re.findall(r"\]\(([^)#:]+)\)", document):
        assert (ROOT / "docs" / target).exists(), target


def test_the_client_of_mcps_sdk_starts_a_server_and_moves_a_session(shell: Shell) -> None:
    require_paid(shell, ran(shell, sys.executable, CLIENTS / "sdk_client.py"))


@pytest.mark.slow
@pytest.mark.parametrize("example", ["langchain_tools.py", "openai_agents.py"])
def test_the_adapters_of_agents_start_a_server_and_move_a_session(shell: Shell, adapters: Path, example: str) -> None:
    require_paid(shell, ran(shell, adapters, CLIENTS / example))


def test_the_client_of_mcps_sdk_reaches_a_server_with_its_token(shell: Shell) -> None:
    with reachable(shell) as environment:
        said = ran(shell, sys.executable, CLIENTS / "sdk_client.py", **environment)
    require_paid(shell, said, by="maria")


@pytest.mark.slow
@pytest.mark.parametrize("example", ["langchain_tools.py", "openai_agents.py"])
def test_the_adapters_of_agents_reach_a_server_with_their_token(shell: Shell, adapters: Path, example: str) -> None:
    with reachable(shell) as environment:
        said = ran(shell, adapters, CLIENTS / example, **environment)
    require_paid(shell, said, by="maria")


def inspector(shell: Shell) -> str:
    """Give the PATH on which the Inspector and its Node are; it stands beside the example as an installation would."""
    if not (MODULES / "@modelcontextprotocol" / "inspector").exists() or shutil.which("npx") is None:
        pytest.skip("the Inspector is not installed: npm install --prefix tests/conformance/suite")
    (shell.place / "node_modules").symlink_to(MODULES)
    return str(MODULES / ".bin")


@pytest.mark.slow
def test_the_inspector_starts_a_server_and_a_session(shell: Shell) -> None:
    said = ran(shell, "sh", CLIENTS / "inspector.sh", PATH=inspector(shell), npm_config_offline="true")
    assert '"start_expense"' in said
    # It hands no variables on, so the database is the one of its user.
    (session,) = shell.run("sessions", "list", "--json", env={"HOME": str(shell.place), "POINTSMAN_DATABASE": ""}).lines
    assert (session["workflow"], session["state"]) == ("expense", "claiming")


@pytest.mark.slow
def test_the_inspector_reaches_a_server_with_its_token(shell: Shell) -> None:
    path = inspector(shell)
    with reachable(shell) as environment:
        said = ran(shell, "sh", CLIENTS / "inspector.sh", PATH=path, npm_config_offline="true", **environment)
    assert '"start_expense"' in said
    (session,) = shell.look("sessions", "list")
    assert (session["state"], session["started_by"]) == ("claiming", "maria")


@pytest.mark.slow
@pytest.mark.parametrize("client", ["claude-desktop", "claude-code", "cursor"])
def test_the_inspector_starts_what_was_installed_for_a_client(shell: Shell, client: str) -> None:
    """It reads files of the form that these clients share."""
    path, config = inspector(shell), shell.place / "own.json"
    installed = shell.run("install", client, WORKFLOW, "--config", config, "--yes")
    assert installed.code == 0, installed.stderr
    words = ("npx", "@modelcontextprotocol/inspector", "--cli", "--config", config, "--server", "pointsman")
    said = ran(shell, *words, "--method", "tools/list", PATH=path, npm_config_offline="true")
    assert '"start_expense"' in said


@pytest.mark.slow
def test_claude_code_connects_by_what_was_installed(shell: Shell) -> None:
    """Its own check of servers, which needs no account: one that it starts, one that it reaches with a token."""
    if shutil.which("claude") is None:
        pytest.skip("Claude Code is not installed here")
    quiet = {"DISABLE_TELEMETRY": "1", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1", "CLAUDE_CONFIG_DIR": ""}
    home = {"HOME": str(shell.place), "CLAUDE_CONFIG_DIR": ""}
    assert shell.run("install", "claude-code", WORKFLOW, "--user", "--yes", env=home).code == 0
    with reachable(shell) as environment:
        url = environment.pop("POINTSMAN_URL")
        words = ("install", "claude-code", "--server", url, "--name", "desk", "--user", "--yes")
        assert shell.run(*words, env=home).code == 0
        said = ran(shell, "claude", "mcp", "list", **quiet, **environment)
        assert len(re.findall(r"^(?:pointsman|desk): .*Connected", said, re.MULTILINE)) == 2, said
    assert environment["POINTSMAN_TOKEN"] not in (shell.place / ".claude.json").read_text()
