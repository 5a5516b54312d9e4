"""A whole performance: the server process, the agent, the model, the stage, the play, and what is left of it."""

from __future__ import annotations

import logging
import os
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from pointsman.tools.models.port import Prices
from pointsman.tools.models.prices import ListPrices

from ..audit.chain import AuditRow
from ..audit.verify import ChainReport
from ..models.access import opened_access
from ..models.driver import Access
from ..writes import doubted
from .agent import Agent, Serving, open_agent
from .drawing import Drawing
from .messages_api import messages_api
from .playing import Played, Player, Watcher
from .script import Script
from .scripted import ScriptedModel
from .stage import Stage, open_stage


@dataclass(frozen=True, slots=True)
class Performance:
    """What came of a script. `rows` and `report` are those of its session, where one was started."""

    played: Played
    rows: tuple[AuditRow, ...]
    report: ChainReport | None


@dataclass(frozen=True, slots=True)
class Cast:
    """Everybody who acts in a script. `model` is None where real models are asked, or none is."""

    agent: Agent
    stage: Stage
    model: ScriptedModel | None

    async def play(self, script: Script, watcher: Watcher) -> Performance:
        """Play a script, and verify what was written."""
        played = await Player(self.agent, self.stage, watcher).play(script)
        left = 0 if self.model is None or played.faults else self.model.left
        if left:
            fault = f"The script has {left} more answers of the model than it was asked for."
            played = replace(played, faults=(fault,))
        if played.session is None:
            return Performance(played, (), None)
        rows = await self.stage.rows(played.session.id)
        return Performance(played, tuple(rows), await self.stage.verified(played.session.id))


async def perform(
    script: Script,
    serving: Serving,
    watcher: Watcher,
    environment: Mapping[str, str] = os.environ,
    prices: Prices | None = None,
) -> Performance:
    """Play a script through a server process, and verify what it has written.

    Raises:
        PointsmanError: when the workflow, its tools, the database or the server cannot be had.
    """
    async with _cast(script, serving, prices, environment) as cast:
        return await cast.play(script, watcher)


async def draw(
    script: Script,
    serving: Serving,
    drawing: Drawing,
    environment: Mapping[str, str],
    prices: Prices | None = None,
    outside: Callable[[], str] | None = None,
) -> Performance:
    """Play a script, and draw it as it goes, with the path, the audit trail and its proof at the end.

    Args:
        script: What is played. Without answers of a model, real models are asked.
        serving: How the server process is started.
        drawing: On what it is drawn.
        environment: That of the server process.
        prices: What models cost; if not said, the list prices.
        outside: Looks what has become of the world outside, when all is over, and says it in a sentence or two.

    Raises:
        PointsmanError: when the workflow, its tools, the database or the server cannot be had.
    """
    logging.getLogger("client").setLevel(
        logging.ERROR
    )  # the SDK's; it warns of every tool that is called and not listed
    async with _cast(script, serving, prices, environment) as cast:
        workflow = cast.stage.workflow
        title = f"{workflow.title or workflow.name}, version {workflow.version}"
        spoken = f"MCP {cast.agent.protocol} over stdio, surface {serving.surface}."
        drawing.opening(title, [spoken, workflow.goal or ""])
        performance = await cast.play(script, drawing)
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


@asynccontextmanager
async def _cast(
    script: Script, serving: Serving, prices: Prices | None, environment: Mapping[str, str]
) -> AsyncGenerator[Cast]:
    async with (
        _models(script, prices, environment) as (model, led, access),
        open_agent(serving, led) as agent,
        open_stage(serving.file, serving.database, access) as stage,
    ):
        yield Cast(agent, stage, model)


@asynccontextmanager
async def _models(
    script: Script, prices: Prices | None, environment: Mapping[str, str]
) -> AsyncGenerator[tuple[ScriptedModel | None, Mapping[str, str], Access | None]]:
    """Give the model of the script, the environment that leads processes to it, and this process's access to it."""
    if script.model is None:
        yield None, environment, None  # the server process asks whom it can
        return
    model = ScriptedModel(script.model)
    with messages_api(model) as api:
        led = {**environment, **api.environment}
        async with opened_access(led, prices or ListPrices()) as access:
            yield model, led, access
