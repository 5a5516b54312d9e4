"""Plays the gallery's scripts, each of them once in a run of the tests."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, TypeAlias

import pytest

from pointsman.gallery import names, path
from pointsman.server.scripts.agent import Serving
from pointsman.server.scripts.performing import Performance, perform
from pointsman.server.scripts.playing import Scene
from pointsman.server.scripts.script import Script, load_script

Piece: TypeAlias = tuple[str, str]
"""A workflow of the gallery, and the name of one of its scripts."""

SCRIPTS: Final[Mapping[Piece, Script]] = {
    (name, file.stem): load_script(file)
    for name in names()
    for file in sorted((path(name).parent / "scripts").glob("*.yaml"))
}


class Nobody:
    """Looks away. Fills the port `Watcher`."""

    def scene(self, scene: Scene) -> None:
        """See nothing."""


class Repertoire:
    """Plays what it is asked for, with a database and records of its own, and remembers how it came out."""

    def __init__(self, folder_of: Callable[[str], Path]) -> None:
        self._folder_of = folder_of
        self._played: dict[Piece, Performance] = {}

    def play(self, piece: Piece) -> Performance:
        if piece not in self._played:
            folder = self._folder_of("-".join(piece))
            serving = Serving(path(piece[0]), folder / "sessions.db")
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("POINTSMAN_GALLERY_DATA", str(folder))
                self._played[piece] = asyncio.run(perform(SCRIPTS[piece], serving, Nobody()))
        return self._played[piece]

    def all_of(self, workflow: str) -> dict[str, Performance]:
        return {script: self.play((name, script)) for name, script in SCRIPTS if name == workflow}
