"""A workflow as an SVG picture (SVG 1.1) that stands alone: no script, no font, nothing to fetch. Pure.

Colours are in a style sheet of its own, which follows the reader's choice of light or dark. What is
shortened in a label is whole in the `title` of its element, which browsers show as a tooltip.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final
from xml.sax.saxutils import escape

from pointsman.contracts.workflow import Workflow

from .colours import EDGES
from .layout import Size
from .picture import Kind, Picture, Trail, picture_of
from .plan import SAMPLE, Plan, plan_of
from .shapes import box, bundle, note_rows, sample, text
from .styles import style_sheet
from .texts import SMALL_LINE, SMALL_PX, text_width

_MARGIN: Final = 24.0
_TITLE: Final = 34.0
_LEGEND_LINE: Final = 26.0
_LEAST_WIDTH: Final = 640.0


def svg(workflow: Workflow, trail: Trail | None = None) -> str:
    """Draw a workflow.

    Args:
        workflow: The compiled workflow.
        trail: Where a session is and has been, to be marked.
    """
    return draw(plan_of(picture_of(workflow)), trail)


def part_of_a_page(workflow: Workflow, trail: Trail | None = None) -> str:
    """Draw a workflow as a part of a page, whose own style sheets hold the colours (`style_sheet(".diagram ")`)."""
    return draw(plan_of(picture_of(workflow)), trail, styled=False)


def draw(plan: Plan, trail: Trail | None = None, *, styled: bool = True) -> str:
    """Draw a picture whose places are found. `styled` says whether its colours come with it."""
    picture, layout = plan.picture, plan.layout
    notes = [text_width(row.text, SMALL_PX) + SAMPLE for note in plan.anywhere for row in note.rows]
    width = max(layout.size.width, _LEAST_WIDTH, *notes)
    header = _TITLE + sum(len(note.rows) for note in plan.anywhere) * SMALL_LINE + (12 if plan.anywhere else 0)
    legend, legend_height = _legend(picture, width, trail)
    lines = [bundle(one, placed, trail) for one, placed in zip(plan.bundles, layout.lines, strict=True)]
    boxes = [
        box(one, centre, trail, initial=one.node.name == picture.initial)
        for one, centre in zip(plan.boxes, layout.boxes, strict=True)
    ]
    anywhere = list(_anywhere(plan, trail))
    size = Size(width + 2 * _MARGIN, header + layout.size.height + legend_height + 3 * _MARGIN)
    return _document(picture, size, style_sheet() if styled else None, [
        *anywhere,
        f'<g transform="translate({_MARGIN:g} {_MARGIN + header:g})">',
        *(shape for shape, _ in lines),
        *(label for _, label in lines),
        *boxes,
        "</g>",
        f'<g transform="translate({_MARGIN:g} {header + layout.size.height + 2 * _MARGIN:g})">',
        *legend,
        "</g>",
    ])  # fmt: skip


def _document(picture: Picture, size: Size, styles: str | None, content: Sequence[str]) -> str:
    markers = "".join(
        f'<marker id="pm-{line}" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="7" markerHeight="7" '
        f'markerUnits="userSpaceOnUse" orient="auto"><path class="head {line}" d="M0 0.5 8 4 0 7.5z"/></marker>'
        for line in EDGES
    )
    frame = f'width="{size.width:.0f}" height="{size.height:.0f}"'
    body = "\n".join(content)
    style = "" if styles is None else f"\n<style>{styles}</style>"
    return f"""<svg xmlns="http://www.w3.org/2000/svg" {frame} viewBox="0 0 {size.width:.0f} {size.height:.0f}"
 font-family="Helvetica, Arial, Liberation Sans, sans-serif" role="img">
<title>{escape(picture.title)}</title>{style}
<defs>{markers}</defs>
<rect class="paper" {frame}/>
<text class="ink" x="{_MARGIN:g}" y="{_MARGIN + 12:g}" font-size="18" font-weight="bold">{escape(picture.title)}</text>
{body}
</svg>
"""


def _anywhere(plan: Plan, trail: Trail | None) -> Iterator[str]:
    """What happens in every state, under the title."""
    y = _MARGIN + _TITLE - 4
    for note in plan.anywhere:
        yield note_rows(note, _MARGIN, y, trail)
        y += len(note.rows) * SMALL_LINE


def _legend(picture: Picture, width: float, trail: Trail | None) -> tuple[list[str], float]:
    """Draw what colours and lines mean, broken where the picture ends. Gives its height, too."""
    entries: list[tuple[str, str]] = [(f"kind {kind}", _kind_text(kind)) for kind in picture.kinds]
    entries += [(f"line {line}", EDGES[line].meaning) for line in picture.lines]
    if trail is not None:
        entries += [("mark here", "the session is here"), ("mark taken", "the way it has taken")]
    drawn: list[str] = []
    x, y = 0.0, 7.0
    for place, (what, said) in enumerate(entries):
        form, _, name = what.partition(" ")
        begins_lines = form != "kind" and entries[place - 1][0].startswith("kind")
        room = SAMPLE + 8 + text_width(said, SMALL_PX) + 16
        if x and (x + room > width or begins_lines):
            x, y = 0.0, y + _LEGEND_LINE
        drawn.append(_entry(form, name, x, y))
        drawn.append(text(said, x + SAMPLE + 8, y, SMALL_PX, "ink", anchor="start"))
        x += room
    return drawn, y + _LEGEND_LINE


def _entry(form: str, name: str, x: float, y: float) -> str:
    match form, name:
        case "kind", _:
            return f'<rect class="box {name}" x="{x + 4:.1f}" y="{y - 7:.1f}" width="18" height="14" rx="2"/>'
        case "line", _:
            return sample(name, x, y)
        case _, "here":
            return f'<rect class="here" x="{x + 4:.1f}" y="{y - 7:.1f}" width="18" height="14" rx="6"/>'
        case _:
            return f'<path class="taken" d="M{x:.1f} {y:.1f}h{SAMPLE:g}"/>'


def _kind_text(kind: Kind) -> str:
    """Say what a colour means: who acts, or how it has ended."""
    return f"ended: {kind}" if kind in ("success", "stopped", "manual", "failed") else kind
