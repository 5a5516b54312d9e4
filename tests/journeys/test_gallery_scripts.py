"""Every script of the gallery plays as it is written, through a real server process and a real client."""

from pathlib import Path

import pytest

from pointsman.contracts.loading import load
from pointsman.contracts.workflow import FinalState
from pointsman.server.scripts.script import load_script
from tests.journeys.plays import INVOICES, SCRIPTS, Theatre

_QUICK = {"clean", "clarification"}


@pytest.mark.parametrize(
    "script",
    [pytest.param(path, id=path.stem, marks=() if path.stem in _QUICK else pytest.mark.slow) for path in SCRIPTS],
)
async def test_every_script_of_the_gallery_comes_out_as_written_and_its_audit_verifies(
    theatre: Theatre, script: Path
) -> None:
    performance = await theatre.play(script)

    assert performance.played.faults == ()
    assert performance.report is not None
    assert performance.report.ok
    assert performance.report.replayed


def test_the_scripts_of_the_gallery_reach_every_final_state() -> None:
    workflow = load(INVOICES.read_bytes(), str(INVOICES))
    finals = {name for name, state in workflow.states.items() if isinstance(state, FinalState)}

    assert {load_script(path).end for path in SCRIPTS} == finals
