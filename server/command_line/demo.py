"""`pointsman demo`: a workflow of the gallery, from start to end."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from shlex import quote
from typing import Final

import click

from .failures import FoundProblems, WrongUsage
from .invocation import program
from .keeping import environment_with_key

EXPLANATION: Final = (
    "A Pointsman server runs as a process of its own, and a real MCP client drives it, playing an agent that makes "
    "mistakes on purpose. Every call goes through the workflow's state machine: what the state does not allow is "
    "refused, with the reason, and the agent corrects itself. A second person decides; the agent cannot. In the end "
    "you see every call in the audit trail, and the proof that nothing of it was changed."
)
MODEL_EXPLANATION: Final = (
    "A Pointsman server runs as a process of its own and asks a model in the states that are the model's. Here that is "
    "a script: a server on this machine speaks the Messages API and gives its answers, the wrong ones too, and nothing "
    "is paid. Whatever an answer calls goes through the workflow's state machine like any agent's call. You see what "
    "each answer would cost, how sure the model is, and why. Where that is not enough, a person decides. In the end "
    "you see every call in the audit trail, and the proof that nothing of it was changed."
)
REAL_EXPLANATION: Final = (
    "A Pointsman server runs as a process of its own and asks Claude in the states that are the model's, with your "
    "key. Whatever an answer calls goes through the workflow's state machine like any agent's call. The people are "
    "those of a script; Claude follows none, so it may well go another way, and then the play ends there."
)
ANOTHER_WAY: Final = "Claude went another way than the script. That is no fault: what it did stands above."
_DEFAULT: Final = "invoices"
_RECORDS: Final = "POINTSMAN_GALLERY_DATA"


@click.command("demo")
@click.argument("name", default=_DEFAULT)
@click.option("--faults", "faulty", is_flag=True, help="Let what the tools rely on fail, and see what comes of it.")
@click.option("--real", is_flag=True, help="Where a model acts, ask Claude itself, with your key, and pay for it.")
def command(name: str, *, faulty: bool, real: bool) -> None:
    """Watch a workflow from the gallery run from start to end.

    NAME is the gallery's name for it; without one, invoices. Everything happens in a temporary folder. Where a model
    acts, a server on this machine that speaks the Messages API gives the answers of a script; nothing is paid.
    """
    if faulty and real:
        raise WrongUsage("What --faults shows follows a script; a real model follows none. Leave one of the two out.")
    from ..scripts.agent import Serving
    from ..scripts.gallery import NotInGallery, faults_of, script_file, workflow_file
    from ..scripts.script import load_script
    from .logging import log_to_stderr
    from .playing import play, temporary_folder

    try:
        faults = faults_of(name) if faulty else None
        file, script = workflow_file(name), load_script(script_file(name, "faults" if faulty else "demo"))
    except NotInGallery as error:
        raise WrongUsage(str(error)) from error
    log_to_stderr("error")
    if real:
        _check_key(name, asks_models=script.model is not None)
    then = _then(name, file, asks_models=script.model is not None)
    explanation = EXPLANATION if script.model is None else MODEL_EXPLANATION
    with temporary_folder() as folder, _records_in(folder):
        serving = Serving(file, folder / "pointsman.sqlite3")
        if faults is not None:
            faults.switch_on()
            play(script, serving, faults.EXPLANATION, then, faults.outside)
        elif not real:
            play(script, serving, explanation, then)
        else:
            try:
                play(script.model_copy(update={"model": None}), serving, REAL_EXPLANATION, then)
            except FoundProblems:
                click.echo(ANOTHER_WAY)


def _check_key(name: str, *, asks_models: bool) -> None:
    """Refuse to play with a real model where there is none to ask; keep the key of one that there is."""
    from pointsman.tools.models.way import find_way

    from ..hardening import close_to_other_programs

    if not asks_models:
        raise WrongUsage(f"No model acts in {name}, so there is none to ask: leave --real out.")
    close_to_other_programs()
    find_way(environment_with_key())


def _then(name: str, file: Path, *, asks_models: bool) -> tuple[tuple[str, str], ...]:
    """Say what to do next."""
    started, shown = program(), quote(str(file))
    served = "" if name == _DEFAULT else f" {shown}"
    another = min(path for path in (file.parent / "scripts").glob("*.yaml") if path.stem not in ("demo", "faults"))
    first = (
        ("Let Claude do this, with your key in ANTHROPIC_API_KEY:", f"{started} demo {name} --real")
        if asks_models
        else ("Let Claude work in this workflow:", f"{started} install claude-desktop{served}")
    )
    return (
        first,
        ("Draw it:", f"{started} graph {shown} --format svg > picture.svg"),
        ("Play another script:", f"{started} run {shown} --script {quote(str(another))}"),
    )


@contextmanager
def _records_in(folder: Path) -> Generator[None]:
    """Keep the example's records in this folder, for this process and the server process it starts."""
    before = os.environ.get(_RECORDS)
    os.environ[_RECORDS] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ[_RECORDS]
        else:
            os.environ[_RECORDS] = before
