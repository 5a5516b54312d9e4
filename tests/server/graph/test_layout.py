"""The layered layout: nothing lies on anything else, whatever the graph."""

from itertools import combinations, pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from pointsman.server.graph.layout import Layout, Link, Point, Size, laid_out


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[Size], list[Link]]:
    sizes = st.builds(Size, st.integers(20, 200), st.integers(20, 60))
    boxes = draw(st.lists(sizes, min_size=1, max_size=12))
    ends = st.integers(0, len(boxes) - 1)
    labels = st.one_of(st.just(Size(0, 0)), st.builds(Size, st.integers(10, 160), st.integers(14, 42)))
    return boxes, draw(st.lists(st.builds(Link, ends, ends, labels), max_size=24))


def overlap(one: Point, a: Size, other: Point, b: Size) -> bool:
    apart_x = abs(one[0] - other[0]) >= (a.width + b.width) / 2 - 0.01
    apart_y = abs(one[1] - other[1]) >= (a.height + b.height) / 2 - 0.01
    return not (apart_x or apart_y)


def things(boxes: list[Size], links: list[Link], layout: Layout) -> list[tuple[Point, Size]]:
    labels = [(line.label, link.label) for line, link in zip(layout.lines, links, strict=True) if link.label.width]
    return [*zip(layout.boxes, boxes, strict=True), *labels]


@settings(max_examples=150, deadline=None)
@given(graphs())
def test_no_box_or_label_overlaps_another_and_all_lie_inside(graph: tuple[list[Size], list[Link]]) -> None:
    boxes, links = graph
    layout = laid_out(boxes, links, 0)
    for (one, a), (other, b) in combinations(things(boxes, links, layout), 2):
        assert not overlap(one, a, other, b)
    for (x, y), size in zip(layout.boxes, boxes, strict=True):
        assert x - size.width / 2 >= -0.01
        assert x + size.width / 2 <= layout.size.width + 0.01
        assert y - size.height / 2 >= -0.01
        assert y + size.height / 2 <= layout.size.height + 0.01


@settings(max_examples=100, deadline=None)
@given(graphs())
def test_every_arrow_leaves_its_source_and_arrives_at_its_target(graph: tuple[list[Size], list[Link]]) -> None:
    boxes, links = graph
    layout = laid_out(boxes, links, 0)
    for link, line in zip(links, layout.lines, strict=True):
        for end, box in ((line.points[0], link.source), (line.points[-1], link.target)):
            (x, y), size = layout.boxes[box], boxes[box]
            assert abs(end[0] - x) <= size.width / 2 + 0.01
            assert abs(end[1] - y) <= size.height / 2 + 0.01


@settings(max_examples=100, deadline=None)
@given(graphs())
def test_arrows_are_level_or_upright_and_run_through_no_box_and_no_label_but_their_own(
    graph: tuple[list[Size], list[Link]],
) -> None:
    boxes, links = graph
    layout = laid_out(boxes, links, 0)
    for index, line in enumerate(layout.lines):
        for one, other in pairwise(line.points):
            assert abs(one[0] - other[0]) < 0.6 or abs(one[1] - other[1]) < 0.6
            middle = ((one[0] + other[0]) / 2, (one[1] + other[1]) / 2)
            piece = Size(abs(one[0] - other[0]), abs(one[1] - other[1]))
            for centre, size in zip(layout.boxes, boxes, strict=True):
                assert not overlap(middle, piece, centre, size)
            for label_of, (link, labelled) in enumerate(zip(links, layout.lines, strict=True)):
                if label_of != index and link.label.width:
                    assert not overlap(middle, piece, labelled.label, link.label)


@settings(max_examples=60, deadline=None)
@given(graphs())
def test_no_two_arrows_lie_on_each_other_over_a_length(graph: tuple[list[Size], list[Link]]) -> None:
    """Level pieces: upright ones may meet at a box that has more arrows than its border has pixels."""
    boxes, links = graph
    level = [
        (index, one[1], *sorted((one[0], other[0])))
        for index, line in enumerate(laid_out(boxes, links, 0).lines)
        if links[index].source != links[index].target
        for one, other in pairwise(line.points)
        if abs(one[0] - other[0]) > 0.6
    ]
    for (a, y, left, right), (b, other_y, other_left, other_right) in combinations(level, 2):
        assert a == b or abs(y - other_y) > 0.01 or min(right, other_right) <= max(left, other_left)


def test_a_chain_is_drawn_straight_down_from_the_first_box() -> None:
    boxes = [Size(100, 40)] * 4
    layout = laid_out(boxes, [Link(0, 1, Size(0, 0)), Link(1, 2, Size(80, 14)), Link(2, 3, Size(0, 0))], 0)
    assert len({round(x) for x, _ in layout.boxes}) == 1
    assert all(upper[1] < lower[1] for upper, lower in pairwise(layout.boxes))


def test_the_same_graph_is_laid_out_the_same_way_again() -> None:
    boxes = [Size(60, 30)] * 6
    links = [Link(source, target, Size(20, 14)) for source in range(6) for target in range(0, 6, 2)]
    assert laid_out(boxes, links, 0) == laid_out(boxes, links, 0)
