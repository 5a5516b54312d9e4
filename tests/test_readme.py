"""What the README says is so: its example is a file, its commands exist and run, its picture is the program's."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import click
import pytest

from pointsman.gallery import path as gallery_path
from pointsman.server.command_line import main
from tests.server.command_line.terminal import Shell

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
EXAMPLES = ROOT / "docs" / "examples"


def commands() -> list[list[str]]:
    """The words of every command of ours in the README's shell blocks."""
    lines = [line for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL) for line in block.splitlines()]
    found = [shlex.split(line.partition(" > ")[0], comments=True) for line in lines if "pointsman " in line]
    return [words[words.index("pointsman") + 1 :] for words in found]


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    shutil.copytree(EXAMPLES, tmp_path / "docs" / "examples")
    return Shell(tmp_path)


def test_its_workflow_is_the_file_it_names() -> None:
    (block,) = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    assert block == (EXAMPLES / "expense.yaml").read_text()


def test_it_fits_two_screens_and_its_links_lead_somewhere() -> None:
    """House style, "Documentation"."""
    prose = re.sub(r"```yaml\n.*?```", "", README, flags=re.DOTALL)
    assert len(prose.splitlines()) <= 100
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / target).exists(), target


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_every_command_in_it_exists_with_these_options(words: list[str]) -> None:
    command: click.Command = main
    context = click.Context(main)
    while isinstance(command, click.Group):
        found = command.get_command(context, words.pop(0))
        assert found is not None
        command, context = found, click.Context(found, parent=context)
    known = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= known


@pytest.mark.parametrize(
    "words",
    [words for words in commands() if words[0] in {"check", "graph", "table", "run"}],
    ids=lambda words: str(words[0]),
)
def test_the_commands_on_its_example_run(shell: Shell, words: list[str]) -> None:
    done = shell.run(*words)
    assert done.code == 0, done.stdout + done.stderr


def test_the_second_person_decides_as_it_says(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the token to the proof, with the README's own commands on a session that somebody else has started."""
    words = {(command[0], command[1]): command for command in commands() if len(command) > 1}
    erp = {"POINTSMAN_GALLERY_DATA": str(shell.place / "records")}
    for name, value in erp.items():
        monkeypatch.setenv(name, value)
    script = shell.place / "until-review.yaml"
    whole = (gallery_path("invoices").parent / "scripts" / "demo.yaml").read_text()
    script.write_text(whole.partition("  - decide: approve")[0])
    run = shell.run("run", gallery_path("invoices"), "--script", script, "--database", shell.database, env=erp)
    assert run.code == 0, run.stdout + run.stderr
    (session,) = shell.run("sessions", "list", "--json").lines
    handle = str(session["session"])

    made = shell.at_terminal(*words["token", "create"], typed="maria")
    assert made.code == 0, made.stdout
    token = max(re.findall(r"[A-Za-z0-9_-]{30,}", made.stdout), key=len)

    def documented(group: str, name: str, **environment: str) -> str:
        arguments = [handle if word == "ID" else word for word in words[group, name]]
        done = shell.run(*arguments, env={**erp, **environment})
        assert done.code == 0, done.stdout + done.stderr
        return done.stdout

    assert handle in documented("review", "list")
    assert "return_to_vendor" in documented("review", "show")
    documented("review", "decide", POINTSMAN_TOKEN=token)
    assert "maria" in documented("audit", "show")
    assert "Verified" in documented("audit", "verify")
    assert shell.run("sessions", "list", "--json").lines[0]["state"] == "completed"


def test_its_picture_is_drawn_by_the_program(shell: Shell) -> None:
    """Mend with: uv run pointsman graph gallery/invoices/workflow.yaml --format svg > docs/invoices.svg"""
    drawn = shell.run("graph", gallery_path("invoices"), "--format", "svg").stdout
    assert (ROOT / "docs" / "invoices.svg").read_text() == drawn
