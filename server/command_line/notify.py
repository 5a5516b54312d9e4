"""`pointsman notify`: tries who would be told of what waits, by a message that says so."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

import click

from ..notices.settings import Target, UnfitNotices, notify_settings
from .failures import FoundProblems
from .settings import FILE_NAME, file_settings


@click.command()
@click.argument("role", required=False)
@click.option("--owner", metavar="NAME", help="Try those who are told of what ended for this owner, not of a role.")
def command(role: str | None, owner: str | None) -> None:
    """Send a message to those who are told of what waits, to see whether it arrives.

    ROLE is the one that it would wait for; without it and without --owner, those are tried who are told whatever is
    for nobody else. All of them are in [notify] of pointsman.toml.
    """
    if role is not None and owner is not None:
        raise click.UsageError("Give a role or --owner, not both.")
    table = file_settings(Path.cwd()).notify
    if table is None:
        raise click.UsageError(f"No {FILE_NAME} here or above says in [notify] who is told; docs/time.md shows one.")
    try:
        tried = notify_settings(table).within(os.environ).targets(role, owner)
        taken = asyncio.run(_tried(tried))
    except UnfitNotices as error:
        raise click.UsageError(f"{FILE_NAME}: {error}.") from error
    for target, took in zip(tried, taken, strict=True):
        click.echo(f"{target.name}: {'taken' if took else 'not taken'}")
    if not tried:
        raise FoundProblems("Nobody is told: [notify] has no target for that, and no `default`.")
    if not all(taken):
        raise FoundProblems("What it did not take is most often a wrong address or password, or a server out of reach.")


async def _tried(tried: Sequence[Target]) -> list[bool]:
    from ..notices.messages import TRIAL
    from ..notices.targets import Targets

    targets = Targets(tried)
    try:
        return list(await asyncio.gather(*(targets.deliver(target, TRIAL) for target in tried)))
    finally:
        targets.close()
