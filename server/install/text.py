"""JSON as text that is edited: where every value stands, so that one is changed and every other byte is left.

Read strictly (RFC 8259), or with what editors allow in their own settings: comments and a comma
behind the last value (JSON with Comments, as VS Code reads its files).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Final, cast

from pointsman.contracts.bounds import JSON_DEPTH
from pointsman.contracts.errors import PointsmanError
from pointsman.contracts.values import Json, JsonObject

_SPACE: Final = re.compile(r"[ \t\r\n]*")
_SPACE_OR_COMMENT: Final = re.compile(r"(?:[ \t\r\n]|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_REST_OF_LINE: Final = re.compile(r"(?:[ \t]|//[^\r\n]*|/\*[^\r\n]*?\*/)*(?=\r?\n)")
_INDENT: Final = re.compile(r"^([ \t]+)\S", re.MULTILINE)


class UnreadableConfiguration(PointsmanError):
    """The client's configuration is not what it should be. Mend or move it; nothing was changed."""


def _constant(name: str) -> Json:
    raise UnreadableConfiguration(f"It holds {name}, which is no JSON. Mend it; nothing was changed.")


_SCALARS: Final = json.JSONDecoder(parse_constant=_constant)


@dataclass(frozen=True, slots=True)
class Value:
    """A value and where it stands, from `start` to right behind it; `parts` are those of an object or a list."""

    value: Json
    start: int
    end: int
    parts: tuple[Part, ...] = ()

    def member(self, name: str) -> Part | None:
        """Give the member of an object that has this name."""
        return next((part for part in self.parts if part.name == name), None)


@dataclass(frozen=True, slots=True)
class Part:
    """A member of an object, or an item of a list: from its name on, with the comma that follows it."""

    name: str | None
    start: int
    value: Value
    comma: int | None


@dataclass(slots=True)
class _Reader:
    """Reads one text. `comments` allows them, and a comma behind the last part."""

    text: str
    comments: bool
    depth: int = field(default=0)

    def document(self) -> Value:
        value, end = self.value(self.skip(0))
        if self.skip(end) != len(self.text):
            raise self.fault("something follows the end of the document", self.skip(end))
        return value

    def value(self, at: int) -> tuple[Value, int]:
        if self.text[at : at + 1] in ("{", "["):
            value = self.parts(at)
            return value, value.end
        try:
            scalar, end = cast("tuple[Json, int]", _SCALARS.raw_decode(self.text, at))
        except json.JSONDecodeError as error:
            raise self.fault(error.msg, error.pos) from None
        return Value(scalar, at, end), end

    def parts(self, start: int) -> Value:
        self.depth += 1
        if self.depth > JSON_DEPTH:
            raise UnreadableConfiguration("It is nested too deep. Nothing was changed.")
        named = self.text[start] == "{"
        close = "}" if named else "]"
        found: list[Part] = []
        at = self.skip(start + 1)
        while self.text[at : at + 1] != close or (found and not self.comments):
            part, at = self.part(at, named=named)
            found.append(part)
            if part.comma is None and self.text[at : at + 1] == close:
                break
            if part.comma is None:
                raise self.fault(f"a comma or {close!r} is missing", at)
        self.depth -= 1
        return Value(self.plain(found, named=named), start, at + 1, tuple(found))

    def part(self, at: int, *, named: bool) -> tuple[Part, int]:
        start, name = at, None
        if named:
            if self.text[at : at + 1] != '"':
                raise self.fault("a name in double quotes is missing", at)
            key, end = self.value(at)
            name, at = str(key.value), self.skip(end)
            if self.text[at : at + 1] != ":":
                raise self.fault("a colon is missing", at)
            at = self.skip(at + 1)
        value, end = self.value(at)
        at = self.skip(end)
        comma = at if self.text[at : at + 1] == "," else None
        return Part(name, start, value, comma), at if comma is None else self.skip(at + 1)

    def plain(self, parts: list[Part], *, named: bool) -> Json:
        if not named:
            return [part.value.value for part in parts]
        found: JsonObject = {}
        for part in parts:
            name = str(part.name)
            if name in found:
                raise UnreadableConfiguration(
                    f"It has the key {name!r} twice in one object. Keep one; nothing was changed."
                )
            found[name] = part.value.value
        return found

    def skip(self, at: int) -> int:
        found = (_SPACE_OR_COMMENT if self.comments else _SPACE).match(self.text, at)
        return at if found is None else found.end()

    def fault(self, problem: str, at: int) -> UnreadableConfiguration:
        line, column = self.text.count("\n", 0, at) + 1, at - self.text.rfind("\n", 0, at)
        hint = " Comments have no place in it." if self.text.startswith(("//", "/*"), at) else ""
        return UnreadableConfiguration(
            f"It is no JSON: {problem} in line {line}, column {column}.{hint} "
            "Mend it there and run this again; nothing was changed."
        )


def read(text: str, *, comments: bool) -> Value:
    """Read a document with the place of every value.

    Raises:
        UnreadableConfiguration: it is no JSON, has a key twice, or is nested too deep.
    """
    return _Reader(text, comments).document()


def replaced(text: str, old: Value, new: Json, depth: int) -> str:
    """Put another value in the place of one that stands at this depth."""
    return text[: old.start] + _written(text, new, depth) + text[old.end :]


def added(text: str, into: Value, name: str | None, new: Json, depth: int) -> str:
    """Add a last part to an object or a list whose parts stand at this depth; a comment behind another one stays."""
    key = "" if name is None else f"{json.dumps(name, ensure_ascii=False)}: "
    line = _line_end(text) + _indent(text) * depth + key + _written(text, new, depth)
    closing = "" if "\n" in text[_last_end(into) : into.end] else _line_end(text) + _indent(text) * (depth - 1)
    if not into.parts:
        inside = text[into.start + 1 : into.end - 1].rstrip()
        closing = _line_end(text) + _indent(text) * (depth - 1)
        return text[: into.start + 1] + inside + line + closing + text[into.end - 1 :]
    last = into.parts[-1]
    comma = "," if last.comma is None else ""
    behind = last.value.end if last.comma is None else last.comma + 1
    rest = _REST_OF_LINE.match(text, behind)
    at = behind if rest is None else rest.end()
    return text[: last.value.end] + comma + text[last.value.end : at] + line + closing + text[at:]


def removed(text: str, out_of: Value, part: Part) -> str:
    """Take a part out of its object or list, with its line and its comma. Comments on other lines stay."""
    start, end = part.start, part.value.end if part.comma is None else part.comma + 1
    before, rest = text[:start].rstrip(" \t"), _REST_OF_LINE.match(text, end)
    if before.endswith("\n") and rest is not None:
        start, end = len(before.removesuffix("\n").removesuffix("\r")), rest.end()
    opened, closed = out_of.start + 1, out_of.end - 1
    if not (text[opened:start] + text[end:closed]).strip():
        return text[:opened] + text[closed:]
    index = out_of.parts.index(part)
    comma = out_of.parts[index - 1].comma if index and part.comma is None else None
    kept = text[:start] if comma is None else text[:comma] + text[comma + 1 : start]
    return kept + text[end:]


def _last_end(into: Value) -> int:
    return into.parts[-1].value.end if into.parts else into.start


def _written(text: str, value: Json, depth: int) -> str:
    """Write a value the way the text is written: its indent and its line ends."""
    lines = json.dumps(value, ensure_ascii=False, indent=_indent(text)).split("\n")
    return (_line_end(text) + _indent(text) * depth).join(lines)


def _indent(text: str) -> str:
    found = _INDENT.search(text)
    return found[1] if found else "  "


def _line_end(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"
