"""`pointsman check`: every fault of workflow files, in one run. Nothing is imported, connected or started."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from pointsman.contracts.bounds import FILE_BYTES
from pointsman.contracts.findings import Finding, as_json, as_text
from pointsman.contracts.loading import check


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--strict", is_flag=True, help="Let warnings count as errors.")
def command(files: tuple[Path, ...], form: str, *, strict: bool) -> None:
    """Find what is wrong with workflow files.

    Exit code 0 if they can be served, 1 if not. Warnings alone leave it at 0.
    """
    findings: list[Finding] = []
    sources: dict[str, str] = {}
    for file in files:
        content = _content(file)
        sources[str(file)] = content.decode(errors="replace")
        findings += check(content, str(file))
    if form == "json":
        click.echo(as_json(findings))
    elif findings:
        click.echo(as_text(findings, sources), nl=False)
    else:
        click.echo(f"{', '.join(map(str, files))}: nothing found.")
    if any(strict or finding.severity == "error" for finding in findings):
        sys.exit(1)


def _content(file: Path) -> bytes:
    """Read a file, no further than it takes to see that it is too large."""
    if file.exists() and not file.is_file():
        raise click.UsageError(f"{file} is no file. Give workflow files.")
    with file.open("rb") as opened:
        return opened.read(FILE_BYTES + 1)
