"""YAML 1.2 into a tree with positions, from ruamel.yaml's events.

Events come one by one, so a file that is too deep, has too many nodes or would expand (anchors) is
refused where that shows, before anything is built of it. The core schema of YAML 1.2 is applied
here: dates and times stay strings, `yes` and `off` too. JSON is read by the same rules.
"""

from __future__ import annotations

import json
import math
import re
from typing import Final, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, StreamMark
from ruamel.yaml.events import (
    AliasEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
)

from .bounds import FILE_BYTES, FILE_DEPTH, FILE_LINES, FILE_NODES
from .findings import Findings
from .positions import Entry, Mapping, Node, Place, Scalar, Sequence, lines_of
from .visible import visible

_NULL: Final = re.compile(r"(?:null|Null|NULL|~|)\Z")
_BOOLEAN: Final = re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z")
_INTEGER: Final = re.compile(r"[-+]?[0-9]{1,4000}\Z|0o[0-7]{1,4000}\Z|0x[0-9a-fA-F]{1,4000}\Z", re.ASCII)
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z", re.ASCII)
_NO_NUMBER: Final = re.compile(r"(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\Z")
_UNREADABLE: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]|[\ud800-\udfff]"  # what no text has
    "|[\u2028\u2029\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]"  # what shows a reader another text than is there
)
_DIRECTIVE: Final = re.compile(r"(?:[ \t]*(?:#.*)?\r?\n|%(?:YAML|TAG)[ \t].*\r?\n)*(?P<other>%)(?!(?:YAML|TAG)[ \t])")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")

FLOW_HINT: Final = (
    "Between brackets a plain value ends at `,` `]` `}`: quote an expression that has one, or write it in block style."
)

TAG_HINT: Final = "A plain value that begins with `!` is a tag: quote the expression."
_DIRECTIVES: Final = "directives other than `%YAML 1.2` are not allowed"
COMMENT_HINT: Final = "` #` begins a comment: quote an expression that has one."

_Value: TypeAlias = "str | int | float | bool | None"


class _Refused(Exception):
    """The rest of the file is not read; the finding has been noted."""


def decode(data: bytes | str, findings: Findings) -> str | None:
    """Give the text of a file; None, with a finding, where it is none."""
    if len(data) > FILE_BYTES:
        findings.add("PM105", 1, 1, f"the file is larger than {FILE_BYTES:,} bytes")
        return None
    if isinstance(data, str):
        return data
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        hint = "It looks like UTF-16." if data[:2] in (b"\xff\xfe", b"\xfe\xff") else None
        message = f"byte 0x{data[error.start]:02x} is no UTF-8"
        findings.add("PM101", *_place_at(before, len(before)), message, f"{hint or ''} Save the file as UTF-8.".strip())
        return None


def parse(text: str, findings: Findings) -> Node | None:
    """Read one document. None, with findings, where there is none to read.

    A tree that is given may still have findings: duplicate keys, tags and values that JSON lacks are noted
    and left out.
    """
    if text.startswith("\ufeff"):
        findings.add("PM106", 1, 1, "the file begins with a byte order mark", "Save the file as UTF-8 without BOM.")
        text = text[1:]
    unreadable = _UNREADABLE.search(text)
    if unreadable is not None:
        message = f"the character {visible(unreadable[0])} cannot stand in a workflow file"
        hint = "Remove it, or write it like this between double quotes."
        findings.add("PM101", *_place_at(text, unreadable.start()), message, hint)
        return None
    if text.count("\n") + text.count("\r") > FILE_LINES:
        findings.add("PM105", 1, 1, f"the file has more than {FILE_LINES:,} lines")
        return None
    directive = _DIRECTIVE.match(text)
    if directive is not None:
        findings.add("PM104", *_place_at(text, directive.start("other")), _DIRECTIVES, "Remove it.")
    builder = _Builder(findings)
    try:
        for event in YAML(typ="safe", pure=True).parse(_without_tabs(text)):
            builder.take(event)
    except _Refused:
        return None
    except MarkedYAMLError as error:
        _note_syntax_error(error, builder, findings)
        return None
    except Exception as error:  # noqa: BLE001 -- the parser raises anything on hostile text, assertions included
        findings.add("PM102", *builder.reached, f"this is no YAML: {str(error).partition(chr(10))[0]}")
        return None
    if builder.root is None:
        findings.add("PM102", 1, 1, "the file is empty", "A workflow begins with `workflow: its_name`.")
    return builder.root


def _without_tabs(text: str) -> str:
    """Write a JSON text's tabs as spaces. All of them stand between its values, where YAML takes none."""
    if "\t" not in text or not text.lstrip().startswith("{"):
        return text
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return text
    return text.replace("\t", " ")


def _place_at(text: str, index: int) -> Place:
    """Give the place of a character by its index."""
    *before, line = lines_of(text[:index])
    return Place(len(before) + 1, len(line) + 1)


def _note_syntax_error(error: MarkedYAMLError, builder: _Builder, findings: Findings) -> None:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
    problem = str(error.problem or error.context or error)
    if problem.startswith("expected '<document start>'"):
        findings.add("PM102", line, column, "the document has ended before this", "One file holds one workflow.")
        return
    if "tag" in (error.context or ""):
        hint = TAG_HINT
    elif builder.in_flow:
        hint = FLOW_HINT
    elif "mapping values are not allowed" in problem:
        hint = "Quote a value that contains `: `, and check the indentation."
    elif "\\t" in problem:
        hint = "Indent with spaces; YAML takes no tabs."
    else:
        hint = None
    findings.add("PM102", line, column, f"this is no YAML: {problem}", hint)


class _Builder:
    """Builds the tree from events, and refuses what goes beyond the bounds."""

    def __init__(self, findings: Findings) -> None:
        self.root: Node | None = None
        self.reached = Place(1, 1)
        self._findings = findings
        self._open: list[Mapping | Sequence] = []
        self._keys: list[tuple[str | None, Place] | None] = []
        self._nodes = 0
        self._documents = 0

    @property
    def in_flow(self) -> bool:
        """Whether the reader stands between brackets."""
        return bool(self._open) and self._open[-1].flow

    def take(self, event: Event) -> None:
        """Take the next event."""
        self.reached = _place(event.end_mark)
        if isinstance(event, DocumentStartEvent):
            self._start_document(event)
        elif isinstance(event, NodeEvent):
            self._take_node(event)
        elif isinstance(event, MappingEndEvent | SequenceEndEvent):
            self._keys.pop()
            closed = self._open.pop()
            self._place(closed)

    def _start_document(self, event: DocumentStartEvent) -> None:
        place = _place(event.start_mark)
        self._documents += 1
        if self._documents > 1:
            self._findings.add("PM102", *place, "a second document begins here", "One file holds one workflow.")
            raise _Refused
        if event.version not in (None, (1, 2)) or event.tags:
            self._findings.add("PM104", *place, _DIRECTIVES, "Remove it.")

    def _take_node(self, event: NodeEvent) -> None:
        place = _place(event.start_mark)
        self._nodes += 1
        if self._findings.full:
            raise _Refused
        if self._nodes > FILE_NODES:
            self._findings.add("PM105", *place, f"the file has more than {FILE_NODES:,} nodes")
            raise _Refused
        if isinstance(event, AliasEvent) or event.anchor is not None:
            self._findings.add(
                "PM104",
                *place,
                "anchors and aliases are not allowed",
                "Write the value out, or quote a text that begins with `&` or `*`.",
            )
        tag = event.tag if isinstance(event, ScalarEvent | CollectionStartEvent) else None
        if tag is not None:
            self._findings.add(
                "PM104",
                *place,
                f"the tag {visible(tag)} is not allowed",
                TAG_HINT,
            )
        if isinstance(event, CollectionStartEvent):
            self._open_collection(event, place)
        else:
            self._place(self._scalar(event, place))

    def _open_collection(self, event: CollectionStartEvent, place: Place) -> None:
        if len(self._open) >= FILE_DEPTH:
            self._findings.add("PM105", *place, f"the file is nested deeper than {FILE_DEPTH}")
            raise _Refused
        flow = bool(event.flow_style)
        self._open.append(Mapping(place, flow) if isinstance(event, MappingStartEvent) else Sequence(place, flow))
        self._keys.append(None)

    def _scalar(self, event: NodeEvent, place: Place) -> Scalar:
        end = _place(event.end_mark)
        if not isinstance(event, ScalarEvent):
            return Scalar(place, end, None, "", plain=True, flow=self.in_flow)
        text = self._unicode(event.value if event.tag is None else f"{event.tag} {event.value}".strip(), place)
        is_plain = event.style is None
        value = self._resolve(text, place) if is_plain else text
        return Scalar(place, end, value, text, plain=is_plain, flow=self.in_flow, block=event.style in ("|", ">"))

    def _unicode(self, text: str, place: Place) -> str:
        """Join the halves of characters that JSON escapes apart."""
        if not _SURROGATE.search(text):
            return text
        try:
            return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
        except UnicodeDecodeError:
            self._findings.add(
                "PM101",
                *place,
                "half of a character is escaped here",
                "Escape both halves, or write the character itself.",
            )
            return ""

    def _resolve(self, text: str, place: Place) -> _Value:
        """Read a plain scalar by the core schema (YAML 1.2.2, section 10.3.2)."""
        if _NULL.match(text):
            return None
        if _BOOLEAN.match(text):
            return text.lower() == "true"
        if _INTEGER.match(text):
            return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
        if _FLOAT.match(text) and math.isfinite(number := float(text)):
            return number
        if _FLOAT.match(text) or _NO_NUMBER.match(text):
            self._findings.add("PM107", *place, f"JSON has no number {visible(text[:40])}", "Quote it if it is text.")
            return None
        return text

    def _place(self, node: Node) -> None:
        """Put a finished node where it belongs: the root, an item, a key or a value."""
        if not self._open:
            self.root = node
            return
        parent = self._open[-1]
        if isinstance(parent, Sequence):
            parent.items.append(node)
            return
        key = self._keys[-1]
        if key is None:
            self._keys[-1] = (self._key_text(node), node.place)
            return
        self._keys[-1] = None
        name, place = key
        if name is None:
            return
        if name in parent.entries:
            first = parent.entries[name].key
            self._findings.add(
                "PM103",
                *place,
                f"the key `{visible(name)}` stands twice",
                f"It stands in line {first.line} before; keep one of them.",
            )
            return
        parent.entries[name] = Entry(place, node)

    def _key_text(self, node: Node) -> str | None:
        if isinstance(node, Scalar):
            return node.text
        self._findings.add("PM107", *node.place, "a key must be text", "Quote it, or write the mapping in block style.")
        return None


def _place(mark: StreamMark) -> Place:
    """Read a mark of ruamel.yaml's, which counts from 0."""
    return Place(mark.line + 1, mark.column + 1)
