"""What of a picture is drawn as an arrow, what as a note, how large everything is and where it stands. Pure; pixels.

Arrows between two states are one bundle with a label for each way. A bundle that would pass more
rows than the eye follows is written into its source's box instead, as notes that name the target:
so a large picture stays as readable as a small one. What happens in any state stands above all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from .layers import far
from .layout import Layout, Link, Size, laid_out
from .picture import ANYWHERE, Arrow, Line, Node, Picture
from .texts import NAME_LINE, NAME_PX, SMALL_LINE, SMALL_PX, broken_label, broken_name, text_width

SAMPLE: Final = 26.0
"""The width of the little arrow before a note."""
DASH: Final = 20.0
"""The room of a dash before a row of a label."""
NOTES_GAP: Final = 6.0


class Row(NamedTuple):
    """A line of text about a way, in the colour of its kind, after a `dash` of it where the arrow is of another."""

    text: str
    line: Line
    dash: bool = False

    @property
    def width(self) -> float:
        """In pixels, with the dash."""
        return text_width(self.text, SMALL_PX) + (DASH if self.dash else 0)


@dataclass(frozen=True, slots=True)
class Note:
    """A way that is written into a box: its rows, of which the last names the target."""

    arrow: Arrow
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Box:
    """A state to be drawn: the lines of its name, and its notes."""

    node: Node
    name: tuple[str, ...]
    notes: tuple[Note, ...]

    @property
    def head(self) -> float:
        """The height of name and detail."""
        return len(self.name) * NAME_LINE + SMALL_LINE + 12

    @property
    def size(self) -> Size:
        """Of the whole box."""
        widths = [text_width(line, NAME_PX, bold=True) for line in self.name]
        widths.append(text_width(self.node.detail, SMALL_PX))
        rows = [row for note in self.notes for row in note.rows]
        widths += [text_width(row.text, SMALL_PX) + SAMPLE for row in rows]
        notes = NOTES_GAP * 2 + len(rows) * SMALL_LINE if rows else 0
        return Size(max(widths) + 24, self.head + notes)


@dataclass(frozen=True, slots=True)
class Bundle:
    """All arrows from one state to another, drawn as the first of them, with the rows of its label."""

    arrows: tuple[Arrow, ...]
    rows: tuple[Row, ...]

    @property
    def line(self) -> Line:
        """How it is drawn."""
        return self.arrows[0].line

    @property
    def size(self) -> Size:
        """Of the label."""
        return rows_size(self.rows)


@dataclass(frozen=True, slots=True)
class Plan:
    """A picture with every place in it. `layout` has a box for each of `boxes`, a line for each of `bundles`."""

    picture: Picture
    boxes: tuple[Box, ...]
    bundles: tuple[Bundle, ...]
    anywhere: tuple[Note, ...]
    layout: Layout


def plan_of(picture: Picture) -> Plan:
    """Decide what is an arrow and what a note, and lay it out."""
    index = {node.name: place for place, node in enumerate(picture.nodes)}
    bundles = [tuple(arrows) for arrows in _bundled(picture)]
    pairs = [(index[arrows[0].source], index[arrows[0].target]) for arrows in bundles]
    distant = far(len(index), pairs, index[picture.initial])
    drawn = [number for number in range(len(bundles)) if number not in distant]
    boxes = tuple(
        Box(node, tuple(broken_name(node.name)), _notes(node, [bundles[number] for number in sorted(distant)]))
        for node in picture.nodes
    )
    shown = tuple(Bundle(bundles[number], tuple(_rows(bundles[number]))) for number in drawn)
    links = [Link(*pairs[number], bundle.size) for number, bundle in zip(drawn, shown, strict=True)]
    layout = laid_out([box.size for box in boxes], links, index[picture.initial])
    anywhere = tuple(_note(arrow, "in any state: ") for arrow in picture.arrows if arrow.source == ANYWHERE)
    return Plan(picture, boxes, shown, anywhere, layout)


def rows_size(rows: Sequence[Row]) -> Size:
    """Give the size of a block of rows; 0 by 0 for none."""
    if not rows:
        return Size(0, 0)
    return Size(max(row.width for row in rows) + 6, len(rows) * SMALL_LINE)


def _bundled(picture: Picture) -> Iterator[list[Arrow]]:
    """Put arrows between the same two states together, the everyday ones first."""
    found: dict[tuple[str, str], list[Arrow]] = {}
    for arrow in picture.arrows:
        if arrow.source != ANYWHERE:
            found.setdefault((arrow.source, arrow.target), []).append(arrow)
    for arrows in found.values():
        yield sorted(arrows, key=lambda arrow: picture.lines.index(arrow.line))


def _rows(arrows: Sequence[Arrow]) -> Iterator[Row]:
    for arrow in arrows:
        for label in arrow.labels:
            for number, text in enumerate(broken_label(label.text)):
                yield Row(text, arrow.line, dash=arrow.line != arrows[0].line and not number)


def _notes(node: Node, distant: Sequence[Sequence[Arrow]]) -> tuple[Note, ...]:
    return tuple(_note(arrow) for arrows in distant for arrow in arrows if arrow.source == node.name)


def _note(arrow: Arrow, before: str = "") -> Note:
    said = ", ".join(label.text for label in arrow.labels)
    if before:
        return Note(arrow, (Row(f"{before}{said} → {arrow.target}", arrow.line),))
    texts = broken_label(said) if said else []
    return Note(arrow, tuple(Row(text, arrow.line) for text in [*texts, f"→ {arrow.target}"]))
