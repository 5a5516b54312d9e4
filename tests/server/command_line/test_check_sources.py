"""`check --sources`: the real sources are asked, and only then is a module imported."""

from __future__ import annotations

from tests.server.command_line.terminal import Shell

FILE = """\
workflow: shop
version: 1
record: {item: {type: string}}
start: {requires: [item]}
initial: buying
sources: {shop: {SOURCE}}
tools: {shop.buy: {effect: read}, shop.sell: {effect: read}}
states:
  buying:
    actor: system
    run: [{call: shop.buy, with: {item: =record.item}}, {call: shop.sell, with: {itm: =record.item}}]
    next: bought
    failed: bought
  bought: {final: success}
"""
MODULE = """\
import pathlib
pathlib.Path(__file__).with_name("imported").touch()


def buy(item: str) -> str:
    return item


def _also(item: str) -> str:
    return item


globals()["sell"] = _also
__all__ = ["buy", *(["sell"] if True else [])]
"""


def write(shell: Shell, source: str) -> None:
    (shell.place / "shop.py").write_text(MODULE, encoding="utf-8")
    (shell.place / "shop.yaml").write_text(FILE.replace("SOURCE", source), encoding="utf-8")


def test_what_a_module_makes_while_it_is_imported_is_known_to_itself_alone(shell: Shell) -> None:
    write(shell, "python: shop")
    done = shell.run("check", "shop.yaml")
    assert (done.code, done.stdout) == (0, "shop.yaml: nothing found.\n")
    assert not (shell.place / "imported").exists()
    done = shell.run("check", "shop.yaml", "--sources")
    assert (shell.place / "imported").exists()
    assert done.code == 1
    assert "PM310 `sell` takes no argument `itm`" in done.stdout
    assert "hint: Did you mean `item`?" in done.stdout


def test_a_source_that_cannot_be_asked_ends_it_with_4_after_what_was_found(shell: Shell) -> None:
    write(shell, "mcp: {command: no_such_server}")
    done = shell.run("check", "shop.yaml", "--sources")
    assert (done.code, done.stdout) == (4, "shop.yaml: nothing found.\n")
    assert "no_such_server" in done.stderr
    write(shell, "python: shop_that_is_not_there")
    done = shell.run("check", "shop.yaml", "--sources")
    assert done.code == 4
    assert "there is no module 'shop_that_is_not_there'" in done.stderr


def test_a_file_with_errors_is_not_asked_about(shell: Shell) -> None:
    write(shell, "python: shop")
    file = shell.place / "shop.yaml"
    file.write_text(file.read_text().replace("next: bought", "next: bougt"), encoding="utf-8")
    done = shell.run("check", "shop.yaml", "--sources")
    assert done.code == 1
    assert "PM301" in done.stdout
    assert not (shell.place / "imported").exists()
