"""Where a Python source's module is looked up (workflow format, `sources`), and which functions it offers."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pointsman.tools.errors import SourceError
from pointsman.tools.modules import import_module, public_functions

from .workshop import Workshop, call


async def names(workshop: Workshop, text: str) -> list[str]:
    return [one.name for one in await workshop.source(text).definitions()]


async def test_the_public_functions_a_module_defines_are_its_tools(workshop: Workshop) -> None:
    text = """
        from os.path import join
        from dataclasses import dataclass
        from functools import lru_cache, wraps
        LIMIT = 3
        @dataclass
        class Thing:
            pass
        def _hidden() -> None: ...
        def first() -> None: ...
        @lru_cache
        def second() -> None: ...
        def logged(function):
            @wraps(function)
            def inner(*args, **kwargs):
                return function(*args, **kwargs)
            return inner
        del lru_cache
        @logged
        async def third(word: str) -> str:
            return word
        del logged
    """
    assert await names(workshop, text) == ["shop.first", "shop.second", "shop.third"]
    assert (await call(workshop.source(), "third", {"word": "x"})).result == "x"


async def test_a_list_named_all_decides_instead(workshop: Workshop) -> None:
    text = """
        from textwrap import shorten, indent
        __all__ = ["_quiet", "indent", "Thing"]
        class Thing: ...
        def _quiet() -> None: ...
        def loud() -> None: ...
    """
    assert await names(workshop, text) == ["shop._quiet", "shop.indent"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("__all__ = ['gone']", "names gone"),
        ("LIMIT = 3", "no public function"),
        ("import nowhere_at_all", "ModuleNotFoundError: No module named 'nowhere_at_all'"),
        ("raise RuntimeError('no database')", "RuntimeError: no database. Mend the module"),
        ("import sys; sys.exit(2)", "SystemExit: 2"),
        ("def broken(:", "SyntaxError"),
        ("def it(*all): ...", "Name every parameter"),
    ],
)
async def test_a_module_that_cannot_be_a_source_says_why(workshop: Workshop, text: str, says: str) -> None:
    with pytest.raises(SourceError, match=says):
        await workshop.source(text).definitions()


async def test_a_call_of_a_source_that_cannot_be_had_fails_and_nothing_was_sent(workshop: Workshop) -> None:
    result = await call(workshop.source(module="nowhere"), "it", effect="write")
    assert (result.outcome, result.attempts) == ("failed", 0)
    assert result.error is not None
    assert "there is no module 'nowhere'" in result.error


async def test_a_module_that_was_mended_is_imported_the_next_time(workshop: Workshop) -> None:
    source = workshop.source("raise RuntimeError('first version')")
    assert (await call(source, "it")).outcome == "failed"
    workshop.write("def it() -> str:\n    return 'second version, longer'")
    assert (await call(source, "it")).result == "second version, longer"


async def test_nothing_is_imported_before_the_source_is_asked(workshop: Workshop) -> None:
    workshop.source("from pathlib import Path\nPath(__file__).with_name('imported').touch()\ndef it() -> None: ...")
    assert not (workshop.folder / "imported").exists()


async def test_a_module_beside_the_file_comes_before_one_on_the_path(workshop: Workshop) -> None:
    """A neighbour called `json` is the workflow's own; Python's stays Python's."""
    import json

    source = workshop.source("def mine() -> str:\n    return __name__", module="json")
    result = await call(source, "mine")
    assert str(result.result).startswith("pointsman_beside_")
    assert sys.modules["json"] is json


async def test_a_module_on_the_path_is_found_when_none_is_beside(workshop: Workshop) -> None:
    definitions = await workshop.source(module="pointsman.gallery.invoices.documents").definitions()
    assert [one.name for one in definitions] == ["shop.read"]


async def test_two_workflows_may_each_have_a_module_of_one_name(workshop: Workshop, tmp_path: Path) -> None:
    other = Workshop(tmp_path / "other")
    here = workshop.source("def who() -> str:\n    return 'here'")
    there = other.source("def who() -> str:\n    return 'there'")
    assert ((await call(here, "who")).result, (await call(there, "who")).result) == ("here", "there")
    await there.aclose()


async def test_a_module_in_a_folder_imports_its_neighbours_relatively(workshop: Workshop) -> None:
    workshop.write("PRICE = 7", "tools/prices.py")
    text = "from .prices import PRICE\ndef price() -> int:\n    return PRICE"
    assert (await call(workshop.source(text, module="tools.erp"), "price")).result == 7


async def test_a_package_beside_the_file_is_a_module_too(workshop: Workshop) -> None:
    workshop.write("from . import prices\ndef price() -> int:\n    return prices.PRICE", "shop/__init__.py")
    workshop.write("PRICE = 8", "shop/prices.py")
    assert (await call(workshop.source(), "price")).result == 8


@pytest.mark.parametrize("link", ["file", "folder"])
def test_a_symbolic_link_must_not_lead_out_of_the_folder(tmp_path: Path, link: str) -> None:
    """Faults, 26: path traversal and symbolic links are refused."""
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    outside.mkdir()
    inside.mkdir()
    (outside / "erp.py").write_text("def it() -> None: ...")
    if link == "file":
        (inside / "erp.py").symlink_to(outside / "erp.py")
    else:
        (inside / "tools").symlink_to(outside, target_is_directory=True)
    with pytest.raises(SourceError, match="leads out of the workflow's folder"):
        import_module("shop", "erp" if link == "file" else "tools.erp", inside)


def test_the_folder_itself_may_be_reached_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "erp.py").write_text("def it() -> None: ...")
    (tmp_path / "link").symlink_to(tmp_path / "real", target_is_directory=True)
    assert list(public_functions("shop", import_module("shop", "erp", tmp_path / "link"))) == ["it"]


@pytest.mark.parametrize("name", ["../erp", "..erp", "erp.", "a/b", "", "érp", "erp\n"])
def test_what_is_no_name_of_a_module_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(SourceError, match="names no module"):
        import_module("shop", name, tmp_path)
