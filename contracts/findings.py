"""What `check` finds in a workflow file, and how it is written down. What the codes mean is in `codes`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Final

from .bounds import FINDINGS
from .codes import RULES, Severity
from .positions import lines_of
from .visible import visible

_SHOWN_COLUMNS: Final = 160


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault of a file. `line` and `column` count from 1, columns in code points."""

    file: str
    line: int
    column: int
    code: str
    severity: Severity
    message: str
    hint: str | None = None


class Findings:
    """The findings of one file, as they are collected; at most `bounds.FINDINGS` of each severity are kept."""

    def __init__(self, file: str) -> None:
        self.file = file
        self._found: dict[Severity, dict[tuple[int, int, str, str], Finding]] = {"error": {}, "warning": {}}

    def add(self, code: str, line: int, column: int, message: str, hint: str | None = None) -> None:
        """Note a fault once."""
        severity = RULES[code].severity
        key = (line, column, code, message)
        if self.takes(code) and key not in self._found[severity]:
            self._found[severity][key] = Finding(self.file, line, column, code, severity, message, hint)

    def takes(self, code: str) -> bool:
        """Whether another finding of this code is kept, so that it is worth looking for a hint."""
        return len(self._found[RULES[code].severity]) < FINDINGS

    @property
    def full(self) -> bool:
        """Whether no more errors are kept, so that nobody need look for them."""
        return len(self._found["error"]) >= FINDINGS

    def has(self, code: str) -> bool:
        """Whether a fault of this code was found, that others may follow from."""
        return any(found.code == code for found in self._found[RULES[code].severity].values())

    @property
    def errors(self) -> bool:
        """Whether one of them keeps the workflow from being used."""
        return bool(self._found["error"])

    def sorted(self) -> tuple[Finding, ...]:
        """Give them in the order of the file, at most `bounds.FINDINGS`: warnings make room for errors."""
        kept = [*self._found["error"].values(), *self._found["warning"].values()][:FINDINGS]
        return tuple(sorted(kept, key=lambda found: (found.line, found.column, found.code)))


def as_text(findings: Iterable[Finding], sources: Mapping[str, str]) -> str:
    """Write findings for people: place, code and message, then the line, a caret and the hint.

    `sources` gives the text of each file; a file that is not there gets no line.
    """
    lines = {file: lines_of(text) for file, text in sources.items()}
    return "\n".join(_block(finding, lines.get(finding.file, ())) for finding in findings)


def _block(finding: Finding, lines: Sequence[str]) -> str:
    head = f"{finding.file}:{finding.line}:{finding.column} {finding.code} {finding.message}"
    written = [visible(f"{head} (warning)" if finding.severity == "warning" else head)]
    if 1 <= finding.line <= len(lines):
        line = lines[finding.line - 1]
        start = max(0, finding.column - _SHOWN_COLUMNS // 2)
        shown = visible(line[start : start + _SHOWN_COLUMNS])
        caret = len(visible(line[start : finding.column - 1]))
        gutter = f"{finding.line:>5} | "
        written += [f"{gutter}{shown}", f"{'|':>{len(gutter) - 1}} {' ' * caret}^"]
    if finding.hint is not None:
        written.append(f"      = hint: {visible(finding.hint)}")
    return "\n".join(written) + "\n"


def as_json(findings: Iterable[Finding]) -> str:
    """Write findings for programs: one JSON list of objects."""
    return json.dumps([asdict(finding) for finding in findings], ensure_ascii=True, indent=2)
