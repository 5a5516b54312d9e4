"""A workflow in the language of Graphviz. Pure.

Every identifier and every text is a quoted string, in which Graphviz knows two special characters:
the quotation mark, and the backslash of its own escapes. Nothing is HTML.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from pointsman.contracts.workflow import Workflow

from .colours import EDGES, FILLS, MARK, TEXT, Colour
from .picture import ANYWHERE, Arrow, Kind, Line, Node, Picture, Trail, picture_of
from .texts import broken_label, broken_name

_SHAPES: Final[dict[Kind, str]] = {"system": "box", "external": "parallelogram"}
_STYLES: Final[dict[Line, str]] = {"chosen": "solid", "timed": "dotted"}
_FONT: Final = 'fontname="Helvetica,Arial,sans-serif"'
_LEGEND: Final = "legend"


def dot(workflow: Workflow, trail: Trail | None = None) -> str:
    """Draw a workflow as a Graphviz digraph, with a cluster that tells what colours and lines mean.

    Args:
        workflow: The compiled workflow.
        trail: Where a session is and has been, to be marked.
    """
    picture = picture_of(workflow)
    lines = [
        f"digraph {_quoted(workflow.name)} {{",
        f'  graph [label={_quoted(picture.title)}, labelloc=t, fontsize=18, {_FONT}, nodesep=0.35, fontcolor="{TEXT}"]',
        f'  node [{_FONT}, fontsize=11, style="filled,rounded", fontcolor="{TEXT}"]',
        f"  edge [{_FONT}, fontsize=9]",
        f'  "begin " [shape=circle, label="", style=filled, fillcolor="{TEXT}", width=0.16, fixedsize=true]',
        *(f"  {_node(node, trail)}" for node in picture.nodes),
    ]
    if any(arrow.source == ANYWHERE for arrow in picture.arrows):
        lines.append(f"  {_quoted(ANYWHERE)} [shape=plaintext, style=solid]")
    lines.append(f'  "begin " -> {_quoted(picture.initial)}')
    lines += [f"  {_arrow(arrow, trail)}" for arrow in picture.arrows]
    return "\n".join([*lines, *_legend(picture), "}"]) + "\n"


def _node(node: Node, trail: Trail | None) -> str:
    final = node.kind in ("success", "stopped", "manual", "failed")
    attributes = {
        "label": "\n".join([*broken_name(node.name), node.detail]),
        "tooltip": node.goal or node.name,
        "shape": _SHAPES.get(node.kind, "box"),
        **_coloured(FILLS[node.kind]),
        "penwidth": "2.5" if final else "1",
    }
    if node.kind == "system":
        attributes["style"] = "filled"
    if trail is not None and node.name in trail.visited:
        attributes |= {"color": MARK, "penwidth": "2.5"}
    if trail is not None and node.name == trail.current:
        attributes |= {"color": MARK, "penwidth": "5", "peripheries": "2"}
    return f"{_quoted(node.name)} {_attributes(attributes)}"


def _arrow(arrow: Arrow, trail: Trail | None) -> str:
    attributes = {
        "label": "\n".join(row for label in arrow.labels for row in broken_label(label.text)),
        "tooltip": "\n".join(label.full for label in arrow.labels) or f"{arrow.source} → {arrow.target}",
        **_lined(arrow.line),
    }
    attributes["labeltooltip"] = attributes["tooltip"]
    if trail is not None and trail.took(arrow):
        attributes["penwidth"] = "4"
    return f"{_quoted(arrow.source)} -> {_quoted(arrow.target)} {_attributes(attributes)}"


def _legend(picture: Picture) -> Iterator[str]:
    yield f"  subgraph cluster_{_LEGEND} {{"
    yield f'    label="what it means"; fontsize=10; color="{EDGES["chosen"].colour}"; style=rounded'
    for kind in picture.kinds:
        attributes = {"label": kind, "shape": "box", "fontsize": "9", "height": "0.25", **_coloured(FILLS[kind])}
        yield f"    {_quoted(f'{_LEGEND} {kind}')} {_attributes(attributes)}"
    points = [_quoted(f"{_LEGEND} {place}") for place in range(len(picture.lines) + 1)]
    yield from (f"    {point} [shape=point, width=0.03]" for point in points)
    for line, (one, other) in zip(picture.lines, pairwise(points), strict=True):
        yield f"    {one} -> {other} {_attributes({'label': EDGES[line].meaning, **_lined(line)})}"
    yield "  }"


def _coloured(colour: Colour) -> dict[str, str]:
    return {"fillcolor": colour.fill, "color": colour.stroke}


def _lined(line: Line) -> dict[str, str]:
    colour = EDGES[line].colour
    return {"style": _STYLES.get(line, "dashed"), "color": colour, "fontcolor": colour}


def _attributes(attributes: dict[str, str]) -> str:
    return "[" + ", ".join(f"{name}={_quoted(value)}" for name, value in attributes.items()) + "]"


def _quoted(text: str) -> str:
    r"""Write a string. A backslash is doubled, or Graphviz would read it as an escape; a line break is its `\n`.

    `&` is written as an entity: Graphviz reads entities in every text, and would take the file's own for one.
    """
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;").replace("\n", "\\n")
    return f'"{escaped}"'
