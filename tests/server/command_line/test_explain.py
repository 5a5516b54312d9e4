"""What a finding means, at a terminal, for programs and as a page."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pointsman.contracts.codes import RULES
from pointsman.server.command_line import main

PAGE = Path(__file__).parents[3] / "docs" / "findings.md"


def explain(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["explain", *arguments])


def test_a_code_is_explained_with_examples_and_what_check_says() -> None:
    done = explain("pm301")
    assert done.exit_code == 0
    said = [line.strip() for line in done.stdout.splitlines()]
    assert said[0] == "PM301  Unknown state"
    assert "begin: {actor: system, next: payd}" in said
    assert "example.yaml:2:32 PM301 there is no state `payd`" in said
    assert "begin: {actor: system, next: paid}" in said


def test_what_nobody_sees_in_an_example_is_shown() -> None:
    assert "\x07" not in explain("PM101").stdout
    assert "Expenses\\x07" in explain("PM101").stdout
    assert "\ufeff" not in explain("PM106").stdout


def test_without_a_code_all_are_listed() -> None:
    done = explain()
    assert done.exit_code == 0
    assert [line.split()[0] for line in done.stdout.splitlines() if line.startswith("  ")] == list(RULES)
    assert "(warning)" in done.stdout
    listed = [json.loads(line) for line in explain("--json").stdout.splitlines()]
    assert [one["code"] for one in listed] == list(RULES)
    assert listed[0]["family"] == "The text"


@pytest.mark.parametrize(("code", "near"), [("PM30l", "PM3"), ("PM999", "PM"), ("unknown-state", "look like")])
def test_an_unknown_code_is_wrong_usage_and_names_a_near_one(code: str, near: str) -> None:
    done = explain(code)
    assert done.exit_code == 2
    assert near in done.stderr
    assert "`pointsman explain` lists all" in done.stderr


def test_programs_get_one_document() -> None:
    document = json.loads(explain("PM309", "--json").stdout)
    assert (document["code"], document["severity"]) == ("PM309", "warning")
    assert document["wrong"] == RULES["PM309"].wrong
    assert [one["code"] for one in document["findings"]] == ["PM309"]


def test_the_page_of_the_documentation_is_made_from_the_same_text() -> None:
    """Mend with: uv run pointsman explain --markdown > docs/findings.md"""
    assert PAGE.read_text(encoding="utf-8") == explain("--markdown").stdout


@pytest.mark.parametrize("arguments", [("PM301", "--markdown"), ("--json", "--markdown")])
def test_the_page_has_no_other_form(arguments: tuple[str, ...]) -> None:
    assert explain(*arguments).exit_code == 2
