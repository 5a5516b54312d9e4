"""Every script of the gallery, through a real server process and a real MCP client."""

from __future__ import annotations

import pytest

from pointsman.contracts.loading import check, load
from pointsman.contracts.workflow import FinalState, Workflow
from pointsman.gallery import names, path
from tests.gallery.plays import SCRIPTS, Piece, Repertoire

_QUICK = {
    ("invoices", "clarification"),
    ("claims", "just_enough"),
    ("service_desk", "demo"),
    ("service_desk", "never_clear"),
}


def workflow_of(name: str) -> Workflow:
    return load(path(name).read_bytes(), str(path(name)))


@pytest.mark.parametrize(
    "piece",
    [pytest.param(piece, id="-".join(piece), marks=() if piece in _QUICK else pytest.mark.slow) for piece in SCRIPTS],
)
def test_a_script_comes_out_as_it_says_and_its_history_verifies(repertoire: Repertoire, piece: Piece) -> None:
    performance = repertoire.play(piece)
    assert performance.played.faults == ()
    assert performance.report is not None
    assert (performance.report.fault, performance.report.replayed) == (None, True)


@pytest.mark.slow
@pytest.mark.parametrize("name", names())
def test_every_state_is_entered_by_some_script(repertoire: Repertoire, name: str) -> None:
    played = repertoire.all_of(name).values()
    entered = {row.state_after for one in played for row in one.rows if row.kind == "entered"}
    assert entered == set(workflow_of(name).states)


@pytest.mark.parametrize("name", names())
def test_the_scripts_say_how_they_end_and_reach_every_final_state(name: str) -> None:
    finals = {state.name for state in workflow_of(name).states.values() if isinstance(state, FinalState)}
    ends = [script.end for (of, _), script in SCRIPTS.items() if of == name]
    assert set(ends) == finals
    assert len(ends) >= 8


@pytest.mark.parametrize("name", names())
def test_every_workflow_can_be_shown_by_demo_and_has_no_findings(name: str) -> None:
    assert (name, "demo") in SCRIPTS
    assert check(path(name).read_bytes(), str(path(name))) == ()
