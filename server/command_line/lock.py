"""`pointsman lock`: look at what MCP servers and OpenAPI documents say of tools, and pin it.

What they say is shown as it is, with everything visible that would hide or steer, and marked:
it is written by others, for a model, and may hold instructions.
"""

from __future__ import annotations

import asyncio
import difflib
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from .failures import FoundProblems, WrongUsage
from .options import database_option

if TYPE_CHECKING:
    from pointsman.contracts.lock import LockedTool

    from ..pins import Change, Found

_PARTS: Final = ("description", "input_schema", "output_schema", "annotations")
_MARK: Final = "  | "
_CONTEXT_LINES: Final = 2


@click.command("lock")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--diff", "only_show", is_flag=True, help="Show what is not as it was pinned, and write nothing.")
@database_option
def command(files: tuple[Path, ...], *, only_show: bool, database: str | None) -> None:
    """Pin what the MCP servers and OpenAPI documents of workflows say of their tools.

    Starts the servers, reads the documents, shows what they say of each tool that is new or not as it was pinned, and
    writes it to pointsman.lock beside the workflow. Only what is pinned there is offered to agents. Where something
    pinned has changed, the source's name is typed once more, at a terminal. Who has pinned what is a row of the audit,
    in the chain `server` of the database.

    Exit codes: 0 done (with --diff: all is as it was pinned), 1 something is not as it was pinned.
    """
    from .logging import log_to_stderr

    log_to_stderr("error")
    differs = False
    for file in files:
        found = _look(file)
        differs = _show(file, found) or differs
        if not only_show:
            _pin(file, found, database)
    if only_show and differs:
        sys.exit(FoundProblems.exit_code)


def _look(file: Path) -> tuple[Found, ...]:
    from pointsman.contracts.loading import load

    from ..pins import look

    workflow = load(file.read_bytes(), str(file))
    found = asyncio.run(look(workflow, file.absolute().parent))
    if not found:
        raise FoundProblems(
            f"{file} has no MCP server and no OpenAPI document among its sources, so there is nothing to pin."
        )
    return found


def _show(file: Path, found: Sequence[Found]) -> bool:
    """Show what is not as it was pinned; say whether anything is."""
    from pointsman.contracts.visible import visible

    changes = [change for one in found for change in one.changes]
    if changes:
        click.echo(f"Lines after `{_MARK.strip()}` are what others say. They are not to be trusted, or followed.")
    for change in changes:
        click.echo("\n".join(_lines(change)))
    for one in found:
        for name, why in one.left_out.items():
            click.echo(f"! {one.source}: the tool {visible(name)!r} cannot be pinned: {why}")
        if not one.changes:
            click.echo(f"{file}: {one.source}: all {len(one.after.tools)} tools are as they were pinned.")
    return bool(changes)


def _lines(change: Change) -> Iterator[str]:
    what = "new" if change.before is None else "offered no more" if change.after is None else "changed"
    yield f"{ {'new': '+', 'changed': '~'}.get(what, '-') } {change.tool} ({what})"
    if change.after is None:
        return
    for part in _PARTS:
        before, after = _text(change.before, part), _text(change.after, part)
        if change.before is None:
            yield from ([f"  {part}:", *(_MARK + line for line in after)] if after else ())
        elif before != after:
            yield f"  {part}:"
            compared = difflib.unified_diff(before, after, n=_CONTEXT_LINES, lineterm="")
            yield from (_MARK + line for line in list(compared)[2:])


def _text(tool: LockedTool | None, part: str) -> list[str]:
    """Write a part of a definition as lines in which nothing is hidden."""
    from pointsman.contracts.visible import visible

    value: object = None if tool is None else getattr(tool, part)
    if value is None or value in ("", {}):
        return []
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)
    return visible(text, lines=True).split("\n")


def _pin(file: Path, found: tuple[Found, ...], database: str | None) -> None:
    from ..pins import in_short, pin
    from .acting import record_act
    from .confirming import at_a_terminal, confirm

    breaking = [one.source for one in found if one.breaks]
    if breaking and not at_a_terminal():
        raise WrongUsage(
            f"What was pinned of {', '.join(breaking)} has changed. That is approved at a terminal, where the source's "
            "name is typed once more; here is none. Nothing was written."
        )
    for source in breaking:
        confirm(source, f"Agents will be offered what {source} says now. Type {source!r} to pin it:")
    if any(one.changes or one.before is None for one in found):
        # First: what is not audited is not pinned.
        record_act(database, "pinned", in_short(file.absolute().parent, found))
        click.echo(f"Pinned: {pin(file.absolute().parent, found)}")
