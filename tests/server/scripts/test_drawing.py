"""How a played step is drawn: what came of it, how sure it was, and what two readings say of each other."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from pointsman.fsm.session import Session
from pointsman.server.scripts.drawing import Drawing
from pointsman.server.scripts.playing import Scene
from pointsman.server.scripts.turns import Stated, stated_in
from tests.fsm.driver import Story
from tests.fsm.test_confidence import DOUBTING
from tests.fsm.test_readings import BY_TOOL

SURE = {"confidence": 0.9, "rationale": "It says so."}


def drawn(session: Session, outcome: str, stated: Stated | None = None, *, colour: bool = False) -> str:
    out = io.StringIO()
    console = Console(file=out, width=100, force_terminal=colour, color_system="standard" if colour else None)
    scene = Scene(
        number=1, who="agent", name="agent", action="submit", outcome=outcome, message="", unmet=(), troubles=(),
        entered=(), session=session, allowed=(), fault=None, stated=stated, is_last=False,
    )  # fmt: skip
    Drawing(console).scene(scene)
    return out.getvalue()


@pytest.mark.parametrize(
    ("outcome", "sign", "colour"), [("done", "✓", "32"), ("waiting", "…", "33"), ("NOT_ALLOWED", "✗", "31")]
)
def test_what_waits_is_no_refusal(outcome: str, sign: str, colour: str) -> None:
    session = Story(DOUBTING).session
    assert f"{sign} {outcome}" in drawn(session, outcome)
    assert f"\x1b[{colour}m{sign} {outcome}" in drawn(session, outcome, colour=True)


def test_an_agents_step_shows_how_sure_it_was_and_the_floor_that_it_missed() -> None:
    """To the last decimal: 0.6956 would else be the floor of 0.7 in two of them."""
    story = Story(DOUBTING)
    story.send("go", {"a": "x", "confidence": 0.94, "rationale": "r"})
    sent = story.send("go", {"confidence": 0.74, "rationale": "r"})
    lines = [line.strip() for line in drawn(story.session, "done", stated_in(sent.facts)).splitlines()]
    assert lines[1:] == [
        "confidence 0.74, 0.6956 along the path",
        "the confidence of the step is 0.74, and 0.8 is demanded",
        "the confidence along the path is 0.6956, and 0.7 is demanded",
    ]


@pytest.mark.parametrize(
    ("second", "said"),
    [
        (8, "total differs: 7 in the first reading, 8 in the second"),
        (7, "both readings agree, the second is by t.read"),
    ],
)
def test_an_agents_reading_shows_that_it_is_held_and_what_the_second_one_says(second: int, said: str) -> None:
    story = Story(BY_TOOL, {"page": 2})
    story.call("t.look", gives="yes")
    before = len(story.facts)
    story.send("submit", {"total": 7, "vendor": "Acme", **SURE})
    story.settle("t.read", gives={"total": second, "vendor": "Acme"})
    lines = [line.strip() for line in drawn(story.session, "done", stated_in(story.facts[before:])).splitlines()]
    assert lines[1] == "confidence 0.9, 0.9 along the path"
    assert lines[2:] == ["held: first reading", said]
