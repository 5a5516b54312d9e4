"""The difference between two values, as a person sees at once what has changed."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import Final

from markupsafe import Markup

from pointsman.contracts.values import Json

from .texts import marked
from .values import value

_WORDS: Final = 600
"""Longer texts are shown one after the other."""
_PIECES: Final = re.compile(r"\s+|\w+|[^\w\s]")


def difference(before: Json, after: Json) -> Markup:
    """Write what was, struck out, and what will be, underlined; of two texts only the words that differ."""
    if isinstance(before, str) and isinstance(after, str):
        old, new = _PIECES.findall(before), _PIECES.findall(after)
        if 1 < len(old) <= _WORDS and 1 < len(new) <= _WORDS:
            return Markup('<div class="told long" dir="auto">{}</div>').format(_words(old, new))
    was = Markup('<span class="nothing">not set</span>') if before is None else value(before)
    return Markup(
        '<span class="was"><span class="apart">was </span><del>{}</del></span> '
        '<span class="will-be"><span class="apart">will be </span><ins>{}</ins></span>'
    ).format(was, value(after))


def _words(old: list[str], new: list[str]) -> Markup:
    parts: list[Markup] = []
    for kind, from_, to, new_from, new_to in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        gone, come = "".join(old[from_:to]), "".join(new[new_from:new_to])
        if kind == "equal":
            parts.append(marked(gone, lines=True))
            continue
        if gone:
            parts.append(Markup("<del>{}</del>").format(marked(gone, lines=True)))
        if come:
            parts.append(Markup("<ins>{}</ins>").format(marked(come, lines=True)))
    return Markup("").join(parts)
