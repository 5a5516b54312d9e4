"""The expressions of one file, each compiled once however many rules read it."""

from __future__ import annotations

from ..expressions import ExpressionFault, Program, compile_program
from ..syntax_tree import Member, paths

Read = tuple[str, tuple[str, ...]]
"""A root name and the members that are read below it."""


class Compiled:
    """Compiles expressions, and remembers what they came to."""

    def __init__(self) -> None:
        self._results: dict[str, Program | ExpressionFault] = {}

    def get(self, text: str) -> Program | ExpressionFault:
        """Give the program of a text, or what keeps it from being one."""
        if text not in self._results:
            try:
                self._results[text] = compile_program(text)
            except ExpressionFault as fault:
                self._results[text] = fault
        return self._results[text]

    def compiles(self, text: str) -> bool:
        """Whether a text is an expression at all."""
        return not isinstance(self.get(text), ExpressionFault)

    def reads(self, text: str) -> frozenset[Read]:
        """Give the paths that an expression reads; none where it does not compile."""
        program = self.get(text)
        if isinstance(program, ExpressionFault):
            return frozenset()
        return frozenset((root, members) for _, root, members in paths(program.tree.root))

    def needs(self, text: str) -> frozenset[Read]:
        """Give the paths that must have a value: those that `has(…)` only asks for are left out."""
        program = self.get(text)
        if isinstance(program, ExpressionFault):
            return frozenset()
        return frozenset(
            (root, members)
            for node, root, members in paths(program.tree.root)
            if not (isinstance(node, Member) and node.tested)
        )
