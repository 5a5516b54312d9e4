"""How much room texts take in a picture, and where they are broken. Pure; pixels.

Nobody knows the reader's font, so widths are those of Helvetica, and of whatever is made to its
measure (Arial, Liberation Sans), a little widened.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final

NAME_PX: Final = 13
SMALL_PX: Final = 11
NAME_LINE: Final = 17.0
SMALL_LINE: Final = 14.0

_NAME_CHARACTERS: Final = 22
LABEL_CHARACTERS: Final = 28
_SAFETY: Final = 1.06
_NARROW: Final = frozenset("iljtfrI.,:;|!'`()[]{}-/\\ ")
_WIDE: Final = frozenset("mwMWQO@%&→…")
_BOLD: Final = 1.08


def text_width(text: str, px: int, *, bold: bool = False) -> float:
    """Estimate the width of a line of text, rather too wide than too narrow."""
    return sum(map(_em, text)) * px * _SAFETY * (_BOLD if bold else 1)


def broken_name(name: str) -> list[str]:
    """Break a state's name at its underscores."""
    return _filled([("", part) for part in re.findall(r"[^_]+_*|_+", name)], _NAME_CHARACTERS)


def broken_label(label: str, characters: int = LABEL_CHARACTERS) -> list[str]:
    """Break a label at its spaces, a guard always beginning a line of its own if the whole is too long."""
    event, bracket, guard = label.partition("[")
    if len(label) <= characters or not bracket:
        return _filled(list(_words(label, characters)), characters)
    before = [event.strip()] if event.strip() else []
    return before + _filled(list(_words(bracket + guard, characters)), characters)


def _words(text: str, characters: int) -> Iterator[tuple[str, str]]:
    """The words of a text, each with what stands before it. One longer than a line breaks in its names, or is cut."""
    for word in text.split(" "):
        parts = re.findall(r"[^_.]+[_.]*|[_.]+", word) if len(word) > characters else [word]
        pieces = [part[at : at + characters] for part in parts for at in range(0, len(part) or 1, characters)]
        yield from ((" " if not number else "", piece) for number, piece in enumerate(pieces))


def _em(character: str) -> float:
    """The width of a character as a part of the font's size."""
    if character in _NARROW:
        return 0.34
    if character in _WIDE:
        return 0.9
    if character.isascii():
        return 0.7 if character.isupper() else 0.56
    return 1.0 if unicodedata.east_asian_width(character) in "WF" else 0.72


def _filled(words: Sequence[tuple[str, str]], characters: int) -> list[str]:
    lines: list[str] = []
    for joint, word in words:
        if lines and len(lines[-1]) + len(joint) + len(word) <= characters:
            lines[-1] += joint + word
        else:
            lines.append(word)
    return lines
