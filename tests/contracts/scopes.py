"""A scope that hands over what a test gives it, and remembers what it was asked for."""

from __future__ import annotations

from pointsman.contracts.values import Json


class GivenScope:
    """Fills the port `Scope`."""

    def __init__(self, **roots: Json) -> None:
        self.roots = roots
        self.asked: list[tuple[str, frozenset[str] | None]] = []

    def select(self, root: str, members: frozenset[str] | None) -> Json:
        self.asked.append((root, members))
        value = self.roots[root]
        if members is None or not isinstance(value, dict):
            return value
        return {name: value[name] for name in members if name in value}
