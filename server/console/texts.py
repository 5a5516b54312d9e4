"""Texts that agents, other systems and files wrote, as pages show them: escaped, set apart, with nothing hidden.

Whatever would hide, turn the direction of reading or steer is shown as its code point. Letters of another script that
look like Latin ones are marked where they stand among Latin ones (Unicode Technical Standard 39, section 5): so
"paypal" with a Cyrillic "a" is not read as the name that it imitates.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

from markupsafe import Markup, escape

from pointsman.contracts.visible import UNSEEN, visible

from ..bounds import PAGE_TEXT_CHARACTERS, PAGE_TEXT_MARKS
from .room import Room, room

_BREAKS: Final = "\n\t"
_LEFT: Final = Markup(
    '<span class="nothing"> … {} more characters: the audit\'s row has the whole, and can be downloaded</span>'
)
_WORD: Final = re.compile(r"[^\W\d_]+")
_LAID_OUT: Final = re.compile(r"^.*\S {3,}\S", re.MULTILINE)
_ASCII_LETTER: Final = re.compile("[A-Za-z]")
_LOOKALIKES: Final = frozenset(
    "АВЕЅІЈКМНОРСТУХаеѕіјорсухѵԁԛԝһӏѡ"  # Cyrillic
    "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧαινορτυχϲϳ"  # Greek
    "ԱՏՕՍօսոհցքյ"  # Armenian
    "ᎪᏴᏟᎠᎬᎻᎫᏦᏞᎷᎾᏢᎡᏚᎢᏙᎳᏃ"  # Cherokee
)  # fmt: skip
"""Letters of other scripts that are drawn as Latin ones are (Unicode's confusables.txt, single letters)."""


def told(text: str) -> Markup:
    """Write a text of others within a line. Its direction of reading does not reach what stands beside it."""
    return Markup('<bdi class="told">{}</bdi>').format(within_room(text))


def told_at_length(text: str) -> Markup:
    """Write a text of others as a paragraph that keeps its line breaks; one that is laid out by spaces keeps them."""
    laid_out = " laid-out" if _LAID_OUT.search(text) else ""
    return Markup('<div class="told long{}" dir="auto" tabindex="0">{}</div>').format(
        laid_out, within_room(text, lines=True)
    )


def within_room(text: str, *, lines: bool = False) -> Markup:
    """Write a text of others as `marked` does, as far as it and the page have room."""
    left = room()
    most = min(len(text), PAGE_TEXT_CHARACTERS)
    shown = text[: left.take_characters(most)]
    if len(shown) < len(text):
        left.cut = True
    return _marked(shown, lines=lines, room=left) + _missing(len(text) - len(shown))


def marked(text: str, *, lines: bool = False) -> Markup:
    """Escape a text, and mark what is in it that a reader would not see, or would take for something else.

    Of a text that is longer than a page takes the beginning is shown, and how much more there is. Beyond the
    bound of marks the rest is shown by code points alone.

    Args:
        text: Any text.
        lines: Whether line breaks and tabs stay what they are.
    """
    shown = text[:PAGE_TEXT_CHARACTERS]
    return _marked(shown, lines=lines, room=Room()) + _missing(len(text) - len(shown))


def _marked(shown: str, *, lines: bool, room: Room) -> Markup:
    odd = sorted({*_hidden(shown, lines=lines), *_imitating(shown)})
    marks = room.take_marks(min(len(odd), PAGE_TEXT_MARKS))
    parts: list[Markup] = []
    last = 0
    for place in odd[:marks]:
        parts += [escape(shown[last:place]), _mark(shown[place])]
        last = place + 1
    rest = shown[last:] if marks == len(odd) else visible(shown[last:], lines=lines)
    return Markup("").join([*parts, escape(rest)])


def _missing(characters: int) -> Markup:
    return _LEFT.format(f"{characters:,}") if characters else Markup("")


def hides(text: str) -> bool:
    """Whether there is something in a text that a reader would not see, lines and tabs aside."""
    return bool(_hidden(text, lines=True))


def _hidden(text: str, *, lines: bool) -> set[int]:
    return {found.start() for found in UNSEEN.finditer(text) if not lines or found[0] not in _BREAKS}


def _imitating(text: str) -> set[int]:
    """Find letters that look like Latin ones and are none."""
    if text.isascii():
        return set()
    found: set[int] = set()
    among_latin = _ASCII_LETTER.search(text) is not None
    for word in _WORD.finditer(text):
        letters = word[0]
        if letters.isascii():
            continue
        mixed = _ASCII_LETTER.search(letters) is not None
        whole = among_latin and all(letter in _LOOKALIKES or letter.isascii() for letter in letters)
        for place, letter in enumerate(letters, word.start()):
            if ((mixed or whole) and letter in _LOOKALIKES) or _is_styled(letter):
                found.add(place)
    return found


def _is_styled(letter: str) -> bool:
    """Whether a letter is an ASCII letter in another form, such as full width or mathematical bold."""
    return not letter.isascii() and unicodedata.normalize("NFKC", letter).isascii()


@lru_cache(maxsize=4_096)
def _mark(character: str) -> Markup:
    if character in _BREAKS:  # within a line, where nothing else is to be seen of it
        return Markup('<span class="break">{}</span>').format(visible(character))
    name = unicodedata.name(character, "")
    code = f"U+{ord(character):04X}"
    shown = visible(character)
    if shown != character or not name:
        return Markup('<span class="hidden-character" title="{}">{}</span>').format(f"{name} {code}".strip(), shown)
    return Markup('<span class="odd-letter" title="{}">{}<span class="apart"> ({})</span></span>').format(
        f"{name} {code}", character, code
    )
