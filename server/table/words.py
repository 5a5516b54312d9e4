"""Expressions and amounts of a workflow in words that a business reader understands. Pure.

An expression keeps its parentheses and its order, so that the words say neither more nor less than
the CEL they stand for; the table gives both.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

_TOKEN: Final = re.compile(
    r"""(?P<text>[rb]*"(?:[^"\\]|\\.)*"|[rb]*'(?:[^'\\]|\\.)*')
    | (?P<no>!?)\s*has\(\s*(?P<has>[A-Za-z_][\w.]*)\s*\)
    | (?P<name>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)
    | (?P<sign>==|!=|<=|>=|&&|\|\||[<>!])
    | (?P<number>\d[\w.]*)
    | (?P<space>\s+)
    | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_SIGNS: Final = {
    "==": " is ",
    "!=": " is not ",
    "<=": " is at most ",
    ">=": " is at least ",
    "<": " is less than ",
    ">": " is more than ",
    "&&": " and ",
    "||": " or ",
    "!": " not ",
}
_NAMES: Final = {
    "session.started_by": "whoever started the session",
    "session.age_s": "the session's age in seconds",
    "session.client": "the client program",
    "record": "the whole record",
    "null": "nothing",
    "in": " is one of ",
}
_ROOTS: Final = (
    (re.compile(r"record\.(\w+)"), r"\1"),
    (re.compile(r"visits\.(\w+)"), r"visits of \1"),
    (re.compile(r"decisions\.(\w+)\.by"), r"whoever decided \1"),
    (re.compile(r"decisions\.(\w+)\.(\w+)"), r"\2 of the decision in \1"),
    (re.compile(r"args\.(.+)"), r"the call's \1"),
    (re.compile(r"event\.(.+)"), r"the event's \1"),
    (re.compile(r"result\.(.+)"), r"the result's \1"),
    (re.compile(r"evidence\.(\w+)\.result\.(.+)"), r"\2 of \1"),
    (re.compile(r"evidence\.(\w+)\.args\.(.+)"), r"\2 given to \1"),
    (re.compile(r"done\.(\w+\.\w+)\.count"), r"successful calls of \1"),
    (re.compile(r"done\.(\w+\.\w+)\.result\.(.+)"), r"\2 of the last \1"),
)
_UNITS: Final = (("day", 86_400_000), ("hour", 3_600_000), ("minute", 60_000), ("second", 1_000))


def in_words(expression: str) -> str:
    """Write a CEL expression in words. What has no words stays as it is."""
    text = "".join(_word(found) for found in _TOKEN.finditer(expression))
    return re.sub(r" +", " ", text).replace("( ", "(").strip()


def condition_words(expression: str) -> str:
    """Write a condition in words; one that is a single name is said to be true."""
    words = in_words(expression)
    return f"{words} is true" if re.fullmatch(r"[A-Za-z_][\w.]*", expression) else words


def duration_words(duration_ms: float) -> str:
    """Write a duration: `2 days`, `15 minutes`, `200 milliseconds`."""
    for unit, size_ms in _UNITS:
        if duration_ms >= size_ms and duration_ms % size_ms == 0:
            return counted(duration_ms / size_ms, unit)
    return counted(duration_ms, "millisecond")


def counted(amount: float, noun: str) -> str:
    """Write an amount of something: `1 call`, `8 calls`."""
    return f"{amount:g} {noun}{'' if amount == 1 else 's'}"


def listed(words: Iterable[str], last: str = "and") -> str:
    """Write a list as in a sentence: `a, b and c`."""
    *before, final = list(words) or [""]
    return f"{', '.join(before)} {last} {final}" if before else final


def _word(found: re.Match[str]) -> str:
    if found["space"]:
        return " "
    if found["has"]:
        return f"{_named(found['has'])} is {'not ' if found['no'] else ''}set"
    if found["sign"]:
        return _SIGNS[found["sign"]]
    return _named(found["name"]) if found["name"] else found[0]


def _named(name: str) -> str:
    if name in _NAMES:
        return _NAMES[name]
    for pattern, words in _ROOTS:
        whole = pattern.fullmatch(name)
        if whole is not None:
            return whole.expand(words)
    return name.removeprefix("record.")
