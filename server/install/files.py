"""A client's configuration on the disk: read, backed up under a name with the time, replaced in one step."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from .text import UnreadableConfiguration

_BYTES: Final = 32 * 1024 * 1024
"""No client's configuration is longer; Claude Code keeps a history in its own."""


class ChangedMeanwhile(UnreadableConfiguration):
    """The client's configuration was changed by somebody else just now. Run this again; nothing was changed."""


def read(path: Path) -> str:
    """Read a configuration; empty where there is no file. Line ends stay as they are.

    Raises:
        UnreadableConfiguration: when it is no UTF-8, or longer than 32 MiB.
        OSError: when it cannot be read.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_BYTES + 1)
    except FileNotFoundError:
        return ""
    if len(content) > _BYTES:
        raise UnreadableConfiguration(f"It is longer than {_BYTES} bytes. Nothing was changed.")
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise UnreadableConfiguration(
            f"It is no UTF-8 at byte {error.start}. Save it as UTF-8 and run this again; nothing was changed."
        ) from None


def replace(path: Path, before: str, after: str, *, undoing: bool = False) -> Path | None:
    """Back up a configuration and put another text in its place. Give the backup; None where there was no file.

    Args:
        path: The file. Where it is a link, what it leads to is replaced.
        before: The text the change was made from.
        after: The new text.
        undoing: Whether this is an undo; its backup is not one that a later undo restores.

    Raises:
        ChangedMeanwhile: when the file does not hold `before` any more.
        OSError: when something cannot be written; the file is as it was then.
    """
    target = path.resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    if read(target) != before:
        raise ChangedMeanwhile
    backup = None
    if target.exists():
        kind = "pointsman-undo" if undoing else "pointsman"
        backup = target.with_name(f"{target.name}.{kind}-{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}.bak")
        shutil.copy2(target, backup)
    _write(target, after)
    return backup


def newest_backup(path: Path) -> Path | None:
    """Give the newest backup that an installation has made."""
    target = path.resolve()
    prefix, suffix = f"{target.name}.pointsman-2", ".bak"  # 2: of the year, which no undo's backup has there
    try:
        names = [entry.name for entry in target.parent.iterdir()]
    except FileNotFoundError:
        return None
    found = max((name for name in names if name.startswith(prefix) and name.endswith(suffix)), default=None)
    return None if found is None else target.with_name(found)


def _write(target: Path, text: str) -> None:
    """Write a file beside the target, and put it in its place in one step."""
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    beside = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            shutil.copymode(target, beside)
        beside.replace(target)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            beside.unlink()
        raise
