"""Python sources are read as text: never imported, and judged only as far as their text tells."""

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from pointsman.contracts.bounds import FILE_BYTES
from pointsman.contracts.python_modules import find_module, read_module
from tests.contracts.town import HEAD, beside, codes, found, town

MODULE = '''
"""Tools."""
import os
from json import dumps

LIMIT: int = 3
print("this must not run") if False else None


def read(a: str, b: int = 1, *, c: str, d: str = "", call: object = None) -> str:
    return a


async def write(a, idempotency_key=None, **more):
    return a


def _private(): ...


class Thing: ...


@staticmethod
def wrapped(x): ...
'''


def python(states: str, tools: str = "tools: {t.read: {effect: read}}\n") -> str:
    head = HEAD.replace("{t: {mcp: {command: town}}}", "{t: {python: erp}}")
    return town(states, head.replace(HEAD.splitlines()[-1] + "\n", tools))


def calling(*steps: str) -> str:
    return (
        "  begin:\n    actor: system\n    run:\n"
        + "".join(f"      - {step}\n" for step in steps)
        + "    next: end\n    failed: end\n    unknown: end\n"
    )


def about_tools(text: str, file: str) -> list[tuple[str, str]]:
    return [(one.code, one.message) for one in found(text, file) if one.code in ("PM307", "PM308", "PM310")]


def test_a_public_function_is_a_tool(tmp_path: Path) -> None:
    file = beside(tmp_path, erp=MODULE)
    text = python(calling("{call: t.read, with: {a: x, c: y}}", "{call: t.write, with: {a: 1, other: 2}}"))
    assert about_tools(text, file) == []


@pytest.mark.parametrize("function", ["reed", "_private", "Thing", "dumps", "LIMIT"])
def test_anything_else_is_none(tmp_path: Path, function: str) -> None:
    file = beside(tmp_path, erp=MODULE)
    assert about_tools(python(calling(f"{{call: t.{function}}}")), file) == [
        ("PM307", f"`erp.py` has no public function `{function}`")
    ]


def test_arguments_are_held_to_the_signature(tmp_path: Path) -> None:
    file = beside(tmp_path, erp=MODULE)
    text = python(
        calling("{call: t.read, with: {a: x, aa: 1, call: 2}}", "{call: t.write}")
        + "  offered: {actor: agent, tools: [{use: t.read, with: {zzz: 1}}], events: {go: {next: end}}}\n"
    )
    assert about_tools(text, file) == [
        ("PM310", "`read` needs `c`, and `with` does not give it"),
        ("PM310", "`read` takes no argument `aa`"),
        ("PM310", "`read` takes no argument `call`"),
        ("PM310", "`write` needs `a`, and `with` does not give it"),
        ("PM310", "`read` takes no argument `zzz`"),
    ]


@pytest.mark.parametrize(
    ("key", "wrong"),
    [
        ("{over: [a], deliver: {argument: c}}", []),
        ("{over: [a], deliver: {header: X-Key}}", ["`read` needs `c`, and `with` does not give it"]),
        ("{over: [nothing], deliver: {argument: c}}", ["`read` takes no argument `nothing`"]),
        ("{over: [a], deliver: {argument: nothing}}",
         ["`read` takes no argument `nothing`", "`read` needs `c`, and `with` does not give it"]),
    ],
)  # fmt: skip
def test_a_key_is_delivered_by_an_argument_there_is(tmp_path: Path, key: str, wrong: list[str]) -> None:
    file = beside(tmp_path, erp=MODULE)
    text = python(calling("{call: t.read, with: {a: 1}}"), f"tools: {{t.read: {{key: {key}}}}}\n")
    assert [message for _, message in about_tools(text, file)] == wrong


def test_a_decorated_function_may_take_anything(tmp_path: Path) -> None:
    file = beside(tmp_path, erp=MODULE)
    assert about_tools(python(calling("{call: t.wrapped, with: {y: 1}}")), file) == []


def test_evidence_names_a_tool_without_arguments(tmp_path: Path) -> None:
    file = beside(tmp_path, erp=MODULE)
    states = "  begin: {actor: agent, tools: [t.read], events: {go: {evidence: [t.reed], next: end}}}\n"
    assert about_tools(python(states), file) == [("PM307", "`erp.py` has no public function `reed`")]


@pytest.mark.parametrize(
    ("module", "complete"),
    [
        ("__all__ = ['read']\nfrom other import read\n", True),
        ("__all__: tuple = ('read',)\nfrom other import read\n", True),
        ("__all__ = ['read'] + other\ndef read(): ...\n", False),
        ("__all__ = ['read']\n__all__ += ['more']\ndef read(): ...\n", False),
        ("__all__ = [name for name in ()]\ndef read(): ...\n", False),
        ("__all__ = ['read', 1]\ndef read(): ...\n", False),
        ("if True:\n    def more(): ...\ndef read(): ...\n", False),
        ("def read(): ...\n", True),
        ("a, b = 1, 2\ndef read(): ...\n", True),
    ],
)
def test_what_the_text_cannot_tell_is_not_judged(tmp_path: Path, module: str, complete: bool) -> None:
    file = beside(tmp_path, erp=module)
    assert about_tools(python(calling("{call: t.read}")), file) == []
    assert [code for code, _ in about_tools(python(calling("{call: t.more}")), file)] == (["PM307"] if complete else [])


@pytest.mark.parametrize("module", ["def broken(:\n", "\0", "x" * (FILE_BYTES + 1), "(" * 10_000])
def test_a_module_that_cannot_be_read_is_warned_of(tmp_path: Path, module: str) -> None:
    file = beside(tmp_path, erp=module)
    assert about_tools(python(calling("{call: t.read}")), file) == [("PM308", "the module `erp` cannot be read")]


def test_nothing_is_imported_or_run(tmp_path: Path) -> None:
    before = set(sys.modules)
    file = beside(tmp_path, erp="raise SystemExit\ndef read(): ...\n")
    assert about_tools(python(calling("{call: t.read}")), file) == []
    assert set(sys.modules) == before


def test_a_package_beside_the_file_is_found(tmp_path: Path) -> None:
    (tmp_path / "shop" / "erp").mkdir(parents=True)
    init = tmp_path / "shop" / "erp" / "__init__.py"
    init.write_text("def read(): ...\n", encoding="utf-8")
    assert find_module("shop.erp", tmp_path) == init


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    """Fault 26."""
    outside = tmp_path / "outside.py"
    outside.write_text("def read(): ...\n", encoding="utf-8")
    folder = tmp_path / "inside"
    folder.mkdir()
    (folder / "pointsman_linked.py").symlink_to(outside)
    assert find_module("pointsman_linked", folder) is None


@pytest.mark.parametrize(
    "name", ["no_such_module_anywhere", "json.nothing", "json.decoder.x", "../etc", "a b", "", "sys"]
)
def test_what_is_no_python_file_is_not_found(tmp_path: Path, name: str) -> None:
    assert find_module(name, tmp_path) is None


def test_a_module_on_the_path_is_found_without_importing_its_parents(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "site" / "pointsman_parent"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("raise SystemExit\n", encoding="utf-8")
    (package / "child.py").write_text("def read(): ...\n", encoding="utf-8")
    monkeypatch.setattr(sys, "path", [str(tmp_path / "site"), *sys.path])
    assert find_module("pointsman_parent.child", tmp_path) == package / "child.py"
    assert "pointsman_parent" not in sys.modules
    assert find_module("json", tmp_path) is not None


def test_a_finder_without_find_spec_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Old:
        pass

    class Origins:
        def find_spec(self, name: str, path: object, target: object = None) -> ModuleSpec | None:
            return ModuleSpec(name, None) if name == "pointsman_nowhere" and target is path is None else None

    monkeypatch.setattr(sys, "meta_path", [Old(), Origins()])
    assert find_module("pointsman_nowhere", tmp_path) is None
    assert find_module("pointsman_absent", tmp_path) is None


def test_a_file_that_is_not_there_has_no_functions(tmp_path: Path) -> None:
    assert read_module(tmp_path / "absent.py") is None


def test_a_module_that_is_not_found_is_a_warning(tmp_path: Path) -> None:
    file = str(tmp_path / "town.yaml")
    assert about_tools(python(calling("{call: t.read}")), file) == [
        ("PM308", "the module `erp` is neither beside this file nor on Python's path")
    ]
    assert codes(python(calling("{call: t.read}")), file) == ["PM308"]
