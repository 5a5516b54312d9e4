"""The documentation's examples: each workflow is without findings, and each script runs as it says."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.server.command_line.terminal import Shell

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
SCRIPTS = sorted(path.name for path in EXAMPLES.glob("*.script.yaml"))
WORKFLOWS = sorted(path.name for path in EXAMPLES.glob("*.yaml") if path.name not in SCRIPTS)


def _marks(name: str) -> list[pytest.MarkDecorator]:
    """An example with an MCP server of its own starts that one too."""
    return [pytest.mark.slow] if (EXAMPLES / name.replace(".script.yaml", "_server.py")).exists() else []


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
    done = shell.run("run", workflow, "--script", name)
    assert done.code == 0, done.stdout + done.stderr
