"""Playing a script on this terminal, for the commands that do."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from ..scripts.agent import ServerFailed, Serving
from ..scripts.drawing import Drawing
from ..scripts.performing import Performance, draw
from ..scripts.script import Script
from .failures import FoundProblems, NotReached, NotVerified
from .keeping import environment_with_key
from .pricing import prices


def play(
    script: Script,
    serving: Serving,
    explanation: str = "",
    then: Iterable[tuple[str, str]] = (),
    outside: Callable[[], str] | None = None,
) -> Performance:
    """Play a script, drawn on stdout.

    Args:
        script: What is played.
        serving: How the server process is started.
        explanation: What one is about to see.
        then: What to do next, each with its command. Only drawn if all went well.
        outside: Looks what has become of the world outside, when all is over, and says it in a sentence or two.

    Raises:
        PointsmanError: when the workflow, its tools, the database or the server cannot be had.
        FoundProblems: when something came out otherwise than the script says.
        NotReached: when the server process fails.
        NotVerified: when the audit does not verify.
    """
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="replace")  # better a question mark than no demo
    drawing = Drawing(Console(highlight=False, markup=False, emoji=False))
    if explanation:
        drawing.explain(explanation)
    try:
        performance = asyncio.run(draw(script, serving, drawing, environment_with_key(), prices(), outside))
    except ServerFailed as error:
        raise NotReached(str(error)) from error
    report = performance.report
    if performance.played.session is not None and (report is None or not report.ok):
        raise NotVerified("The audit of the session does not verify.")
    if performance.played.faults:
        raise FoundProblems("\n".join(performance.played.faults))
    if then:
        drawing.closing(then)
    return performance


@contextmanager
def temporary_folder() -> Generator[Path]:
    """Give a folder that is gone afterwards."""
    with TemporaryDirectory(prefix="pointsman-", ignore_cleanup_errors=True) as name:
        yield Path(name)
