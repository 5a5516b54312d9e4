"""The expressions of a file: they compile, name what exists, and compare like with like."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from ..expressions import ExpressionFault, Program
from ..positions import Place, Scalar, node_at
from ..scalar_places import place_in
from ..syntax_tree import Node, Tree, children, path_of
from ..values import Json
from ..yaml_reader import COMMENT_HINT, FLOW_HINT
from .comparisons import guard_kind, misfits
from .references import Names, undeclared_hint, unknown_names
from .sites import Site, sites
from .view import View

_UNDECLARED: Final = re.compile(r"undeclared reference to '([^']*)'")
_OVERLOAD: Final = re.compile(r"found no matching overload for '([^']*)' applied to '([^']*)'")
_EXPECTING: Final = re.compile(r" expecting \{.*\}$")
_OPENING: Final = {")": "(", "]": "[", "}": "{"}


def check_expressions(view: View) -> None:
    """Judge every expression of a file."""
    names = Names.of(view)
    for site in sites(view.document):
        program = view.compiled.get(site.text)
        if isinstance(program, ExpressionFault):
            _note_fault(view, site, program, names)
        else:
            _judge(view, site, program, names)


def _judge(view: View, site: Site, program: Program, names: Names) -> None:
    tree = program.tree
    schemas: Mapping[str, Mapping[str, Json]] = {"record": view.document.record, "event": site.sight.event or {}}
    unknown = list(unknown_names(tree, site, names))
    for name in unknown:
        view.at_place("PM404", _place(view, site, tree, name.node), name.message, name.hint)
    for misfit in misfits(tree, schemas):
        view.at_place(misfit.code, _place(view, site, tree, misfit.node), misfit.message, misfit.hint)
    given = guard_kind(tree, schemas) if site.guard and not unknown else None
    if given is not None:
        hint = "A guard passes only on `true`: compare the value with something."
        view.at_place("PM402", _at(view, site, 0), f"a guard must give true or false, and this gives {given}", hint)


def _note_fault(view: View, site: Site, fault: ExpressionFault, names: Names) -> None:
    place = _at(view, site, fault.offset)
    text = str(fault)
    undeclared = _UNDECLARED.search(text)
    overload = _OVERLOAD.search(text)
    cut = _cut_off_by_yaml(view, site)
    if cut is not None:
        view.at_place("PM108", place, "YAML ended this expression before its end", cut)
    elif undeclared is not None:
        name = undeclared[1].partition(".")[0]
        found = re.search(rf"\b{re.escape(name)}\b", site.text)
        place = _at(view, site, found.start()) if found else place
        view.at_place("PM404", place, f"there is no `{name}`", undeclared_hint(name, site.sight.roots, names))
    elif overload is not None:
        mixed = overload[2] in ("(double, int)", "(int, double)")
        hint = "Write the integer with a decimal point (`2.0`)." if mixed else None
        operator = overload[1].strip("_").replace("_", " ")
        view.at_place("PM403", place, f"`{operator}` cannot be applied to {overload[2]}", hint)
    else:
        view.at_place("PM401", place, f"this is no CEL: {_EXPECTING.sub('', text)}", None)


def _cut_off_by_yaml(view: View, site: Site) -> str | None:
    """Say how YAML ended a plain value early: at a bracket or comma in flow style, or at a comment."""
    node = node_at(view.root, site.path)
    if not isinstance(node, Scalar) or not node.plain or not _unbalanced(site.text):
        return None
    behind = view.lines[node.end.line - 1][node.end.column - 1 :] if node.end.line <= len(view.lines) else ""
    if node.flow and behind.lstrip()[:1] in (",", "]", "}"):
        return FLOW_HINT
    return COMMENT_HINT if re.match(r"\s+#", behind) else None


def _unbalanced(text: str) -> bool:
    """Whether a bracket or a quote of an expression is never closed."""
    open_brackets: list[str] = []
    quote = ""
    for character in text:
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        elif character in "([{":
            open_brackets.append(character)
        elif character in _OPENING and open_brackets[-1:] == [_OPENING[character]]:
            open_brackets.pop()
    return bool(open_brackets or quote)


def _place(view: View, site: Site, tree: Tree, node: Node) -> Place:
    return _at(view, site, _start(tree, node))


def _start(tree: Tree, node: Node) -> int:
    """Give where a node stands; CEL places a member at its dot, so a path is looked for at its first name."""
    while path_of(node) is not None and children(node):
        node = children(node)[0]
    return tree.offsets.get(node.id, 0)


def _at(view: View, site: Site, offset: int) -> Place:
    """Give the place of a character of an expression; of the value, where it does not stand there as it is."""
    node = node_at(view.root, site.path)
    return place_in(view.lines, node, site.skipped + offset) if isinstance(node, Scalar) else node.place
