"""Reading a workflow file: every finding in one run, or the workflow.

The order is the order of what depends on what: text, YAML, keys and values, names and guards, the graph.
A step that could not read all still lets the next ones judge what there is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from .building import build
from .errors import PointsmanError
from .findings import Finding, Findings, as_text
from .positions import lines_of
from .rules import View, check_parts, check_surroundings, check_whole
from .shape import read_document
from .signatures import ToolsOfSource
from .workflow import Workflow
from .yaml_reader import decode, parse


class InvalidWorkflow(PointsmanError):
    """The workflow file has errors. Mend what is listed, and run `pointsman check`."""

    def __init__(self, findings: tuple[Finding, ...], text: str = "") -> None:
        file = findings[0].file if findings else ""
        super().__init__(as_text(findings, {file: text}))
        self.findings = findings


def check(text: bytes | str, file: str, asked: Mapping[str, ToolsOfSource] | None = None) -> tuple[Finding, ...]:
    """Give every fault of a workflow file, in the order of the file.

    `file` is its path: it names the file in the findings, and what it names is looked for beside it. `asked` are
    the tools of sources that somebody has asked. Nothing is imported, connected or started here.
    """
    findings = Findings(file)
    read = _read(text, findings)
    if read is not None:
        check_surroundings(read.view, asked or {})
    return findings.sorted()


def load(text: bytes | str, file: str) -> Workflow:
    """Give the workflow of a file, by its text alone: the modules of its sources are left to `check`.

    Raises:
        InvalidWorkflow: it has errors; all of them are listed, warnings beside them.
    """
    findings = Findings(file)
    read = _read(text, findings)
    if read is None or findings.errors:
        shown = text if isinstance(text, str) else text.decode("utf-8", "replace")
        raise InvalidWorkflow(findings.sorted(), shown)
    return build(read.view.document, read.text)


class _Read(NamedTuple):
    text: str
    view: View


def _read(text: bytes | str, findings: Findings) -> _Read | None:
    decoded = decode(text, findings)
    root = None if decoded is None else parse(decoded, findings)
    reading = None if root is None else read_document(root, findings)
    if decoded is None or root is None or reading is None:
        return None
    view = View(reading.document, reading.declared, root, lines_of(decoded.removeprefix("\ufeff")), findings)
    check_parts(view)
    if reading.whole:
        check_whole(view)
    return _Read(decoded, view)
