"""Where Claude Desktop's configuration is, and what starts Pointsman from its bare environment."""

import sys
from pathlib import Path

import pytest

from pointsman.server.install.claude_desktop import NoLaunch, configuration_path, entry, launch_command


@pytest.mark.parametrize(
    ("platform", "environment", "expected"),
    [
        ("darwin", {"HOME": "/Users/a"}, "/Users/a/Library/Application Support/Claude"),
        ("linux", {"HOME": "/home/a"}, "/home/a/.config/Claude"),
        ("linux", {"HOME": "/home/a", "XDG_CONFIG_HOME": "/x"}, "/x/Claude"),
        ("win32", {"HOME": "/c", "APPDATA": "/c/roaming"}, "/c/roaming/Claude"),
        ("win32", {"HOME": "/c"}, "/c/AppData/Roaming/Claude"),
    ],
)
def test_the_configuration_is_where_each_system_has_it(
    platform: str, environment: dict[str, str], expected: str
) -> None:
    assert configuration_path(platform, environment) == Path(expected) / "claude_desktop_config.json"


def test_every_path_of_the_entry_is_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = entry(("/bin/pointsman",), [Path("a.yaml")], "b.sqlite3")

    expected = ["serve", str(tmp_path / "a.yaml"), "--database", str(tmp_path / "b.sqlite3")]
    assert found == {"command": "/bin/pointsman", "args": expected}
    assert entry(("/bin/p",), [], "sqlite:///x")["args"] == ["serve", "--database", "sqlite:///x"]


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
