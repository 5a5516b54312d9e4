"""Plays the gallery's scripts for the journeys: a real server process, a real MCP client, records of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from pointsman.gallery import path as gallery_path
from pointsman.server.scripts.agent import Era, Serving, Surface
from pointsman.server.scripts.performing import Performance, perform
from pointsman.server.scripts.playing import Scene
from pointsman.server.scripts.script import load_script
from tests.server.command_line import warm

SCRIPTS: Final = sorted(gallery_path("invoices").parents[1].glob("*/scripts/*.yaml"))


class Onlooker:
    """Keeps the scenes it sees. Fills the port `Watcher`."""

    def __init__(self) -> None:
        self.scenes: list[Scene] = []

    def scene(self, scene: Scene) -> None:
        self.scenes.append(scene)


class Theatre:
    """Plays scripts, each in a database and with records of its own."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._folder = folder
        self._monkeypatch = monkeypatch
        self._plays = 0
        self.onlooker = Onlooker()

    async def play(self, script: Path, surface: Surface, era: Era) -> Performance:
        """Play a script with the workflow that stands over its folder."""
        self._plays += 1
        folder = self._folder / f"play-{self._plays}"
        folder.mkdir()
        self._monkeypatch.setenv("POINTSMAN_GALLERY_DATA", str(folder))
        self.onlooker = Onlooker()
        file = script.parents[1] / "workflow.yaml"
        serving = Serving(file, folder / "pointsman.sqlite3", surface, era, (str(warm.pointsman()),))
        return await perform(load_script(script), serving, self.onlooker)
