"""Replacing a client's configuration on the disk."""

import os
from pathlib import Path

import pytest

from pointsman.server.install.files import ChangedMeanwhile, newest_backup, read, replace
from pointsman.server.install.text import UnreadableConfiguration


def test_a_replaced_file_keeps_its_mode_and_its_old_text_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_bytes(b"{}\r\n")
    path.chmod(0o600)
    backup = replace(path, "{}\r\n", "new")

    assert backup is not None
    assert backup.read_bytes() == b"{}\r\n"
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"new", 0o600)
    assert newest_backup(path) == backup


def test_a_file_that_is_not_there_is_made_with_its_folder_and_has_no_backup(tmp_path: Path) -> None:
    path = tmp_path / "Claude" / "config.json"
    assert newest_backup(path) is None
    assert read(path) == ""
    assert replace(path, "", "new") is None
    assert read(path) == "new"


def test_what_a_link_leads_to_is_replaced_and_the_link_stays(tmp_path: Path) -> None:
    target, link = tmp_path / "dotfiles.json", tmp_path / "config.json"
    target.write_text("{}")
    link.symlink_to(target)
    replace(link, "{}", "new")

    assert link.is_symlink()
    assert target.read_text() == "new"


def test_a_file_that_somebody_changed_since_it_was_shown_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text("theirs")
    with pytest.raises(ChangedMeanwhile):
        replace(path, "{}", "new")
    assert [entry.name for entry in tmp_path.iterdir()] == ["config.json"]
    assert path.read_text() == "theirs"


def test_the_newest_backup_is_found_and_that_of_an_undo_is_not_one(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text("1")
    replace(path, "1", "2")
    second = replace(path, "2", "3")
    replace(path, "3", "4", undoing=True)
    assert newest_backup(path) == second


def test_a_write_that_fails_leaves_the_file_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "config.json"
    path.write_text("{}")
    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space"):
        replace(path, "{}", "new")
    assert path.read_text() == "{}"
    assert not list(tmp_path.glob(".config.json.*"))


@pytest.mark.parametrize("content", [b"\xff\xfe{}", b" " * (32 * 1024 * 1024 + 1)])
def test_what_is_no_text_of_a_sane_length_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "config.json"
    path.write_bytes(content)
    with pytest.raises(UnreadableConfiguration, match="othing was changed"):
        read(path)
