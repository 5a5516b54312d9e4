"""docs/reviews.md: what it shows is run, as its reader would."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

from tests.server.command_line.remote import remote, token_of
from tests.server.command_line.terminal import ME, Shell

ROOT: Final = Path(__file__).parents[2]
EXAMPLES: Final = ROOT / "docs" / "examples"
PAGE: Final = (ROOT / "docs" / "reviews.md").read_text(encoding="utf-8")
BLOCKS: Final = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
COMMANDS: Final = [line for block in BLOCKS for line in block.splitlines() if "pointsman review" in line]
CURLS: Final = [one for block in BLOCKS for one in re.findall(r"^curl (?:.*\\\n)*.*$", block, re.MULTILINE)]


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    shutil.copytree(EXAMPLES, tmp_path, dirs_exist_ok=True)
    return Shell(tmp_path)


def until_a_person_decides(shell: Shell, name: str) -> str:
    """Play an example up to its first decision, and name its session."""
    script = shell.place / "until.yaml"
    script.write_text((EXAMPLES / f"{name}.script.yaml").read_text().partition("  - {decide:")[0])
    run = shell.run("run", f"{name}.yaml", "--script", script, "--database", shell.database)
    assert run.code == 0, run.stdout + run.stderr
    return str(shell.run("sessions", "list", "--json").lines[0]["session"])


def people(shell: Shell, role: str) -> dict[str, str]:
    return {"MARIA": token_of(shell, "maria", role), "OTTO": token_of(shell, "otto", role)}


def ran(shell: Shell, command: str, named: dict[str, str]) -> str:
    """Run a command of the page, and give what it printed. What it says is refused is."""
    for name, value in named.items():
        command = command.replace(f"${name}", value)
    words = shlex.split(command, comments=True)
    token = words.pop(0).partition("=")[2] if words[0].startswith("POINTSMAN_TOKEN") else None
    done = shell.run(*words[1:], env={} if token is None else {"POINTSMAN_TOKEN": token})
    assert done.code == (1 if command.endswith("# refused") else 0), (command, done)
    return done.stdout + done.stderr


def test_its_workflow_is_that_of_the_example() -> None:
    [block] = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert block in (EXAMPLES / "grant.yaml").read_text()


def test_what_it_does_to_a_review_is_done(shell: Shell) -> None:
    session = until_a_person_decides(shell, "grant")
    named = {**people(shell, "board"), "REVIEW": session}
    of_review = [one for one in COMMANDS if "$CALL" not in one]
    said = {one: ran(shell, one, named) for one in of_review}
    [refused] = [text for one, text in said.items() if one.endswith("# refused")]
    [told] = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)
    assert " ".join(told.split()).replace("REVIEW", session) in " ".join(refused.split())
    [shown] = [text for one, text in said.items() if "review show" in one]
    assert "confidence" in shown
    assert "Two bridges of this length cost as much." in shown
    field = shell.look("sessions", "show", session)["record"]["amount"]
    was = field["was"]
    assert (field["value"], was["value"], was["by"], was["confidence"]) == (1200, 1500, ME, 0.8)
    told_of_it = ran(shell, "pointsman sessions show $REVIEW", named)
    assert f"it was 1500 (by {ME}, confidence 0.8" in " ".join(told_of_it.split())
    acts = [
        row["body"]["act"] for row in shell.look("audit", "list", "--kind", "admin") if row["session_id"] == session
    ]
    assert sorted(acts) == ["claimed", "claimed", "delegated", "released"]


def test_what_it_does_to_a_call_is_done(shell: Shell) -> None:
    session = until_a_person_decides(shell, "archive")
    [call] = [one["id"] for one in shell.look("review", "list") if one["id"].startswith(session)]
    named = {**people(shell, "archivist"), "CALL": str(call)}
    commands = [one for one in COMMANDS if "$CALL" in one]
    assert len(commands) == 3
    *_, ran_it = [ran(shell, one, named) for one in commands]
    assert "archive.delete: done." in ran_it


def test_what_it_asks_of_the_api_is_answered(shell: Shell) -> None:
    session = until_a_person_decides(shell, "grant")
    with remote(shell, "grant.yaml", "board") as server:
        environment = {"POINTSMAN_SERVER": server.url, "POINTSMAN_TOKEN": server.token, "REVIEW": session}
        for shown in CURLS:
            quiet = shown.replace("curl ", "curl --silent --show-error --fail-with-body --max-time 20 ", 1)
            done = subprocess.run(
                ["sh", "-c", quiet], env={**environment, "PATH": "/usr/bin:/bin"}, capture_output=True, check=False
            )
            assert done.returncode == 0, (shown, done.stdout, done.stderr)
        claim = server.run("review", "show", session, "--json").document["claim"]
    blocks = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert [{**json.loads(one), "at": claim["at"]} for one in blocks] == [claim]


def test_its_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", PAGE):
        assert (ROOT / "docs" / target).exists(), target
