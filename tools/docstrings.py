"""What a docstring in Google's style says of a function and of its parameters."""

from __future__ import annotations

import inspect
import re
from typing import Final

_SECTION: Final = re.compile(r"(Args|Arguments|Returns|Return|Raises|Yields|Examples?|Notes?|See Also|Todo):\s*\Z")
_PARAMETER: Final = re.compile(r"\*{0,2}(?P<name>\w+)(?:\s*\([^)]*\))?:\s*(?P<text>.*)\Z")


def read_docstring(docstring: str | None) -> tuple[str, dict[str, str]]:
    """Split a docstring into the description and the descriptions of parameters.

    The description is all that stands before the first section. Of the sections only `Args:` is
    read, one parameter to an entry, its further lines indented.
    """
    lines = inspect.cleandoc(docstring or "").splitlines()
    first = next((index for index, line in enumerate(lines) if _SECTION.match(line)), len(lines))
    return "\n".join(lines[:first]).strip(), _parameters(lines[first:])


def _parameters(lines: list[str]) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    section = ""
    entry_indent = 0
    current: list[str] = []
    for line in lines:
        indent = len(line) - len(line.lstrip())
        if indent == 0 and line:
            section = line.rstrip().rstrip(":")
            entry_indent = 0
        elif section in {"Args", "Arguments"} and line.strip():
            entry_indent = entry_indent or indent
            entry = _PARAMETER.match(line.strip()) if indent == entry_indent else None
            if entry:
                current = found.setdefault(entry["name"], [])
            current.append(entry["text"] if entry else line.strip())
    return {name: " ".join(text for text in texts if text) for name, texts in found.items()}
