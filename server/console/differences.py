"""The difference between two values, as a person sees at once what has changed."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import Final

from markupsafe import Markup

from pointsman.contracts.values import Json

from ..bounds import DIFFERENCE_PIECES
from .texts import within_room
from .values import value

_PIECES: Final = re.compile(r"\s+|\w+|[^\w\s]")


def difference(before: Json, after: Json) -> Markup:
    """Write what was, struck out, and what will be, underlined; of two texts only the words that differ."""
    if isinstance(before, str) and isinstance(after, str):
        old, new = _PIECES.findall(before), _PIECES.findall(after)
        if min(len(old), len(new)) > 1 and len(old) * len(new) <= DIFFERENCE_PIECES:
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
            parts.append(within_room(gone, lines=True))
            continue
        if gone:
            parts.append(Markup("<del>{}</del>").format(within_room(gone, lines=True)))
        if come:
            parts.append(Markup("<ins>{}</ins>").format(within_room(come, lines=True)))
    return Markup("").join(parts)
