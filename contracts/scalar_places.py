"""Where a character of a scalar's text is written: behind the escapes, quotes and line breaks of YAML and JSON.

An expression knows where in its text a fault is; the author wants to see it in the file.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from .positions import Place, Scalar

_UNITS: Final = {
    '"': re.compile(
        r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"  # both halves of one character
        r"|\\x..|\\u....|\\U........|\\.|."
    ),
    "'": re.compile(r"''|."),
}
_PLAIN: Final = re.compile(r".")
_BREAK: Final = re.compile(r"[ \t]*\n[ \t\n]*")
_HIDDEN_BREAK: Final = re.compile(r"\\\n[ \t]*")


def place_in(lines: Sequence[str], scalar: Scalar, offset: int) -> Place:
    """Give the place of a character of a scalar's text; of the scalar, where it cannot be found.

    Args:
        lines: The lines of the file.
        scalar: A text of the file.
        offset: The character's index in the scalar's text; its length is the place right behind it.
    """
    line, column = (scalar.place.line + 1, 1) if scalar.block else scalar.place
    first, *others = (*lines[line - 1 : scalar.end.line], "")
    source = "\n".join((first[column - 1 :], *others))
    quote = "" if scalar.plain or scalar.block else source[:1]
    index = _index_in(source, scalar.text, offset, quote)
    if index is None:
        return scalar.place
    before = source[:index]
    inner = before.rfind("\n")
    return Place(line + before.count("\n"), index - inner if inner >= 0 else column + index)


def _index_in(source: str, text: str, offset: int, quote: str) -> int | None:
    """Follow a text through its source, and give where a character or the end of it is; None where they differ."""
    unit = _UNITS.get(quote, _PLAIN)
    reached = len(quote) or len(source) - len(source.lstrip())
    broken = not quote
    for index, character in enumerate(text):
        while quote == '"' and (hidden := _HIDDEN_BREAK.match(source, reached)):
            reached = hidden.end()
        if index == offset:
            return reached
        found = _BREAK.match(source, reached) if character in " \n" else None
        if found is not None:
            reached, broken = found.end(), True
        elif not (broken and character in " \n" and source[reached : reached + 1] != character):
            found = unit.match(source, reached)
            if found is None or (len(found[0]) == 1 and found[0] != character):
                return None
            reached, broken = found.end(), False
    return reached
