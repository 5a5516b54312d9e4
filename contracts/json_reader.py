"""Reads JSON strictly: what RFC 8259 allows and RFC 7493 (I-JSON) recommends, and nothing else.

Python's own reader takes NaN, keeps the last of duplicate members and decodes lone surrogates; this
one finds all of them and says where they stand. It still parses at C speed: only the hooks for
objects, fractions and long integers run in Python, and a fault is searched for only when a hook or
a cheap look at the bytes has raised suspicion.
"""

from __future__ import annotations

import json
import math
import re
from array import array
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate, compress
from operator import not_
from typing import Final, cast

from .bounds import JSON_DEPTH
from .values import Json

INTEGER_DIGITS: Final = 4300
"""Python reads no longer integers by default, because the time grows with the square (CVE-2020-10735)."""
PATH_CHARACTERS: Final = 200

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_MARKS: Final = b'"[]{}'
_NOT_MARKS: Final = bytes(set(range(256)) - set(_MARKS))
_STEPS: Final = bytes.maketrans(_MARKS, b"\x00\x01\xff\x01\xff")
_QUOTES: Final = bytes.maketrans(_MARKS, b"\x01\x00\x00\x00\x00")
_SURROGATE_ESCAPE: Final = re.compile(r"\\u[dD][89a-fA-F]")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_PLAIN_KEY: Final = re.compile(r"[A-Za-z_$][A-Za-z0-9_$/.-]*\Z")


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a text is refused. `grammar` says that it is no JSON at all; `path` is dotted, empty for the whole."""

    problem: str
    path: str = ""
    grammar: bool = False

    @property
    def message(self) -> str:
        return f"{self.path}: {self.problem}" if self.path else self.problem


@dataclass(frozen=True, slots=True)
class Parsed:
    """A value, and the first fault in it; with a fault, the value may be looked at and must not be used."""

    value: Json
    fault: Fault | None = None


class _Refused:
    """Stands in the tree where a number was refused."""

    __slots__ = ("grammar", "problem")

    def __init__(self, problem: str, *, grammar: bool = False) -> None:
        self.problem = problem
        self.grammar = grammar


class _Doubled(dict[str, object]):
    """An object that has a member twice."""

    __slots__ = ("key",)

    def __init__(self, pairs: list[tuple[str, object]]) -> None:
        super().__init__(pairs)
        counts = Counter(key for key, _ in pairs)
        self.key = next(key for key, count in counts.items() if count > 1)


class JsonReader:
    """Reads one text after the other, each nested at most `depth` deep. Not for several threads at once."""

    def __init__(self, depth: int = JSON_DEPTH) -> None:
        self._depth = depth
        self._suspicious = False
        self._decoder = json.JSONDecoder(
            object_pairs_hook=self._object,
            parse_constant=self._constant,
            parse_float=self._fraction,
            parse_int=self._integer,
        )

    def read(self, line: bytes) -> Parsed | Fault:
        """Read one text. A `Fault` alone is given when no tree could be made of it."""
        if line.startswith(_BYTE_ORDER_MARK):
            return Fault("the text starts with a byte order mark; send UTF-8 without one", grammar=True)
        if deeper_than(line, self._depth):
            return Fault(f"nested more than {self._depth} deep")
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError as error:
            return Fault(f"not UTF-8 at byte {error.start}", grammar=True)
        self._suspicious = False
        try:
            value: object = self._decoder.decode(text)
        except json.JSONDecodeError as error:
            return Fault(f"not JSON: {error.msg.removesuffix(' at')} at character {error.pos}", grammar=True)
        except RecursionError:
            return Fault(f"nested more than {self._depth} deep")
        if self._suspicious or _SURROGATE_ESCAPE.search(text):
            return Parsed(cast("Json", value), next(_faults(value, ()), None))
        return Parsed(cast("Json", value))

    def _object(self, pairs: list[tuple[str, object]]) -> dict[str, object]:
        value = dict(pairs)
        if len(value) == len(pairs):
            return value
        self._suspicious = True
        return _Doubled(pairs)

    def _constant(self, name: str) -> _Refused:
        self._suspicious = True
        return _Refused(f"{name} is not a JSON number", grammar=True)

    def _fraction(self, digits: str) -> float | _Refused:
        value = float(digits)
        if math.isfinite(value):
            return value
        self._suspicious = True
        return _Refused("the number is too large")

    def _integer(self, digits: str) -> int | _Refused:
        if len(digits) <= INTEGER_DIGITS:
            return int(digits)
        self._suspicious = True
        return _Refused(f"an integer of more than {INTEGER_DIGITS} digits")


def deeper_than(text: bytes, limit: int) -> bool:
    """Whether brackets outside of strings nest deeper than `limit`, told without parsing."""
    if text.count(b"[") + text.count(b"{") <= limit:
        return False
    unescaped = text.replace(b"\\\\", b"").replace(b'\\"', b"") if b"\\" in text else text
    # Two quotes side by side are an empty string, or the seam of two strings: without them all others mean the same.
    marks = unescaped.translate(None, _NOT_MARKS).replace(b'""', b"")
    outside = map(not_, accumulate(marks.translate(_QUOTES), int.__xor__))
    depths = accumulate(compress(array("b", marks.translate(_STEPS)), outside))
    return max(depths, default=0) > limit


def _faults(value: object, path: tuple[str | int, ...]) -> Iterator[Fault]:
    """Find every fault of a tree, in the order of the text."""
    if isinstance(value, _Refused):
        yield Fault(value.problem, _dotted(path), value.grammar)
    elif isinstance(value, str):
        if _SURROGATE.search(value):
            yield Fault("half of a surrogate pair, which stands for no character", _dotted(path))
    elif isinstance(value, dict):
        if isinstance(value, _Doubled):
            yield Fault("the member stands there twice", _dotted((*path, value.key)))
        for key, member in cast("dict[str, object]", value).items():
            if _SURROGATE.search(key):
                yield Fault("a member's name holds half of a surrogate pair", _dotted(path))
            yield from _faults(member, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(cast("list[object]", value)):
            yield from _faults(item, (*path, index))


def _dotted(path: tuple[str | int, ...]) -> str:
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif _PLAIN_KEY.match(step):
            text += f".{step}" if text else step
        else:
            text += f"[{json.dumps(step[:PATH_CHARACTERS])}]"
    return text if len(text) <= PATH_CHARACTERS else text[:PATH_CHARACTERS] + "…"
