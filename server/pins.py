"""Pinning: asking a workflow's servers what they offer, and keeping it in `pointsman.lock`.

One lock serves all workflow files of a folder, by the names of their sources; pinning one workflow
leaves what the others have pinned. Whether something may be pinned is not decided here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

from pointsman.contracts.bounds import LOCK_BYTES
from pointsman.contracts.errors import PointsmanError
from pointsman.contracts.lock import LOCK_NAME, Lock, LockedSource, LockedTool, read_lock
from pointsman.contracts.values import JsonObject
from pointsman.contracts.workflow import Workflow
from pointsman.tools.sources import mcp_sources


class LockTooLarge(PointsmanError):
    """All the definitions together are larger than a lock may be. Pin servers with fewer tools."""


@dataclass(frozen=True, slots=True)
class Change:
    """A tool that is not what was pinned: `before` is None for a new one, `after` for one that is offered no more."""

    tool: str
    before: LockedTool | None
    after: LockedTool | None


@dataclass(frozen=True, slots=True)
class Found:
    """What one source offers, what was pinned of it, and what its server offers that cannot be taken."""

    source: str
    before: LockedSource | None
    after: LockedSource
    left_out: Mapping[str, str]

    @property
    def changes(self) -> tuple[Change, ...]:
        """All that is not what was pinned, by name."""
        before = {} if self.before is None else self.before.tools
        after = self.after.tools
        names = sorted({*before, *after})
        return tuple(
            Change(f"{self.source}.{name}", before.get(name), after.get(name))
            for name in names
            if before.get(name) != after.get(name)
        )

    @property
    def breaks(self) -> bool:
        """Whether something that was pinned is another now, or gone."""
        return any(change.before is not None for change in self.changes)


async def look(workflow: Workflow, folder: Path) -> tuple[Found, ...]:
    """Ask every server of a workflow what it offers, and hold it against the lock in the workflow's folder.

    Raises:
        SourceError: a server cannot be had.
        InvalidLock: the lock cannot be read.
    """
    lock = read_lock(folder / LOCK_NAME)
    pinned = {} if lock is None else lock.sources
    sources = mcp_sources(workflow, folder)
    try:
        offers = await asyncio.gather(*(source.offer() for source in sources.values()))
    finally:
        await asyncio.gather(*(source.aclose() for source in sources.values()))
    return tuple(
        Found(name, pinned.get(name), offer.locked(), offer.left_out)
        for name, offer in zip(sources, offers, strict=True)
    )


def in_short(folder: Path, found: tuple[Found, ...]) -> JsonObject:
    """Say which lock is written, and the digest of each tool that is not as it was pinned (None: it is gone)."""
    changes: JsonObject = {
        change.tool: None if change.after is None else change.after.digest for one in found for change in one.changes
    }
    return {"lock": str(folder / LOCK_NAME), "tools": changes}


def pin(folder: Path, found: tuple[Found, ...]) -> Path:
    """Write what was found into the folder's lock, whole or not at all.

    Raises:
        InvalidLock: the lock that is there cannot be read.
        LockTooLarge: it would be larger than a lock may be.
        OSError: it cannot be written.
    """
    path = folder / LOCK_NAME
    lock = read_lock(path)
    sources = {} if lock is None else dict(lock.sources)
    sources.update({one.source: one.after for one in found})
    # ASCII alone, so that nothing in it is hidden where it is reviewed; an end of line, as editors have it.
    text = Lock(version=1, sources=dict(sorted(sources.items()))).model_dump_json(indent=2, ensure_ascii=True) + "\n"
    if len(text) > LOCK_BYTES:
        raise LockTooLarge
    with NamedTemporaryFile("w", dir=folder, prefix=LOCK_NAME, delete=False, encoding="ascii") as written:
        written.write(text)
    Path(written.name).chmod(0o644)
    return Path(written.name).replace(path)
