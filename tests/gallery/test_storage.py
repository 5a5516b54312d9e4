"""Where the examples keep their records."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pointsman.gallery.storage import data_file
from pointsman.tools import NothingDone


@pytest.mark.parametrize(
    ("platform", "variables", "expected"),
    [
        ("linux", {"XDG_DATA_HOME": "/data"}, "/data"),
        ("linux", {}, "/home/ada/.local/share"),
        ("darwin", {}, "/home/ada/Library/Application Support"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local"),
        ("win32", {}, "/home/ada/AppData/Local"),
    ],
)
def test_a_file_is_in_the_users_data_directory_unless_a_folder_is_named(
    monkeypatch: pytest.MonkeyPatch, platform: str, variables: dict[str, str], expected: str
) -> None:
    for name in ("POINTSMAN_GALLERY_DATA", "XDG_DATA_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(Path, "home", lambda: Path("/home/ada"))
    monkeypatch.setattr(sys, "platform", platform)
    assert data_file("desk.db") == Path(expected) / "pointsman" / "desk.db"


def test_a_folder_may_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POINTSMAN_GALLERY_DATA", "/elsewhere")
    assert data_file("desk.db") == Path("/elsewhere/desk.db")


def test_a_folder_that_every_process_would_look_for_elsewhere_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POINTSMAN_GALLERY_DATA", "records")
    with pytest.raises(NothingDone, match="whole path"):
        data_file("desk.db")
