"""A whole performance: the server process, the agent, the stage, the play, and what is left of it."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ..audit.chain import AuditRow
from ..audit.verify import ChainReport
from ..writes import doubted
from .agent import Serving, open_agent
from .drawing import Drawing
from .playing import Played, Player, Watcher
from .script import Script
from .stage import Stage, open_stage


@dataclass(frozen=True, slots=True)
class Performance:
    """What came of a script. `rows` and `report` are those of its session, where one was started."""

    played: Played
    rows: tuple[AuditRow, ...]
    report: ChainReport | None


async def perform(
    script: Script, serving: Serving, watcher: Watcher, environment: Mapping[str, str] = os.environ
) -> Performance:
    """Play a script through a server process, and verify what it has written.

    Raises:
        PointsmanError: when the workflow, its tools, the database or the server cannot be had.
    """
    async with open_agent(serving, environment) as agent, open_stage(serving.file, serving.database) as stage:
        return await _performed(await Player(agent, stage, watcher).play(script), stage)


async def draw(
    script: Script, serving: Serving, drawing: Drawing, outside: Callable[[], str] | None = None
) -> Performance:
    """Play a script, and draw it as it goes, with the path, the audit trail and its proof at the end.

    Args:
        script: What is played.
        serving: How the server process is started.
        drawing: On what it is drawn.
        outside: Looks what has become of the world outside, when all is over, and says it in a sentence or two.

    Raises:
        PointsmanError: when the workflow, its tools, the database or the server cannot be had.
    """
    logging.getLogger("client").setLevel(
        logging.ERROR
    )  # the SDK's; it warns of every tool that is called and not listed
    async with open_agent(serving) as agent, open_stage(serving.file, serving.database) as stage:
        workflow = stage.workflow
        title = f"{workflow.title or workflow.name}, version {workflow.version}"
        drawing.opening(title, [f"MCP {agent.protocol} over stdio, surface {serving.surface}.", workflow.goal or ""])
        performance = await _performed(await Player(agent, stage, drawing).play(script), stage)
    session = performance.played.session
    if session is not None and performance.report is not None:
        drawing.path(workflow, session, performance.rows)
        drawing.audit(performance.rows)
        drawing.doubts(doubted(session, performance.rows))
        if outside is not None:
            drawing.outside(outside())
        drawing.proof(performance.report)
    drawing.verdict(len(script.steps), performance.played.faults)
    return performance


async def _performed(played: Played, stage: Stage) -> Performance:
    if played.session is None:
        return Performance(played, (), None)
    rows = await stage.rows(played.session.id)
    return Performance(played, tuple(rows), await stage.verified(played.session.id))
