"""Which repository the git workflow is about."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from pointsman.gallery.git.grant import repository
from pointsman.tools import NothingDone


def status(folder: str) -> list[str]:
    command = ["git", "-C", folder, "status", "--porcelain"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()


def test_a_scratch_repository_is_made_once_with_changes_that_wait(records: Path) -> None:
    path = repository().path
    assert path == str((records / "git-scratch").resolve())
    assert status(path) == [" M README.md", " M prices.txt"]
    Path(path, "README.md").write_text("Mine.\n")
    assert repository().path == path
    assert Path(path, "README.md").read_text() == "Mine.\n"
    assert [one.name for one in records.iterdir()] == ["git-scratch"]


def test_another_one_is_named_by_its_whole_path(tmp_path: Path, records: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named = tmp_path / "named"
    monkeypatch.setenv("POINTSMAN_GIT_REPOSITORY", str(named))
    with pytest.raises(NothingDone, match="is no git repository"):
        repository()
    subprocess.run(["git", "init", "--quiet", str(named)], check=True)
    assert repository().path == str(named.resolve())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("POINTSMAN_GIT_REPOSITORY", "named")
    with pytest.raises(NothingDone, match="whole path"):
        repository()
    assert not records.exists()


def test_without_git_it_says_what_is_missing(records: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(records))
    with pytest.raises(NothingDone, match="Install it"):
        repository()
    assert list(records.iterdir()) == []
