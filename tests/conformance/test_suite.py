"""The official conformance suite of MCP against `pointsman serve --http`: its frozen requirement sets, served twice.

Once the suite's fixtures are the functions of a Python module, once they are those of an MCP server
behind this one; both times they are tools of an ordinary workflow of one state, and whatever the suite
calls goes through the governor. The suite comes from npm: `npm install --prefix tests/conformance/suite`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from tests.server.command_line.listening import listening
from tests.server.command_line.terminal import Shell

HERE: Final = Path(__file__).parent
MODULES: Final = HERE / "suite" / "node_modules"
SUITE: Final = MODULES / "@modelcontextprotocol" / "conformance" / "dist" / "index.js"
OLDEST_NODE: Final = 22
PATIENCE_S: Final = 120

pytestmark = pytest.mark.conformance


def node() -> str:
    """The Node that runs the suite; the test is skipped where there is none."""
    if not SUITE.exists():
        pytest.skip("the suite is not installed: npm install --prefix tests/conformance/suite")
    found = shutil.which("node", path=str(MODULES / "node" / "bin")) or shutil.which("node")
    if found is None:
        pytest.skip("there is no Node")
    told = subprocess.run([found, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    if int(told.removeprefix("v").partition(".")[0]) < OLDEST_NODE:
        pytest.skip(f"the suite needs Node {OLDEST_NODE} or later, and this is {told}")
    return found


@contextmanager
def serving(shell: Shell, workflow: Path) -> Generator[tuple[str, str]]:
    """Start a session, and serve it to every connection; give where, and the session."""
    started = shell.run("sessions", "start", workflow, "--json")
    assert started.code == 0, started.stderr
    session = str(started.document["session"])
    with listening(shell, workflow, "--session", session) as url:
        yield f"{url}/mcp", session


@pytest.mark.parametrize("requirements", ["2025-11-25", "2026-07-28"])
@pytest.mark.parametrize("fixtures", ["python", "gateway"])
def test_every_scored_scenario_passes_through_the_gate(
    tmp_path: Path, fixtures: str, requirements: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Issue 4: expected failures are none but the unscored tasks and skills extensions."""
    program, shell = node(), Shell(tmp_path)
    with serving(shell, HERE / f"{fixtures}.yaml") as (url, session):
        expected = HERE / "expected-failures.yaml"
        done = subprocess.run(
            [program, SUITE, "server", "--url", url, "--requirements", requirements, "--expected-failures", expected],
            cwd=tmp_path,
            env={**os.environ, "NO_COLOR": "1"},
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
    with capsys.disabled():
        sys.stdout.write(f"\n{fixtures}, {requirements}:\n{done.stdout[done.stdout.rfind('=== SUMMARY ===') :]}")
    assert done.returncode == 0, done.stdout + done.stderr
    rows = shell.run("audit", "list", "--session", session, "--limit", "10000", "--json").lines
    called = {row["action"] for row in rows if row["kind"] == "settled"}
    assert {"test.simple_text", "test.read_resource", "test.get_prompt", "test.tool_with_progress"} <= called
    assert shell.run("audit", "verify").code == 0
