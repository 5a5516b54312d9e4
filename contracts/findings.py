"""What `check` finds in a workflow file: the codes, the findings, and how they are written down.

Every code is in `RULES`, with its severity; a code keeps its meaning for good.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Final, Literal, TypeAlias

from .bounds import FINDINGS

Severity: TypeAlias = Literal["error", "warning"]

_SHOWN_COLUMNS: Final = 160


@dataclass(frozen=True, slots=True)
class Rule:
    """What a code stands for."""

    title: str
    severity: Severity = "error"


RULES: Final[Mapping[str, Rule]] = {
    # The text.
    "PM101": Rule("The file is no readable text"),
    "PM102": Rule("The file is no YAML"),
    "PM103": Rule("A key stands twice in one mapping"),
    "PM104": Rule("Anchors, aliases and tags are not allowed"),
    "PM105": Rule("The file is too large, too deep or has too many nodes"),
    "PM106": Rule("The file begins with a byte order mark", "warning"),
    "PM107": Rule("A value that JSON does not have"),
    "PM108": Rule("YAML ended an expression early"),
    # Keys and values.
    "PM201": Rule("Unknown key"),
    "PM202": Rule("A required key is missing"),
    "PM203": Rule("A value of the wrong form"),
    # Names.
    "PM301": Rule("Unknown state"),
    "PM302": Rule("Unknown source of a tool"),
    "PM303": Rule("Unknown field of the record"),
    "PM304": Rule("Unknown role"),
    "PM305": Rule("A reserved name"),
    "PM306": Rule("Names that collide"),
    "PM307": Rule("The source has no such tool"),
    "PM308": Rule("The module of a Python source was not found", "warning"),
    "PM309": Rule("A tool that no state uses", "warning"),
    "PM310": Rule("The tool has no such argument"),
    "PM311": Rule("Evidence that the state cannot give"),
    "PM312": Rule("A name that stands twice in one list"),
    # Guards and expressions.
    "PM401": Rule("An expression that does not compile"),
    "PM402": Rule("A guard that is not boolean"),
    "PM403": Rule("Values of unlike types"),
    "PM404": Rule("A name that nothing declares"),
    "PM405": Rule("A value that the field can never have"),
    # The graph of states.
    "PM501": Rule("A state that cannot be reached"),
    "PM502": Rule("A state from which no final state can be reached"),
    "PM503": Rule("A cycle that only the system drives and nothing ends"),
    "PM504": Rule("A `next` list that can fall through"),
    "PM505": Rule("A state that nothing leaves"),
    "PM506": Rule("An entry of `next` that is never tried"),
    # People.
    "PM601": Rule("A review without `due`", "warning"),
    "PM602": Rule("A review that its starter could decide", "warning"),
    "PM603": Rule("`below` is no human state"),
    "PM604": Rule("A guard that skips a person on a field only an agent wrote", "warning"),
    "PM605": Rule("A final state without owner"),
    # Tools.
    "PM701": Rule("`failed` is missing"),
    "PM702": Rule("`unknown` is missing"),
    "PM703": Rule("A write with neither `key` nor `reconcile`", "warning"),
    "PM704": Rule("A key without `over`", "warning"),
    "PM705": Rule("Two branches of an `all` that save one field"),
    # Schemas.
    "PM801": Rule("No JSON Schema"),
    "PM802": Rule("A reference that leaves the file"),
    "PM803": Rule("A schema that expands past the bound"),
    "PM804": Rule("A pattern that does not run in linear time"),
    "PM805": Rule("An unknown format or keyword of a schema", "warning"),
}


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
    """The findings of one file, as they are collected; at most `bounds.FINDINGS` are kept."""

    def __init__(self, file: str) -> None:
        self.file = file
        self._found: dict[tuple[int, int, str, str], Finding] = {}

    def add(self, code: str, line: int, column: int, message: str, hint: str | None = None) -> None:
        """Note a fault once."""
        key = (line, column, code, message)
        if key not in self._found and not self.full:
            self._found[key] = Finding(self.file, line, column, code, RULES[code].severity, message, hint)

    @property
    def full(self) -> bool:
        """Whether no more are kept, so that nobody need look for hints."""
        return len(self._found) >= FINDINGS

    @property
    def errors(self) -> bool:
        """Whether one of them keeps the workflow from being used."""
        return any(finding.severity == "error" for finding in self._found.values())

    def sorted(self) -> tuple[Finding, ...]:
        """Give them in the order of the file."""
        return tuple(sorted(self._found.values(), key=lambda found: (found.line, found.column, found.code)))


def visible(text: str) -> str:
    """Write what a terminal would obey or hide as escapes: control characters, bidi marks, surrogates."""
    return "".join(
        character if character.isprintable() or unicodedata.category(character) == "Zs" else _escape(character)
        for character in text
    )


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def as_text(findings: Iterable[Finding], sources: Mapping[str, str]) -> str:
    """Write findings for people: place, code and message, then the line, a caret and the hint.

    `sources` gives the text of each file; a file that is not there gets no line.
    """
    blocks = (_block(finding, sources.get(finding.file, "").splitlines()) for finding in findings)
    return "\n".join(blocks)


def _block(finding: Finding, lines: list[str]) -> str:
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
