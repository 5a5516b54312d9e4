"""The folder of a workflow file: what the file names lies in there, and nothing leads out."""

from __future__ import annotations

from pathlib import Path, PureWindowsPath


def leads_out(name: str) -> bool:
    """Whether a name is no path down from a folder, on any system."""
    place = PureWindowsPath(name)  # takes both kinds of slashes, and knows drives
    return bool("\0" in name or place.is_absolute() or place.drive or place.root or ".." in place.parts)


def is_there(folder: Path, name: str) -> bool:
    """Whether a file stands under a name in a folder; under one that is too long for the system, none does."""
    try:
        return (folder / name).is_file()
    except OSError:
        return False


def is_link_out(folder: Path, name: str) -> bool:
    """Whether what stands under a name in a folder stands elsewhere in truth."""
    return not (folder / name).resolve().is_relative_to(folder.resolve())
