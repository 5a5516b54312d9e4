"""Plays scripts for the journeys: a real server process, a real MCP client, a temporary ERP."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from pointsman.gallery import path as gallery_path
from pointsman.server.scripts.agent import Era, Serving, Surface
from pointsman.server.scripts.performing import Performance, perform
from pointsman.server.scripts.playing import Scene
from pointsman.server.scripts.script import Script, load_script

INVOICES: Final = gallery_path("invoices")
SCRIPTS: Final = sorted((INVOICES.parent / "scripts").glob("*.yaml"))


class Onlooker:
    """Keeps the scenes it sees. Fills the port `Watcher`."""

    def __init__(self) -> None:
        self.scenes: list[Scene] = []

    def scene(self, scene: Scene) -> None:
        self.scenes.append(scene)


class Theatre:
    """Plays scripts of one workflow, each in a database and an ERP of its own."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, file: Path = INVOICES) -> None:
        self._folder = folder
        self._monkeypatch = monkeypatch
        self._file = file
        self._plays = 0
        self.onlooker = Onlooker()

    async def play(self, script: Script | Path, surface: Surface = "adaptive", era: Era = "handshake") -> Performance:
        self._plays += 1
        folder = self._folder / f"play-{self._plays}"
        folder.mkdir()
        self._monkeypatch.setenv("POINTSMAN_GALLERY_DATA", str(folder))
        self.onlooker = Onlooker()
        loaded = load_script(script) if isinstance(script, Path) else script
        serving = Serving(self._file, folder / "pointsman.sqlite3", surface, era)
        return await perform(loaded, serving, self.onlooker)
