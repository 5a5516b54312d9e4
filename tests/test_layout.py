"""The layout of the repository: what is installed, and the house rules that can be read off the source."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).parent.parent
FOLDERS = ("contracts", "fsm", "tools", "server", "gallery")
NOT_IN_THE_PRODUCT = {"tests", "typings", "docs", "build", "dist"}
MOST_LINES = 400


def files_below(folder: str) -> list[Path]:
    """The files of a folder, relative to the root, without what Python leaves behind."""
    found = (path.relative_to(ROOT) for path in (ROOT / folder).rglob("*") if path.is_file())
    return sorted(path for path in found if not {"__pycache__", "node_modules"} & {*path.parts})


def sources_below(*folders: str) -> list[Path]:
    return [path for folder in folders for path in files_below(folder) if path.suffix == ".py"]


def imported_modules(path: Path) -> list[str]:
    """The absolute names that a file imports; relative imports are left out."""
    names: list[str] = []
    for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"), filename=str(path))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module is not None:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return names


@pytest.fixture(scope="module")
def wheel_members(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names in a wheel that is built from a copy of the tree, so that no old build/ slips in."""
    tree = tmp_path_factory.mktemp("tree")
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tree / name)
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, tree / folder, ignore=shutil.ignore_patterns("__pycache__"))
    out = tmp_path_factory.mktemp("wheel")
    build = f"from setuptools import build_meta; build_meta.build_wheel({str(out)!r})"
    done = subprocess.run([sys.executable, "-c", build], cwd=tree, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = out.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_every_python_file_is_in_the_wheel(wheel_members: set[str]) -> None:
    """setuptools leaves out sub-packages that nobody listed; setup.py discovers them."""
    expected = {str(PurePosixPath("pointsman", path)) for path in sources_below(*FOLDERS)}
    assert expected - wheel_members == set()


def test_every_data_file_is_in_the_wheel(wheel_members: set[str]) -> None:
    """A new ending of data belongs into package-data of pyproject.toml."""
    expected = {
        str(PurePosixPath("pointsman", path))
        for folder in FOLDERS
        for path in files_below(folder)
        if path.suffix != ".py"
    }
    assert expected - wheel_members == set()


def test_the_wheel_holds_the_product_and_nothing_else(wheel_members: set[str]) -> None:
    tops = {PurePosixPath(member).parts[:2] for member in wheel_members if member.startswith("pointsman/")}
    assert tops == {("pointsman", folder) for folder in FOLDERS}
    assert {PurePosixPath(member).parts[0] for member in wheel_members} == {"pointsman", "pointsman-0.1.0.dist-info"}


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_package_in_the_tree_has_an_init_file(folder: str) -> None:
    """A directory with Python files but no `__init__.py` is installed, but linters take it for scripts."""
    assert {path.parent for path in sources_below(folder)} == {
        path.parent for path in sources_below(folder) if path.name == "__init__.py"
    }


def test_every_directory_with_python_files_belongs_to_a_known_folder() -> None:
    """The layers of pyproject.toml are exhaustive only over what is installed; this covers the rest of the tree."""
    with_sources = {
        path.name
        for path in ROOT.iterdir()
        if path.is_dir() and not path.name.startswith(".") and any(path.rglob("*.py"))
    }
    assert with_sources - NOT_IN_THE_PRODUCT == set(FOLDERS)


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_type_checkers_see_each_folder_under_its_installed_name(folder: str) -> None:
    assert (ROOT / "typings" / "pointsman" / folder).resolve() == ROOT / folder


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_imports_itself_relatively_and_never_by_its_name_in_the_tree(folder: str) -> None:
    own = f"pointsman.{folder}"
    wrong = [
        f"{path}: {name}"
        for path in sources_below(folder)
        for name in imported_modules(path)
        if f"{name}.".startswith(f"{own}.") or name.split(".")[0] in {*FOLDERS, "tests"}
    ]
    assert wrong == []


def test_the_tests_import_the_product_by_its_installed_name() -> None:
    wrong = [
        f"{path}: {name}"
        for path in sources_below("tests")
        for name in imported_modules(path)
        if name.split(".")[0] in FOLDERS
    ]
    assert wrong == []


@pytest.mark.parametrize("backwards", [False, True], ids=["forwards", "backwards"])
def test_no_module_needs_another_one_to_be_imported_before_it(backwards: bool) -> None:
    """Modules that import each other would start or fail by which of them is asked for first."""
    paths = [path.with_suffix("") for path in sources_below(*FOLDERS) if "migrations" not in path.parts]
    names = sorted(".".join(("pointsman", *path.parts)).removesuffix(".__init__") for path in paths)
    script = "import importlib, sys\nfor name in sys.argv[1:]:\n    importlib.import_module(name)"
    ordered = sorted((name for name in names if not name.endswith("__main__")), reverse=backwards)
    done = subprocess.run([sys.executable, "-c", script, *ordered], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_no_source_file_is_longer_than_the_bound() -> None:
    """Split by meaning (house style: best under 300 lines); the bound is where it stops being a matter of taste."""
    lengths = {path: len((ROOT / path).read_text(encoding="utf-8").splitlines()) for path in sources_below(*FOLDERS)}
    assert {str(path): length for path, length in lengths.items() if length >= MOST_LINES} == {}
