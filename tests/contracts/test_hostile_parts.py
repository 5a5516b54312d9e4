"""Hostile values inside a well-formed file: references, patterns, numbers, names of modules. Each is refused at once.

The bound on time is a protection against hanging, not a measurement.
"""

from __future__ import annotations

import os
import time
from collections.abc import Generator
from pathlib import Path

import pytest

from pointsman.contracts.bounds import FILE_BYTES
from pointsman.contracts.codes.examples import completed
from pointsman.contracts.loading import InvalidWorkflow, check, load

PATIENCE_S = 30


@pytest.fixture(autouse=True)
def soon() -> Generator[None]:
    begun = time.monotonic()
    yield
    assert time.monotonic() - begun < PATIENCE_S


def codes(example: str, file: str = "w.yaml") -> list[str]:
    return [one.code for one in check(completed(example), file)]


def record(purpose: str) -> str:
    return f"record:\n  amount: {{type: number}}\n  purpose: {purpose}\n"


@pytest.mark.parametrize(
    "reference",
    [
        *("file:///etc/passwd", "http://127.0.0.1:9/x.json", "https://example.com/#/a", "other.json", "../up.yaml#/a"),
        *("//host/share", "#anchor", "urn:x:y", "data:application/json,{}", " #/a", "\\\\host\\x", "?x", "a" * 10_000),
    ],
)
def test_a_reference_out_of_the_schema_is_refused_and_nothing_is_fetched(reference: str) -> None:
    """Fault 30."""
    assert codes(record(f"{{$ref: '{reference}'}}")) == ["PM802"]


@pytest.mark.parametrize(
    "schema",
    [
        "{$ref: '#/$defs/a', $defs: {a: {$ref: '#/$defs/a'}}}",
        "{$ref: '#/$defs/a', $defs: {a: {$ref: '#/$defs/b'}, b: {$ref: '#/$defs/a'}}}",
        "{$ref: '#'}",
    ],
)
def test_a_reference_to_itself_ends(schema: str) -> None:
    assert set(codes(record(schema))) <= {"PM801", "PM803"}


@pytest.mark.parametrize("pattern", ["^(a+)+$", "^(a|a)*b$", "^([a-z]+)*$", "(x+x+)+y", "^(.*)*$", "(a{1,50}){1,50}"])
def test_a_pattern_that_is_slow_elsewhere_runs_in_linear_time(pattern: str) -> None:
    """Fault 29: the engine does not go back, so these are not refused."""
    run = f"[{{set: {{purpose: '{'a' * 50_000}!'}}}}]"
    text = (
        record(f"{{type: string, pattern: '{pattern}'}}")
        + f"states:\n  begin: {{actor: system, run: {run}, next: paid}}\n"
    )
    assert set(codes(text)) <= {"PM203", "PM701"}


@pytest.mark.parametrize(
    "pattern", ["(?=a)", "(?!a)", "(?<=a)b", r"(a)\1", "(", "[", "a{99999999}", "((a{999}){999}){999}"]
)
def test_a_pattern_that_needs_more_is_refused(pattern: str) -> None:
    assert codes(record(f"{{type: string, pattern: '{pattern}'}}")) == ["PM804"]


@pytest.mark.parametrize("number", ["1e999", "-1e999", ".nan", ".inf", "-.inf", "9" * 5_000, "-" + "9" * 5_000])
def test_a_number_that_json_has_not_is_refused_wherever_it_stands(number: str) -> None:
    """Fault 14."""
    for example in (
        f"version: {number}\n",
        record(f"{{type: number, maximum: {number}}}"),
        f"confidence: {{floor: {number}, below: begin}}\n",
        f"states:\n  begin: {{actor: system, run: [{{set: {{amount: {number}}}}}], next: paid, failed: paid}}\n",
    ):
        assert "PM107" in codes(example), example


@pytest.mark.parametrize("number", ["9" * 4_000, "0x" + "f" * 3_000, "0o" + "7" * 4_000, "1e308", "-0.0", "5e-324"])
def test_a_huge_number_is_read_and_harms_nothing(number: str) -> None:
    for example in (f"version: {number}\n", record(f"{{type: number, maximum: {number}, multipleOf: {number}}}")):
        text = completed(example)
        found = check(text, "w.yaml")
        if all(one.severity == "warning" for one in found):
            assert load(text, "w.yaml").name == "expense"


@pytest.mark.parametrize(
    "module",
    [
        *(
            "../x",
            "..x",
            ".x",
            "x.",
            "a..b",
            "/etc/passwd",
            "C:\\x",
            "a/b",
            "x.py",
            "__import__('os')",
            "",
            " ",
            "a b",
            "é-",
        ),
        *("a" * 5_000, ".".join("a" * 500), "os; import sys", "sys", "_thread", "lambda", "\u200bos"),
    ],
)
def test_a_name_that_is_no_module_is_not_looked_for_elsewhere(module: str, tmp_path: Path) -> None:
    """Fault 26. Nothing is imported; a built-in module has no text that could be read."""
    (tmp_path / "x.py").write_text("def read(): ...\n")
    folder = tmp_path / "inner"
    folder.mkdir()
    (folder / "passwd").write_text("")
    assert codes(f"sources: {{docs: {{python: {module!r}}}}}\n", str(folder / "w.yaml")) in (["PM203"], ["PM308"])


def test_a_link_that_leads_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    folder = tmp_path / "inner"
    folder.mkdir()
    (tmp_path / "outside.py").write_text("def read(): ...\n")
    (folder / "linked.py").symlink_to(tmp_path / "outside.py")
    (folder / "loop.py").symlink_to("loop.py")
    (folder / "device.py").symlink_to("/dev/zero")
    (folder / "folder.py").mkdir()
    os.mkfifo(folder / "pipe.py")
    for name in ("linked", "loop", "device", "folder", "pipe"):
        assert codes(f"sources: {{docs: {{python: {name}}}}}\n", str(folder / "w.yaml")) == ["PM308"], name


READS = """\
tools: {docs.read: {effect: read}}
states:
  begin: {actor: agent, tools: [docs.read], events: {go: {next: paid}}}
"""


def test_a_module_beside_the_file_goes_before_one_of_python_and_neither_is_imported(tmp_path: Path) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit\ndef read(): ...\n")
    assert codes(f"sources: {{docs: {{python: json}}}}\n{READS}", str(tmp_path / "w.yaml")) == []
    assert codes(f"sources: {{docs: {{python: this}}}}\n{READS}", str(tmp_path / "w.yaml")) in ([], ["PM307", "PM307"])


@pytest.mark.parametrize(
    "text",
    [
        *(
            "-" * 900_000 + "1",
            "(" * 90_000,
            "x=" + "[" * 50_000,
            "x" + ".a" * 200_000,
            "1" + "+1" * 200_000,
            "def f(): pass\0",
        ),
        *("# coding: rot13\n", "# -*- coding: nosuch -*-\n", "f(" * 50_000, "x" * (FILE_BYTES + 1), "def", "\ud800"),
        "".join(" " * depth + "if x:\n" for depth in range(200)),
    ],
)
def test_a_module_that_is_no_python_is_said_to_be_unreadable(text: str, tmp_path: Path) -> None:
    (tmp_path / "tools.py").write_bytes(text.encode("utf-8", "surrogatepass"))
    assert codes("sources: {docs: {python: tools}}\n", str(tmp_path / "w.yaml")) == ["PM308"]


def test_what_python_warns_of_in_a_module_is_not_said(tmp_path: Path) -> None:
    (tmp_path / "tools.py").write_text("def read():\n    return '\\d'\n")
    assert codes(f"sources: {{docs: {{python: tools}}}}\n{READS}", str(tmp_path / "w.yaml")) == []


@pytest.mark.parametrize("character", ["\x00", "\x1b", "\x85", "\u2028", "\u202e", "\u2066", "\U000e0041", "\ud800"])
def test_a_character_that_deceives_a_reader_is_refused_and_may_be_escaped(character: str) -> None:
    """Fault 16."""
    (one,) = check(completed(f"title: a{character}b\n"), "w.yaml")
    assert (one.code, one.line, one.column) == ("PM101", 1, 9)
    if character != "\ud800":
        assert check(completed(f'title: "a\\U{ord(character):08x}b"\n'), "w.yaml") == ()


@pytest.mark.parametrize("name", ["p\u0430id", "paid\u200b", "PAID", "paid\u00e9", "\uff50aid", "paid\u0301"])
def test_a_name_that_only_looks_like_another_is_refused(name: str) -> None:
    """Fault 16: homoglyphs, joiners, marks."""
    text = completed(f"states:\n  begin: {{actor: system, next: {name}}}\n  {name}: {{final: stopped}}\n")
    found = check(text, "w.yaml")
    assert "PM203" in {one.code for one in found}
    with pytest.raises(InvalidWorkflow):
        load(text, "w.yaml")


def test_a_million_keys_are_refused(tmp_path: Path) -> None:
    for text in ("{" + ",".join(f"{index}:" for index in range(150_000)), "a:\n" + " b:\n" * 200_000, "? " * 500_000):
        assert {one.code for one in check(text[:FILE_BYTES], str(tmp_path / "w.yaml"))} <= {"PM105", "PM103"}
    assert [one.code for one in check("{" + "a:1," * 10**6, "w.yaml")] == ["PM105"]
