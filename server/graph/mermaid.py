"""A workflow as mermaid text, which GitHub, editors and MCP clients draw. Pure."""

from __future__ import annotations

from typing import Final

from pointsman.contracts.workflow import Workflow

from .colours import EDGES, FILLS, MARK, TEXT
from .picture import ANYWHERE, Arrow, Kind, Line, Node, Picture, Trail, picture_of

_ARROWS: Final[dict[Line, str]] = {"chosen": "-->"}
_DASHED: Final = "-.->"
_SHAPES: Final[dict[Kind, tuple[str, str]]] = {
    "agent": ("[", "]"),
    "model": ("[", "]"),
    "system": ("[[", "]]"),
    "human": ("([", "])"),
    "external": ("[/", "/]"),
}
_FINAL_SHAPE: Final = ("([", "])")
_PLAIN: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 _.,:()[]=+-/…")


def mermaid(workflow: Workflow, trail: Trail | None = None) -> str:
    """Draw a workflow as a mermaid flowchart.

    Args:
        workflow: The compiled workflow.
        trail: Where a session is and has been, to be marked.
    """
    picture = picture_of(workflow)
    lines = ["flowchart TD"]
    lines += [f"    {_node(node)}" for node in picture.nodes]
    if any(arrow.source == ANYWHERE for arrow in picture.arrows):
        lines.append(f'    {_id(ANYWHERE)}>"{ANYWHERE}"]')
    lines += ["    begin((( )))", f"    begin --> {_id(picture.initial)}"]
    lines += [f"    {_arrow(arrow)}" for arrow in picture.arrows]
    lines += _line_styles(picture, trail)
    for kind in picture.kinds:
        names = ",".join(_id(node.name) for node in picture.nodes if node.kind == kind)
        fill, stroke = FILLS[kind]
        lines += [
            f"    classDef {kind}State fill:{fill},stroke:{stroke},color:{TEXT}",
            f"    class {names} {kind}State",
        ]
    if trail is not None:
        if trail.visited:
            names = ",".join(_id(node.name) for node in picture.nodes if node.name in trail.visited)
            lines += [f"    classDef visited stroke:{MARK},stroke-width:2px", f"    class {names} visited"]
        lines += [f"    classDef now stroke:{MARK},stroke-width:5px", f"    class {_id(trail.current)} now"]
    return "\n".join(lines) + "\n"


def _line_styles(picture: Picture, trail: Trail | None) -> list[str]:
    """The styles of arrows, which mermaid counts in the order they stand in; the first leads to the initial state."""
    found: dict[str, list[int]] = {}
    for index, arrow in enumerate(picture.arrows, start=1):
        dashes = EDGES[arrow.line].dashes
        style = f"stroke:{EDGES[arrow.line].colour}" + (f",stroke-dasharray:{dashes}" if dashes else "")
        if trail is not None and trail.took(arrow):
            style += ",stroke-width:5px"
        if arrow.line != "chosen" or "width" in style:
            found.setdefault(style, []).append(index)
    return [f"    linkStyle {','.join(map(str, indexes))} {style}" for style, indexes in found.items()]


def _node(node: Node) -> str:
    before, after = _SHAPES.get(node.kind, _FINAL_SHAPE)
    return f'{_id(node.name)}{before}"{_text(node.name)}<br/><small>{_text(node.detail)}</small>"{after}'


def _arrow(arrow: Arrow) -> str:
    label = f'|"{"<br/>".join(_text(label.text) for label in arrow.labels)}"|' if arrow.labels else ""
    return f"{_id(arrow.source)} {_ARROWS.get(arrow.line, _DASHED)}{label} {_id(arrow.target)}"


def _id(name: str) -> str:
    """A node's identifier: never one of mermaid's own words, such as `end`."""
    return "anywhere" if name == ANYWHERE else f"s_{name}"


def _text(text: str) -> str:
    """Write text that mermaid cannot take for markup: everything unusual as its entity code."""
    return "".join(character if character in _PLAIN else f"#{ord(character)};" for character in text)
