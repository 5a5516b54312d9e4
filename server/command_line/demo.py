"""`pointsman demo`: a workflow of the gallery, from start to end."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from shlex import quote
from typing import Final

import click

from .failures import WrongUsage
from .invocation import program

EXPLANATION: Final = (
    "A Pointsman server runs as a process of its own, and a real MCP client drives it, playing an agent that makes "
    "mistakes on purpose. Every call goes through the workflow's state machine: what the state does not allow is "
    "refused, with the reason, and the agent corrects itself. A second person decides; the agent cannot. In the end "
    "you see every call in the audit trail, and the proof that nothing of it was changed."
)
_DEFAULT: Final = "invoices"
_RECORDS: Final = "POINTSMAN_GALLERY_DATA"


@click.command("demo")
@click.argument("name", default=_DEFAULT)
@click.option("--faults", "faulty", is_flag=True, help="Let what the tools rely on fail, and see what comes of it.")
def command(name: str, *, faulty: bool) -> None:
    """Watch a workflow from the gallery run from start to end.

    NAME is the gallery's name for it; without one, invoices. Everything happens in a temporary folder.
    """
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
    started, shown = program(), quote(str(file))
    served = "" if name == _DEFAULT else f" {shown}"
    another = min(path for path in (file.parent / "scripts").glob("*.yaml") if path.stem not in ("demo", "faults"))
    then = (
        ("Let Claude work in this workflow:", f"{started} install claude-desktop{served}"),
        ("Draw it:", f"{started} graph {shown} --format svg > picture.svg"),
        ("Play another script:", f"{started} run {shown} --script {quote(str(another))}"),
    )
    log_to_stderr("error")
    with temporary_folder() as folder, _records_in(folder):
        serving = Serving(file, folder / "pointsman.sqlite3")
        if faults is None:
            play(script, serving, EXPLANATION, then)
        else:
            faults.switch_on()
            play(script, serving, faults.EXPLANATION, then, faults.outside)


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
