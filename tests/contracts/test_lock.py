"""`pointsman.lock`: read strictly, and believed only where its digests hold."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pointsman.contracts.bounds import LOCK_BYTES
from pointsman.contracts.loading import check
from pointsman.contracts.lock import LOCK_NAME, InvalidLock, digest_of_tool, read_lock
from pointsman.contracts.signatures import Signature, ToolsOfSource, signature_of
from pointsman.contracts.values import JsonObject
from tests.contracts.town import HEAD, town

READ: JsonObject = {
    "description": "Read.",
    "input_schema": {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
    "output_schema": None,
    "annotations": {},
}
STEP = "  begin: {actor: system, run: [{call: t.read, with: {b: 1}}], next: end, failed: end}\n"
TOOLS = HEAD.splitlines()[-1] + "\n"
READS = HEAD.replace(TOOLS, "tools: {t.read: {effect: read}}\n")


def lock_of(*names: str, source: str = "t") -> JsonObject:
    tools: JsonObject = {name: {**READ, "digest": digest_of_tool(name, READ)} for name in names}
    return {"version": 1, "sources": {source: {"tools": tools}}}


def found_beside(folder: Path, lock: JsonObject | bytes, text: str) -> list[tuple[str, str]]:
    (folder / LOCK_NAME).write_bytes(lock if isinstance(lock, bytes) else json.dumps(lock).encode())
    found = check(text, str(folder / "town.yaml"))
    return [(one.code, one.message) for one in found if one.code not in ("PM309", "PM314")]


def test_where_there_is_no_lock_nothing_is_said_of_other_sources(tmp_path: Path) -> None:
    assert read_lock(tmp_path / LOCK_NAME) is None
    assert [one.code for one in check(town(STEP, READS), str(tmp_path / "town.yaml"))] == ["PM314"]


def test_tools_and_arguments_are_held_to_the_lock(tmp_path: Path) -> None:
    assert found_beside(tmp_path, lock_of("read"), town(STEP, READS)) == [
        ("PM310", "`read` needs `a`, and `with` does not give it"),
        ("PM310", "`read` takes no argument `b`"),
    ]
    assert found_beside(tmp_path, lock_of("red"), town(STEP, READS)) == [
        ("PM307", "`pointsman.lock` has no tool `read`"),
        ("PM307", "`pointsman.lock` has no tool `read`"),
    ]


def test_a_source_that_is_not_in_the_lock_is_warned_of(tmp_path: Path) -> None:
    assert found_beside(tmp_path, lock_of("read", source="u"), town(STEP, READS)) == [
        ("PM319", "`pointsman.lock` says nothing of the source `t`")
    ]
    empty: JsonObject = {"version": 1, "sources": {}}
    assert [code for code, _ in found_beside(tmp_path, empty, town(STEP, READS))] == ["PM319"]


def test_a_tool_that_was_changed_by_hand_is_told_and_not_judged(tmp_path: Path) -> None:
    lock = json.dumps(lock_of("read")).replace("Read.", "Read it.").encode()
    assert found_beside(tmp_path, lock, town(STEP, READS)) == [
        ("PM318", "what `pointsman.lock` says of `t.read` is not what its digest was made of")
    ]


def test_a_lock_is_not_read_where_every_source_is_a_module(tmp_path: Path) -> None:
    (tmp_path / "erp.py").write_text("def read(b: int) -> int:\n    return b\n", encoding="utf-8")
    head = READS.replace("{mcp: {command: town}}", "{python: erp}")
    assert found_beside(tmp_path, b"{", town(STEP, head)) == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "it is no JSON: "),
        (b"\xff", "it is no JSON: "),
        (b'{"version": NaN, "sources": {}}', "it is no JSON: JSON has no number NaN"),
        (b'{"version": 1, "sources": {}, "sources": {}}', "it is no JSON: the name 'sources' stands twice"),
        (b"[" * 100_000, "it is no JSON: "),
        (b"[]", "the whole: "),
        (b'{"version": 2, "sources": {}}', "version: "),
        (b'{"version": 1, "sources": {"t": {"tools": {"read": {}}}}}', "sources.t.tools.read.input_schema: "),
        (b" " * (LOCK_BYTES + 1), "it is larger than 16,777,216 bytes"),
    ],
)
def test_a_lock_of_another_form_is_told_where_the_sources_stand(tmp_path: Path, content: bytes, said: str) -> None:
    ((code, message),) = found_beside(tmp_path, content, town(STEP, READS))
    assert code == "PM318"
    assert message.startswith(f"`pointsman.lock` beside this file cannot be used: {said}")


def test_a_lock_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    (tmp_path / LOCK_NAME).mkdir()
    with pytest.raises(InvalidLock, match="it cannot be read: "):
        read_lock(tmp_path / LOCK_NAME)


def test_what_the_sources_said_themselves_goes_before_the_files_beside(tmp_path: Path) -> None:
    (tmp_path / LOCK_NAME).write_bytes(b"{")
    asked = {
        "t": ToolsOfSource("the source `t`", "tool", {"read": Signature("read", ("b",), (), False)}, complete=True)
    }
    found = check(town(STEP, READS), str(tmp_path / "town.yaml"), asked)
    assert {one.code for one in found} == {"PM318", "PM314"}
    other = {"t": ToolsOfSource("the source `t`", "tool", {}, complete=True)}
    found = check(town(STEP, READS), str(tmp_path / "other" / "town.yaml"), other)
    assert [one.message for one in found if one.code == "PM307"] == ["the source `t` has no tool `read`"] * 2


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({}, Signature("x", (), (), open_ended=False)),
        ({"properties": {"a": {}}, "required": ["a", 1]}, Signature("x", ("a",), ("a",), open_ended=False)),
        ({"additionalProperties": {"type": "string"}}, Signature("x", (), (), open_ended=True)),
        ({"additionalProperties": False, "patternProperties": {"a": {}}}, Signature("x", (), (), open_ended=True)),
    ],
)
def test_a_schema_tells_what_a_tool_takes(schema: JsonObject, expected: Signature) -> None:
    assert signature_of("x", schema) == expected


GROUP = "  begin: {actor: agent, tools: [{source: t, effect: write}], unknown: end, events: {go: {next: end}}}\n"


def test_a_group_of_writes_is_warned_of_where_it_takes_in_what_nothing_is_said_of(tmp_path: Path) -> None:
    assert found_beside(tmp_path, lock_of("read", "write"), town(GROUP)) == []
    ((code, message),) = found_beside(tmp_path, lock_of("read", "write", "burn"), town(GROUP))
    assert code == "PM712"
    assert message.endswith("that `tools` says nothing of, such as `burn`")
    assert [one.code for one in check(town(GROUP), str(tmp_path / "no" / "town.yaml")) if one.code == "PM712"]
