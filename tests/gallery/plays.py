"""Plays the gallery's scripts, each of them once in a run of the tests, however many processes run them."""

from __future__ import annotations

import asyncio
import fcntl
import pickle
import subprocess
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Final, TypeAlias

import pytest

from pointsman.contracts.loading import load
from pointsman.gallery import names, path
from pointsman.server.scripts.agent import Serving
from pointsman.server.scripts.performing import Performance, perform
from pointsman.server.scripts.playing import Scene, Watcher
from pointsman.server.scripts.script import Script, load_script
from tests.server.command_line import warm

Piece: TypeAlias = tuple[str, str]
"""A workflow of the gallery, and the name of one of its scripts."""

SCRIPTS: Final[Mapping[Piece, Script]] = {
    (name, file.stem): load_script(file)
    for name in names()
    for file in sorted((path(name).parent / "scripts").glob("*.yaml"))
}


_INSTALLING_S: Final = 180


@cache
def missing(workflow: str) -> str | None:
    """Say which server of a workflow comes from a registry and cannot be had here; it is installed where it can."""
    file = path(workflow)
    for source in load(file.read_bytes(), str(file)).sources.values():
        settings = source.settings
        if isinstance(settings, dict) and settings.get("command") == "uvx":
            arguments = settings["args"]
            assert isinstance(arguments, list)
            command = ["uvx", *map(str, arguments), "--help"]
            try:
                subprocess.run(command, check=True, capture_output=True, timeout=_INSTALLING_S)
            except (OSError, subprocess.SubprocessError) as error:
                return f"the server of {source.name} cannot be had from its registry: {type(error).__name__}"
    return None


class Nobody:
    """Looks away. Fills the port `Watcher`."""

    def scene(self, scene: Scene) -> None:
        """See nothing."""


class Repertoire:
    """Plays what it is asked for, with a database and records of its own, and remembers how it came out.

    `shared` is a folder that all processes have that run the tests.
    """

    def __init__(self, folder_of: Callable[[str], Path], shared: Path) -> None:
        self._folder_of = folder_of
        self._shared = shared
        self._played: dict[Piece, Performance] = {}

    def play(self, piece: Piece) -> Performance:
        if piece not in self._played:
            self._played[piece] = self._play_once(piece)
        return self._played[piece]

    def _play_once(self, piece: Piece) -> Performance:
        """Play a piece, unless another process has; while one does, wait for it."""
        with (self._shared / f"{'-'.join(piece)}.played").open("a+b") as kept:
            fcntl.flock(kept, fcntl.LOCK_EX)
            kept.seek(0)
            if found := kept.read():
                performance = pickle.loads(found)
                assert isinstance(performance, Performance)
                return performance
            performance = self.play_before(Nobody(), piece)
            kept.write(pickle.dumps(performance))
            return performance

    def play_before(self, watcher: Watcher, piece: Piece) -> Performance:
        """Play a piece anew, before somebody who may do more than look on."""
        why = missing(piece[0])
        if why is not None:
            pytest.skip(why)
        folder = self._folder_of("-".join(piece))
        serving = Serving(path(piece[0]), folder / "sessions.db", program=(str(warm.pointsman()),))
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("POINTSMAN_GALLERY_DATA", str(folder))
            return asyncio.run(perform(SCRIPTS[piece], serving, watcher))

    def all_of(self, workflow: str) -> dict[str, Performance]:
        return {script: self.play((name, script)) for name, script in SCRIPTS if name == workflow}
