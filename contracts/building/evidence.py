"""Evidence of events and tools, and the indexes in which the machine finds it.

A call that ends is put into the indexes of its tool, under the values of the arguments that some evidence asks
for; so evidence is one look into a dictionary, however many calls the session has made.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from ..document.states import EventPart, ToolUsePart
from ..expressions import Program
from ..positions import Path
from ..rules.walk import EvidenceItem
from ..rules.walk import evidence as items_of
from ..syntax_tree import paths
from ..values import digest_text
from ..workflow import Evidence, Index
from .expressions import Compiler

_HERE: Path = ()


class EvidenceBuilder:
    """Makes the evidence of one workflow, and gathers the indexes that it needs."""

    def __init__(self) -> None:
        self._indexes: dict[str, Index] = {}
        self._voiding: set[str] = set()

    def make(self, part: EventPart | ToolUsePart, compiler: Compiler) -> tuple[Evidence, ...]:
        """Make the evidence of an event or a tool. `compiler` is the one of its guards."""
        return tuple(self._one(item, compiler) for item in items_of(part, _HERE))

    def kept(self, evidence: Iterable[Evidence], programs: Iterable[Program]) -> None:
        """Keep arguments and results of the calls that these programs read."""
        read = {
            members[0] if members else None
            for program in programs
            for _, root, members in paths(program.tree.root)
            if root == "evidence"
        }
        for one in evidence:
            if one.name in read or None in read:
                self._indexes[one.index] = replace(self._indexes[one.index], keeps=True)

    def indexes(self) -> Mapping[str, tuple[Index, ...]]:
        """Give the indexes, by the tool whose calls stand in them."""
        found: dict[str, tuple[Index, ...]] = {}
        for index in self._indexes.values():
            found[index.tool] = (*found.get(index.tool, ()), index)
        return found

    def voiding(self) -> frozenset[str]:
        """Give the tools, and `write`, whose calls make some evidence void."""
        return frozenset(self._voiding)

    def _one(self, item: EvidenceItem, compiler: Compiler) -> Evidence:
        part = item.part
        names = tuple(sorted(part.with_))
        condition = "" if part.when is None else f":{digest_text(part.when)[:12]}"
        index_id = f"{part.call}({','.join(names)}){condition}"
        when = None if part.when is None else compiler.guard(part.when)
        index = self._indexes.setdefault(index_id, Index(index_id, part.call, names, when))
        if part.within == "session":
            self._indexes[index_id] = replace(index, within="session")
        self._voiding |= set(part.until)
        return Evidence(
            name=item.name,
            tool=part.call,
            index=index_id,
            arguments=compiler.template(part.with_),
            within=part.within,
            until=tuple(part.until),
            fetch=part.fetch,
        )
