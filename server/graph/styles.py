"""The style sheet of an SVG picture, for light and for dark. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from .colours import (
    DARK_EDGES,
    DARK_FILLS,
    DARK_PAPER,
    DARK_TEXT,
    EDGES,
    FILLS,
    MARK,
    PAPER,
    TEXT,
    Colour,
)
from .picture import Kind, Line


def style_sheet(within: str = "") -> str:
    """Give all rules. Classes are kinds of states and of lines; `pm-` are the markers of the same document.

    Args:
        within: What stands before every selector, where the rules are not the picture's alone.
    """
    edges: dict[Line, str] = {line: stroke.colour for line, stroke in EDGES.items()}
    shapes = [
        ".box{stroke-width:1.5}",
        ".box.final{stroke-width:3}",
        ".way,.dash{fill:none;stroke-width:1.4}",
        ".rule{stroke-width:.6;fill:none}",
        f".here{{fill:none;stroke:{MARK};stroke-width:4}}",
        f".taken{{fill:none;stroke:{MARK};stroke-width:7;stroke-opacity:.4}}",
        "g:hover>.way{stroke-width:3}",
        *(f".way.{line}{{marker-end:url(#pm-{line})}}" for line in EDGES),
        *(
            f".way.{line},.dash.{line}{{stroke-dasharray:{stroke.dashes}}}"
            for line, stroke in EDGES.items()
            if stroke.dashes
        ),
    ]
    dark = _colours(DARK_FILLS, DARK_EDGES, DARK_PAPER, DARK_TEXT)
    light = _colours(FILLS, edges, PAPER, TEXT)
    rules = [*shapes, *light, "@media (prefers-color-scheme:dark){", *dark, "}"]
    return "\n".join(["", *(_within(within, rule) for rule in rules), ""])


def _within(where: str, rule: str) -> str:
    """Let the rules of a line hold only there."""
    if not where or rule.startswith(("@", "}")):
        return rule
    rules = (one.partition("{") for one in rule.split("}") if one)
    return "".join(f"{','.join(where + one for one in names.split(','))}{{{said}}}" for names, _, said in rules)


def _colours(fills: Mapping[Kind, Colour], edges: Mapping[Line, str], paper: str, ink: str) -> list[str]:
    return [
        f".paper{{fill:{paper}}}",
        f".ink{{fill:{ink}}}",
        *(f".box.{kind}{{fill:{one.fill};stroke:{one.stroke}}}" for kind, one in fills.items()),
        *(f".by.{kind}{{fill:{one.stroke}}}.rule.{kind}{{stroke:{one.stroke}}}" for kind, one in fills.items()),
        *(
            f".way.{line},.dash.{line}{{stroke:{colour}}}.said.{line},.head.{line}{{fill:{colour}}}"
            for line, colour in edges.items()
        ),
    ]
