"""What an MCP server offers beside its tools is spoken of as tools are."""

from __future__ import annotations

from pathlib import Path

import pytest

from pointsman.contracts.passed_on import passed_on
from pointsman.contracts.schema_rules import faults_of
from pointsman.contracts.workflow import ToolDefinition
from tests.contracts.test_lock import READS, found_beside, lock_of
from tests.contracts.town import town

STEP = "  begin: {{actor: system, run: [{{call: t.{}}}], next: end, failed: end}}\n"
HEAD = READS.replace("tools: {", "tools: {t.read_resource: {effect: read}, t.list_prompts: {effect: read}, ")


def test_it_is_there_without_a_pin(tmp_path: Path) -> None:
    assert found_beside(tmp_path, lock_of("read"), town(STEP.format("list_prompts"), HEAD)) == []


def test_its_arguments_are_judged(tmp_path: Path) -> None:
    assert found_beside(tmp_path, lock_of("read"), town(STEP.format("read_resource"), HEAD)) == [
        ("PM310", "`read_resource` needs `uri`, and `with` does not give it")
    ]


def test_a_tool_of_the_server_stands_in_its_place(tmp_path: Path) -> None:
    lock = lock_of("read", "read_resource", "list_prompts")
    assert found_beside(tmp_path, lock, town(STEP.format("read_resource"), HEAD)) == [
        ("PM310", "`read_resource` needs `a`, and `with` does not give it")
    ]


def test_a_module_has_it_only_where_it_defines_it(tmp_path: Path) -> None:
    (tmp_path / "erp.py").write_text("def read(b: int) -> int:\n    return b\n", encoding="utf-8")
    head = HEAD.replace("{mcp: {command: town}}", "{python: erp}")
    found = found_beside(tmp_path, b"{", town(STEP.format("list_prompts"), head))
    assert {message for code, message in found if code == "PM307"} == {
        "`erp.py` has no public function `list_prompts`",
        "`erp.py` has no public function `read_resource`",
    }


@pytest.mark.parametrize("definition", passed_on("t").values(), ids=lambda one: one.name)
def test_its_schemas_are_ones_that_calls_are_held_to(definition: ToolDefinition) -> None:
    assert list(faults_of(definition.input_schema)) == []
