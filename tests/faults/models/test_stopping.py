"""A session of models that is stopped at any moment, and goes on in another process (issue 7).

No write is made twice, also none without a key; no question is asked twice whose answer is recorded. The process stops
itself at each commit of the session in turn, once before the commit and once after it, by kill -9 and by Ctrl-C.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest

from tests.faults.models.processes import POINTSMAN
from tests.faults.models.two_steps import TwoSteps, answered, hold_to_the_end, placed, session_of

pytestmark = [pytest.mark.faults]

AT_ONCE: Final = 4


async def stopped_and_run_again(place: TwoSteps, number: signal.Signals, moment: str, commit: int) -> bool:
    """Stop a run at this commit, and run it again; False where it had fewer commits, and ended by itself."""
    text = f"text={commit} {moment}"
    stopping = ("-m", "tests.faults.models.stopped_run", number.name, moment, str(commit))
    code = await place.run(stopping, "--set", text)
    rows = await place.rows()
    before, asked = answered(rows), len(place.model.asked)
    ended = any(row["kind"] == "entered" and row["state_after"] in ("finished", "in_doubt", "broken") for row in rows)
    if not ended:
        assert code == -signal.SIGKILL if number == signal.SIGKILL else code in (0, 1), place.folder
        await place.run(POINTSMAN, "--session", str(session_of(rows)))
    again = place.model.asked[asked:]
    rows = await place.rows()
    assert not set(before) & set(again), "a question was asked again whose answer was recorded"
    assert answered(rows) == list(dict.fromkeys(answered(rows)))
    assert await place.broken_chains() == []
    hold_to_the_end(place, rows, in_doubt=number == signal.SIGKILL)
    return not ended


KILLED: Final = [(moment, commit) for commit in range(1, 20) for moment in ("before", "after")][1:]
INTERRUPTED: Final = [("after", commit) for commit in (1, 2, 4, 6, 9, 12)]
"""A session has 16 commits; at the last moments of these the process ends by itself."""


@pytest.mark.parametrize(
    ("number", "moments", "least"),
    [(signal.SIGKILL, KILLED, 30), (signal.SIGINT, INTERRUPTED, 5)],
    ids=["kill", "interrupt"],
)
async def test_stopped_at_any_commit_and_run_again_it_writes_nothing_twice_and_asks_nothing_twice(
    tmp_path: Path, number: signal.Signals, moments: Sequence[tuple[str, int]], least: int
) -> None:
    """All that is paid for is kept, and all that was begun is done once, or is in doubt and in a person's hands."""
    places = asyncio.Semaphore(AT_ONCE)

    async def one(moment: str, commit: int) -> bool:
        async with places:
            with placed(tmp_path / f"{commit}-{moment}") as place:
                return await stopped_and_run_again(place, number, moment, commit)

    stopped = await asyncio.gather(*(one(moment, commit) for moment, commit in moments))
    assert sum(stopped) >= least, "it was stopped at as many moments"
