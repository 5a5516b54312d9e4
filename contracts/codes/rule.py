"""What a code stands for, and how it is explained to an author."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import Literal, TypeAlias

Severity: TypeAlias = Literal["error", "warning"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A code's meaning, for good.

    `meaning` says what was found, `matters` what would go wrong with it. `wrong` and `right` are parts of the
    workflow file in `examples`, small enough to be read at once: `check` finds the code in the one, and nothing in
    the other. `also` are codes of further findings that the wrong one brings with it, and `locks` what stands in
    `pointsman.lock` beside the wrong and the right one, if there is one.
    """

    title: str
    severity: Severity = "error"
    meaning: str
    matters: str
    wrong: str
    right: str
    also: tuple[str, ...] = ()
    locks: tuple[str, str] = ("", "")


def snippet(text: str) -> str:
    """Give an example as it stands in a file, from a text that is indented with the code around it."""
    return textwrap.dedent(text).strip() + "\n"
