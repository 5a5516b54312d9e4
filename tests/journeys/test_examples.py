"""The documentation's examples: each workflow is without findings, and each script runs as it says."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.server.command_line.terminal import Shell

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
SCRIPTS = sorted(path.name for path in EXAMPLES.glob("*.script.yaml"))
WORKFLOWS = sorted(path.name for path in EXAMPLES.glob("*.yaml") if path.name not in SCRIPTS)


def _beside(script: str, ending: str) -> Path:
    """A program that belongs to an example; there may be none."""
    return EXAMPLES / script.replace(".script.yaml", ending)


def _marks(name: str) -> list[pytest.MarkDecorator]:
    """An example with a server of its own starts that one too."""
    beside = [_beside(name, ending) for ending in ("_server.py", "_api.py")]
    return [pytest.mark.slow] if any(path.exists() for path in beside) else []


@contextmanager
def _environment(script: str) -> Generator[dict[str, str]]:
    """What an example reads from the environment: where its HTTP interface is, which runs meanwhile."""
    program = _beside(script, "_api.py")
    if not program.exists():
        yield {}
        return
    secrets = {"STOCK_TOKEN": "demo"}
    command = [sys.executable, str(program)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=secrets) as process:
        assert process.stdout is not None
        try:
            yield {**secrets, "STOCK_URL": process.stdout.readline().strip()}
        finally:
            process.terminate()


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    shutil.copytree(EXAMPLES, tmp_path, dirs_exist_ok=True)
    return Shell(tmp_path)


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_workflow_of_the_documentation_has_no_findings(shell: Shell, name: str) -> None:
    done = shell.run("check", "--strict", name)
    assert (done.code, done.stdout) == (0, f"{name}: nothing found.\n")


@pytest.mark.parametrize("name", [pytest.param(name, marks=_marks(name)) for name in SCRIPTS])
def test_a_script_of_the_documentation_runs_as_it_says(shell: Shell, name: str) -> None:
    """`refund.script.yaml` plays `refund.yaml`."""
    workflow = name.removesuffix(".script.yaml") + ".yaml"
    with _environment(name) as environment:
        done = shell.run("run", workflow, "--script", name, env=environment)
    assert done.code == 0, done.stdout + done.stderr
