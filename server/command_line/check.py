"""`pointsman check`: every fault of workflow files, in one run.

Nothing is imported, connected or started, but by `--sources`.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import click

from pointsman.contracts.bounds import FILE_BYTES
from pointsman.contracts.findings import Finding, as_json, as_text
from pointsman.contracts.loading import check
from pointsman.contracts.signatures import ToolsOfSource
from pointsman.contracts.visible import visible

from .failures import FoundProblems, NotReached
from .options import Choice
from .output import print_json

STDIN: Final = "-"
_WITHOUT_WAITING: Final = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
"""Each on the systems that have it: a named pipe is opened at once, and line ends stay as they are."""


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path, allow_dash=True))
@click.option("--format", "form", type=Choice(["text", "json", "sarif"]), default="text", show_default=True)
@click.option("--strict", is_flag=True, help="Let warnings count as errors.")
@click.option(
    "--sources",
    "asking",
    is_flag=True,
    help="Ask the sources: this imports modules, starts servers, fetches documents.",
)
def command(files: tuple[Path, ...], form: str, *, strict: bool, asking: bool) -> None:
    """Find what is wrong with workflow files; - is standard input.

    Exit code 0 if they can be served, 1 if not, 4 if one cannot be opened or, with --sources, a source cannot be
    asked. Warnings alone leave it at 0.
    `pointsman explain CODE` says what a finding means.
    """
    findings: list[Finding] = []
    sources: dict[str, str] = {}
    unread: list[str] = []
    for file in files:
        try:
            content = _content(file)
        except OSError as error:
            unread.append(f"{file}: {error.strerror}.")
        else:
            sources[str(file)] = content.decode("utf-8-sig", "replace")
            asked, problems = _ask(content, file) if asking else (_NOTHING_ASKED, ())
            findings += check(content, str(file), asked)
            unread += (f"{file}: {problem}" for problem in problems)
    _print(form, findings, sources)
    if unread:
        raise NotReached("\n".join(unread))
    if any(strict or finding.severity == "error" for finding in findings):
        sys.exit(FoundProblems.exit_code)


_NOTHING_ASKED: Final[Mapping[str, ToolsOfSource]] = {}


def _ask(content: bytes, file: Path) -> tuple[Mapping[str, ToolsOfSource], tuple[str, ...]]:
    from .asking import ask
    from .logging import log_to_stderr

    log_to_stderr("warning")
    return ask(content, file)


def _print(form: str, findings: list[Finding], sources: Mapping[str, str]) -> None:
    if form == "json":
        click.echo(as_json(findings))
    elif form == "sarif":
        from .sarif import as_sarif

        print_json(as_sarif(findings))
    elif findings:
        click.echo(as_text(findings, sources), nl=False)
    elif sources:
        click.echo(f"{', '.join(map(visible, sources))}: nothing found.")


def _content(file: Path) -> bytes:
    """Read a file, no further than it takes to see that it is too large.

    A device gives bytes for ever and a pipe none, so the file is opened without waiting, and looked at first.

    Raises:
        OSError: it cannot be read, or is no file.
    """
    if str(file) == STDIN:
        return sys.stdin.buffer.read(FILE_BYTES + 1)
    descriptor = os.open(file, os.O_RDONLY | _WITHOUT_WAITING)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "This is no file. Give workflow files", str(file))
    with os.fdopen(descriptor, "rb") as opened:
        return opened.read(FILE_BYTES + 1)
