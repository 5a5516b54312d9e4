"""The name that was probably meant: what makes a finding's hint worth reading."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from itertools import islice
from typing import Final

_NAME_CHARACTERS: Final = 128
_COMPARED_NAMES: Final = 200


def near(name: str, known: Sequence[str]) -> str | None:
    """Give the known name that was probably meant."""
    if len(name) > _NAME_CHARACTERS:
        return None
    if len(known) > _COMPARED_NAMES:
        alike = (one for one in known if one[:1] == name[:1] and abs(len(one) - len(name)) <= 2)
        known = tuple(islice(alike, _COMPARED_NAMES))
    return next(iter(difflib.get_close_matches(name, known, n=1, cutoff=0.6)), None)
