"""Findings as people and programs read them."""

from __future__ import annotations

import json

from pointsman.contracts.bounds import FINDINGS
from pointsman.contracts.errors import PointsmanError
from pointsman.contracts.findings import Finding, Findings, as_json, as_text

TEXT = "workflow: x\nstates:\n  a: {actor: agnt}\n"


def test_a_finding_shows_the_line_the_caret_and_the_hint() -> None:
    finding = Finding("w.yaml", 3, 14, "PM203", "error", "`agnt` is no actor", "Did you mean `agent`?")
    assert as_text([finding], {"w.yaml": TEXT}) == (
        "w.yaml:3:14 PM203 `agnt` is no actor\n"
        "    3 |   a: {actor: agnt}\n"
        "      |              ^\n"
        "      = hint: Did you mean `agent`?\n"
    )


def test_a_warning_says_so() -> None:
    finding = Finding("w.yaml", 1, 1, "PM601", "warning", "it waits", None)
    assert as_text([finding], {"w.yaml": TEXT}).splitlines()[0] == "w.yaml:1:1 PM601 it waits (warning)"


def test_a_line_that_is_not_there_is_not_shown() -> None:
    finding = Finding("w.yaml", 9, 1, "PM102", "error", "no YAML", None)
    assert as_text([finding], {"w.yaml": TEXT}) == as_text([finding], {}) == "w.yaml:9:1 PM102 no YAML\n"


def test_a_long_line_is_shown_around_the_caret() -> None:
    line = "x" * 300 + "HERE" + "y" * 300
    finding = Finding("w.yaml", 1, 301, "PM102", "error", "no", None)
    _, shown, caret = as_text([finding], {"w.yaml": line}).splitlines()
    assert len(shown) < 200
    assert shown[caret.index("^") :].startswith("HERE")


def test_the_caret_stands_right_behind_escapes() -> None:
    finding = Finding("w.yaml", 1, 3, "PM101", "error", "no", None)
    _, shown, caret = as_text([finding], {"w.yaml": "a\x1bHERE"}).splitlines()
    assert shown[caret.index("^") :] == "HERE"


def test_programs_get_one_json_list() -> None:
    finding = Finding("w.yaml", 3, 14, "PM203", "error", "é", None)
    assert json.loads(as_json([finding])) == [
        {
            "file": "w.yaml",
            "line": 3,
            "column": 14,
            "code": "PM203",
            "severity": "error",
            "message": "é",
            "hint": None,
        }
    ]
    assert as_json([]) == "[]"


def test_findings_are_kept_once_in_the_order_of_the_file_and_bounded() -> None:
    findings = Findings("w.yaml")
    findings.add("PM309", 2, 1, "b")
    findings.add("PM309", 2, 1, "b")
    assert not findings.errors
    findings.add("PM101", 1, 1, "a")
    assert findings.errors
    assert [(one.line, one.severity) for one in findings.sorted()] == [(1, "error"), (2, "warning")]
    for line in range(1000):
        findings.add("PM101", line + 3, 1, "c")
    assert findings.full
    assert len(findings.sorted()) == FINDINGS


def test_warnings_never_push_an_error_out() -> None:
    findings = Findings("w.yaml")
    for line in range(1000):
        findings.add("PM309", line + 1, 1, "a warning")
    assert not findings.takes("PM309")
    assert findings.takes("PM101")
    findings.add("PM101", 2000, 1, "an error")
    assert findings.errors
    listed = findings.sorted()
    assert len(listed) == FINDINGS
    assert listed[-1].code == "PM101"


def test_lines_are_cut_as_editors_cut_them() -> None:
    """YAML 1.2.2, section 5.4: not at the line separator or the form feed, where Python would."""
    finding = Finding("w.yaml", 2, 1, "PM102", "error", "no", None)
    assert "    2 | two\n" in as_text([finding], {"w.yaml": "one\u2028\x0c\x85\rtwo\r\nthree"})


def test_the_docstring_of_an_error_is_its_default_message() -> None:
    class Broken(PointsmanError):
        """It is broken.

        Mend it.
        """

    assert str(Broken()) == "It is broken.\n\nMend it."
    assert str(Broken("this")) == "this"
    assert str(PointsmanError()).startswith("Something of Pointsman failed.")
