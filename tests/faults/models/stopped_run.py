"""`pointsman`, as a process that stops itself at a commit: before it is made, or right after.

Its arguments are the name of the signal, `before` or `after`, the number of the commit or the name of its command, and
those of `pointsman`.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Final

from pointsman.fsm.commands import Command
from pointsman.fsm.decision import Decision
from pointsman.server.command_line import main
from pointsman.server.engines.embedded import EmbeddedEngine

_SUBMIT: Final = EmbeddedEngine.submit


def stop_at(number: signal.Signals, moment: str, commit: str) -> None:
    """Have this process stop itself, by this signal, at the commit of this number or name."""
    commits = 0

    async def submit(engine: EmbeddedEngine, session: str, command: Command) -> Decision:
        nonlocal commits
        commits += 1
        here = commit in (str(commits), command.id)
        if here and moment == "before":
            os.kill(os.getpid(), number)
        decision = await _SUBMIT(engine, session, command)
        if here and moment == "after":
            os.kill(os.getpid(), number)
        return decision

    setattr(EmbeddedEngine, "submit", submit)  # noqa: B010 -- the commit is where it is to stop


if __name__ == "__main__":
    signal_name, moment, commit, *rest = sys.argv[1:]
    stop_at(signal.Signals[signal_name], moment, commit)
    main(rest)
