"""Texts of files, agents and other systems, written so that nothing in them is hidden or obeyed.

Such a text ends up on terminals, in logs and on pages. Whatever in it would steer the terminal, turn
the direction of reading or hide is written as its code point instead.
"""

from __future__ import annotations

import re
from typing import Final

# Control characters, the soft hyphen, every character of Unicode's category Cf (directions, joiners, zero widths,
# tags), line and paragraph separators, fillers that look like nothing, further variation selectors, surrogates,
# what is for private use, and what is no character.
UNSEEN: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890-\u0891\u08e2\u115f\u1160\u17b4\u17b5"
    "\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ud800-\udfff\ue000-\uf8ff\ufeff\uffa0"
    "\ufff0-\ufffb\ufffe\uffff\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff\U000f0000-\U0010ffff]"
)

_NAMED: Final = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def visible(text: str, *, lines: bool = False) -> str:
    r"""Write a text so that nothing in it is hidden or obeyed: an escape becomes `\x1b`.

    Args:
        text: Any text.
        lines: Whether line breaks stay line breaks.
    """
    return UNSEEN.sub(lambda found: "\n" if lines and found[0] == "\n" else _code_point(found[0]), text)


def _code_point(character: str) -> str:
    code = ord(character)
    return _NAMED.get(character) or (
        f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
    )
