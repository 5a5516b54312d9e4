"""The names an expression uses: root names, fields, states, tools and their members."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ..document.states import HumanPart
from ..near import near
from ..programs import ROOTS
from ..syntax_tree import Node, Tree, paths
from .sites import Site
from .view import View, hint_for
from .walk import mentions

_SESSION: Final = ("id", "started_by", "client", "age_s", "workflow", "version")
_DECISION: Final = ("by", "event", "rationale", "at")
_DONE: Final = ("args", "result", "at", "count")
_EVIDENCE: Final = ("args", "result", "at")
_WHERE: Final = {
    "event": "the guards of an event",
    "evidence": "the guards of an event or a tool that has `evidence`",
    "body": "the `start`, `deliver` and `dedupe` of a webhook",
    "confidence": "the guards of an agent's event",
    "args": "what is said of a call: its `when`, `evidence`, `save`, `approval`, `success` and `reconcile`",
    "result": "`save`, `success`, `happened` and the `when` of evidence",
}


@dataclass(frozen=True, slots=True)
class Names:
    """What a workflow's expressions may name, gathered once."""

    fields: Sequence[str]
    states: Sequence[str]
    reviews: Sequence[str]
    tools: Mapping[str, Sequence[str]]

    @classmethod
    def of(cls, view: View) -> Names:
        """Gather the names of a file."""
        tools: dict[str, list[str]] = {name: [] for name in view.declared.sources}
        for tool in (*view.document.tools, *(mention.tool for mention in mentions(view.document))):
            source, _, name = tool.partition(".")
            tools.setdefault(source, []).append(name)
        reviews = [name for name, state in view.document.states.items() if isinstance(state, HumanPart)]
        return cls(view.declared.fields, view.declared.states, reviews, tools)


@dataclass(frozen=True, slots=True)
class Unknown:
    """A name that nothing declares."""

    node: Node
    message: str
    hint: str | None


def unknown_names(tree: Tree, site: Site, names: Names) -> Iterator[Unknown]:
    """Find the names of an expression that do not exist, or not where it stands."""
    for node, root, members in paths(tree.root):
        if root in ROOTS and root not in site.sight.roots:
            yield Unknown(node, f"there is no `{root}` here", _where(root, site.sight.roots))
        elif root == "evidence" and members and members[0] in site.sight.later:
            message = f"`{members[0]}` stands behind this, and evidence is looked for in its order"
            yield Unknown(node, message, f"Put `{members[0]}` before it.")
        else:
            for what, name, known in _used(root, members, site, names):
                if name not in known:
                    yield Unknown(node, f"there is no {what} `{name}`", hint_for(name, known))
                    break


def _used(root: str, members: tuple[str, ...], site: Site, names: Names) -> Iterator[tuple[str, str, Sequence[str]]]:
    """Give each member that must be known: what it is, its name, and the names there are."""
    known: tuple[tuple[str, Sequence[str]], ...] = ()
    if root == "record":
        known = (("field", names.fields),)
    elif root == "event":
        known = (("member of this event", tuple(site.sight.event or ())),)
    elif root == "visits":
        known = (("state", names.states),)
    elif root == "session":
        known = (("member of `session`", _SESSION),)
    elif root == "decisions":
        known = (("human state", names.reviews), ("member of a decision", _DECISION))
    elif root == "evidence":
        known = (("evidence here", tuple(site.sight.evidence)), ("member of a call", _EVIDENCE))
    elif root == "done" and members:
        tools = names.tools.get(members[0], ())
        named = f"tool that this workflow names in `{members[0]}`"
        known = (("source", tuple(names.tools)), (named, tools), ("member of a call", _DONE))
    for (what, names_there_are), name in zip(known, members, strict=False):
        yield what, name, names_there_are


def _where(root: str, roots: frozenset[str]) -> str:
    if not roots:
        return "Nothing can be read here: write the value itself."
    if root in _WHERE:
        return f"It exists in {_WHERE[root]}."
    return f"Here there are only {', '.join(f'`{name}`' for name in sorted(roots))}."


def undeclared_hint(name: str, roots: frozenset[str], names: Names) -> str:
    """Say what was probably meant by a root name there is not."""
    if name in names.fields:
        return f"Fields of the record are read as `record.{name}`."
    meant = near(name, tuple(roots))
    return f"Did you mean `{meant}`?" if meant else f"Known here: {', '.join(sorted(roots))}."
