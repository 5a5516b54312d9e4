"""Findings as SARIF 2.1.0, the format in which code hosts and editors show what a program has found.

The standard: https://docs.oasis-open.org/sarif/sarif/v2.1.0/. Every code is listed as a rule, with what `explain`
says of it, so that a reader of the log needs nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Final
from urllib.parse import quote

from pointsman.contracts.codes import FAMILIES, Rule
from pointsman.contracts.findings import Finding
from pointsman.contracts.values import Json, JsonObject

_SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def as_sarif(findings: Iterable[Finding]) -> JsonObject:
    """Give a log with one run. Columns count code points, and it says so."""
    rules = [_rule(code, rule, family) for family, codes in FAMILIES.items() for code, rule in codes.items()]
    places: dict[Json, int] = {rule["id"]: index for index, rule in enumerate(rules)}
    driver: JsonObject = {"name": "pointsman", "semanticVersion": version("pointsman"), "rules": [*rules]}
    run: JsonObject = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, places[finding.code]) for finding in findings],
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(code: str, rule: Rule, family: str) -> JsonObject:
    words = f"{rule.meaning} {rule.matters}"
    return {
        "id": code,
        "shortDescription": {"text": f"{rule.title}."},
        "fullDescription": {"text": words},
        "help": {
            "text": f"{words}\n\nWrong:\n\n{rule.wrong}\nRight:\n\n{rule.right}",
            "markdown": f"{words}\n\nWrong:\n\n```yaml\n{rule.wrong}```\n\nRight:\n\n```yaml\n{rule.right}```\n",
        },
        "defaultConfiguration": {"level": rule.severity},
        "properties": {"tags": [family]},
    }


def _result(finding: Finding, rule: int) -> JsonObject:
    hint = "" if finding.hint is None else f" {finding.hint}"
    region: JsonObject = {"startLine": finding.line, "startColumn": finding.column}
    place: JsonObject = {"artifactLocation": {"uri": _uri(finding.file)}, "region": region}
    return {
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": finding.severity,
        "message": {"text": f"{_sentence(finding.message)}{hint}"},
        "locations": [{"physicalLocation": place}],
    }


def _sentence(message: str) -> str:
    return f"{message[:1].upper()}{message[1:]}{'' if message.endswith(('.', '!', '?')) else '.'}"


def _uri(file: str) -> str:
    """Write a path as the reference that SARIF asks for: relative where it was given so (RFC 3986)."""
    path = Path(file)
    return path.as_uri() if path.is_absolute() else quote(path.as_posix())
