"""What a rule sees: the document, where its parts stand, and where to put what it finds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ..document import Document
from ..findings import Findings
from ..near import near
from ..positions import Node, Path, Place, place_of, place_of_key
from ..shape import Declared
from ..visible import visible
from .compiled import Compiled


@dataclass(frozen=True, slots=True)
class View:
    """One file under check. `lines` are the lines of its text, `compiled` its expressions."""

    document: Document
    declared: Declared
    root: Node
    lines: tuple[str, ...]
    findings: Findings
    compiled: Compiled = field(default_factory=Compiled)

    def at_value(self, code: str, path: Path, message: str, hint: str | None = None) -> None:
        """Note a fault where the value at a path begins."""
        self.at_place(code, place_of(self.root, path), message, hint)

    def at_key(self, code: str, path: Path, message: str, hint: str | None = None) -> None:
        """Note a fault where the last key of a path stands."""
        self.at_place(code, place_of_key(self.root, path), message, hint)

    def at_tool(self, code: str, path: Path, message: str, hint: str | None = None) -> None:
        """Note a fault of a tool where its name stands: the key of its policy, or the value that names it."""
        (self.at_key if path[:1] == ("tools",) and len(path) == 2 else self.at_value)(code, path, message, hint)

    def at_place(self, code: str, place: Place, message: str, hint: str | None = None) -> None:
        """Note a fault at a place."""
        self.findings.add(code, place.line, place.column, message, hint)

    def known(self, code: str, path: Path, what: str, name: str, names: Sequence[str]) -> bool:
        """Note a name that is not among those there are, with the near one; say whether it is."""
        if name in names:
            return True
        if self.findings.full:
            return False
        self.at_value(code, path, f"there is no {what} `{visible(name)}`", hint_for(name, names))
        return False


def hint_for(name: str, names: Sequence[str]) -> str | None:
    """Suggest the near name, or list a few that there are."""
    meant = near(name, names)
    if meant is not None:
        return f"Did you mean `{meant}`?"
    return f"There are: {', '.join(sorted(names)[:12])}." if names else None
