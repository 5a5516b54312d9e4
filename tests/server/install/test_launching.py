"""What starts Pointsman: from a client's bare environment, or on every machine of a project."""

import os
import sys
from pathlib import Path

import pytest

from pointsman.server.install.launching import NoLaunch, launch_command, shared_command


def executable(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o755)
    return path


def test_the_executable_that_was_called_is_used_then_the_one_beside_python_then_python(tmp_path: Path) -> None:
    name = "pointsman.exe" if sys.platform == "win32" else "pointsman"
    called, beside = executable(tmp_path / "a" / name), executable(tmp_path / "b" / name)

    assert launch_command(str(called), str(beside.with_name("python"))) == (str(called),)
    assert launch_command("/x/pytest", str(beside.with_name("python"))) == (str(beside),)
    assert launch_command("/x/pytest", "/nowhere/python") == ("/nowhere/python", "-m", "pointsman.server")


def test_an_environment_that_uv_may_clear_is_left_to_uvx(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fleeting = str(tmp_path / "uv" / "archive-v0" / "x" / "bin" / "python")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoLaunch, match="uv tool install"):
        launch_command("pointsman", fleeting)

    uvx = executable(tmp_path / ("uvx.exe" if sys.platform == "win32" else "uvx"))
    assert launch_command("pointsman", fleeting) == (str(uvx), "pointsman")


def test_a_project_gets_a_word_of_the_path_unless_an_active_environment_alone_has_it(
    tmp_path: Path,
) -> None:
    """What is on the PATH while an environment is active is not there when a client starts."""
    name = "pointsman.exe" if sys.platform == "win32" else "pointsman"
    own = executable(tmp_path / "venv" / "bin" / name)
    (tmp_path / "venv" / "pyvenv.cfg").touch()
    interpreter = str(own.with_name("python"))
    installed = executable(tmp_path / "bin" / name)

    path = {"PATH": os.pathsep.join([str(own.parent), str(installed.parent)])}
    assert shared_command(str(own), interpreter, path) == ("pointsman",)
    assert shared_command(str(own), interpreter, {"PATH": str(own.parent)}) == (str(own),)


def test_a_project_gets_uvx_by_its_name_where_pointsman_runs_by_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    executable(tmp_path / ("uvx.exe" if sys.platform == "win32" else "uvx"))
    monkeypatch.setenv("PATH", str(tmp_path))
    fleeting = str(tmp_path / "uv" / "archive-v0" / "x" / "bin" / "python")
    assert shared_command("pointsman", fleeting) == ("uvx", "pointsman")
