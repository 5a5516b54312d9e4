"""Pictures of 20 and of 60 states stay readable: nothing lies on anything else, and no arrow is too long to follow."""

from itertools import combinations, pairwise
from xml.etree import ElementTree as ET

import pytest

from pointsman.contracts.loading import load
from pointsman.contracts.workflow import Workflow
from pointsman.gallery import names, path
from pointsman.server.graph.layout import Point, Size
from pointsman.server.graph.picture import ANYWHERE, Trail, picture_of
from pointsman.server.graph.plan import Plan, plan_of
from pointsman.server.graph.svg import svg
from tests.server.graph.claims import claims
from tests.server.graph.test_layout import overlap

SVG = "{http://www.w3.org/2000/svg}"


def workflow(name: str) -> Workflow:
    return load(path(name).read_bytes(), name) if name in names() else claims(int(name))


EVERY = pytest.mark.parametrize("name", ["20", "60", *names()])


def boxes(plan: Plan) -> list[tuple[Point, Size]]:
    return [(centre, box.size) for centre, box in zip(plan.layout.boxes, plan.boxes, strict=True)]


def labels(plan: Plan) -> list[tuple[Point, Size]]:
    placed = zip(plan.layout.lines, plan.bundles, strict=True)
    return [(line.label, bundle.size) for line, bundle in placed if bundle.rows]


@EVERY
def test_no_box_and_no_label_lies_on_another(name: str) -> None:
    plan = plan_of(picture_of(workflow(name)))
    things = [*boxes(plan), *labels(plan)]
    assert [pair for pair in combinations(things, 2) if overlap(*pair[0], *pair[1])] == []


@EVERY
def test_no_arrow_runs_through_a_box_or_through_the_label_of_another(name: str) -> None:
    plan = plan_of(picture_of(workflow(name)))
    for bundle, line in zip(plan.bundles, plan.layout.lines, strict=True):
        others = [
            (other.label, one.size)
            for one, other in zip(plan.bundles, plan.layout.lines, strict=True)
            if one is not bundle and one.rows
        ]
        for a, b in pairwise(line.points):
            middle, piece = ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2), Size(abs(a[0] - b[0]), abs(a[1] - b[1]))
            assert [thing for thing in [*boxes(plan), *others] if overlap(middle, piece, *thing)] == []


@EVERY
def test_every_way_is_drawn_once_as_an_arrow_or_as_a_note(name: str) -> None:
    picture = picture_of(workflow(name))
    plan = plan_of(picture)
    drawn = [arrow for bundle in plan.bundles for arrow in bundle.arrows]
    noted = [note.arrow for box in plan.boxes for note in box.notes]
    above = [note.arrow for note in plan.anywhere]
    assert sorted(map(repr, [*drawn, *noted, *above])) == sorted(map(repr, picture.arrows))
    assert all(note.arrow.source == box.node.name for box in plan.boxes for note in box.notes)
    assert {arrow.source for arrow in above} <= {ANYWHERE}


def test_a_picture_of_60_states_is_not_much_wider_than_one_of_20() -> None:
    small, large = (plan_of(picture_of(claims(states))).layout.size for states in (20, 60))
    assert large.width < 2 * small.width
    assert large.height < 4 * small.height


@EVERY
def test_every_text_lies_within_the_picture_and_every_guard_is_whole_in_a_title(name: str) -> None:
    flow = workflow(name)
    root = ET.fromstring(svg(flow))
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    plan = plan_of(picture_of(flow))
    for (x, y), size in [*boxes(plan), *labels(plan)]:
        assert x - size.width / 2 >= -0.01
        assert x + size.width / 2 <= width
        assert y + size.height / 2 <= height
    titles = "\n".join(title.text or "" for title in root.iter(f"{SVG}title"))
    for arrow in plan.picture.arrows:
        assert all(label.full in titles for label in arrow.labels)


def test_the_way_a_session_has_taken_is_marked_on_arrows_and_on_notes() -> None:
    flow = claims(60)
    plan = plan_of(picture_of(flow))
    drawn = plan.bundles[0].arrows[0]
    noted = next(note.arrow for box in plan.boxes for note in box.notes)
    unmarked = len(ET.fromstring(svg(flow, Trail("settled"))).findall(f".//{SVG}path[@class='taken']"))
    for arrow in (drawn, noted):
        trail = Trail("settled", frozenset({arrow.source}), frozenset({(arrow.source, arrow.target, arrow.line)}))
        root = ET.fromstring(svg(flow, trail))
        assert len(root.findall(f".//{SVG}path[@class='taken']")) == unmarked + 1
        assert len(root.findall(f".//{SVG}rect[@class='taken']")) == 1
