"""Budgets of a model's state in real processes: the answer that reaches one ends it, and nothing it wanted is done.

Issue 7: cost and token budgets stop a session within one turn. It holds however the tokens came together: in one
answer, in attempts that broke off, or with those of a process that was killed.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Event
from typing import Any, Final

import pytest

from pointsman.contracts.values import JsonObject
from pointsman.fsm.model_turns import Tokens
from pointsman.server.scripts.messages_api import Call, Reply, messages_api
from pointsman.server.scripts.messages_api.events import blocks_of, event, events_of, message_of
from tests.faults.models.processes import (
    PATIENCE_S,
    Place,
    begun,
    broken_chains,
    ended,
    rows_at_the_end,
    sessions,
    until,
)
from tests.faults.models.two_steps import laid_out
from tests.server.command_line.terminal import POINTSMAN
from tests.tools.models.faulty_api import Answer, Faulty, faulty

pytestmark = [pytest.mark.faults]

DEAR: Final = Tokens(output=1_000)
"""A cent, at the list price of claude-sonnet-5: what the state may cost."""
LONG: Final = Tokens(cache_read=10_000)
"""As many as the state may take, for a fifth of a cent."""
MORE_THAN_HALF: Final = Tokens(output=1, cache_read=6_000)
OVERLOADED: Final = event({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}})
TEXT: Final = re.compile(r'"text":"([^"]+)"')


@dataclass(frozen=True)
class Told:
    """What must be told of a session: where it ends, what its last answer took, and how often the API was asked."""

    ends: str
    tokens: int
    cost_usd: float
    asked: int = 1
    attempts: int = 1


STORIES: Final = {
    "run, one dear answer": Told("too_dear", 1_000, 0.01),
    "run, two attempts at a long one": Told("too_long", 12_002, 0.00242, asked=2, attempts=2),
    "run, killed between two long ones": Told("too_long", 6_001, 0.00121, asked=3),
    "serve, one dear answer": Told("too_dear", 1_000, 0.01),
    "serve, one long answer": Told("too_long", 10_000, 0.002),
}
RUN_DEAR, RUN_BROKEN_OFF, RUN_KILLED, SERVE_DEAR, SERVE_LONG = STORIES
LAST_TOKENS: Final = {RUN_DEAR: DEAR, SERVE_DEAR: DEAR, SERVE_LONG: LONG}


def reply(story: str, tokens: Tokens) -> Reply:
    """An answer that notes something and finishes: of which nothing is done where it reaches the budget."""
    calls = (Call("two_note", {"topic": story}), Call("finish", {"rationale": "It is noted."}))
    return Reply(calls=calls, tokens=tokens)


@dataclass
class Model:
    """The model: its answers by what the session is about. One of them waits until somebody was killed."""

    asked: Counter[str] = field(default_factory=Counter[str])
    killed: Event = field(default_factory=Event)

    def answer(self, request: JsonObject) -> Reply:
        messages: Any = request["messages"]
        found = TEXT.search(str(messages[0]["content"][0]["text"]))
        assert found is not None
        story = found[1]
        self.asked[story] += 1
        if story != RUN_KILLED:
            return reply(story, LAST_TOKENS[story])
        if self.asked[story] == 1:
            return Reply(calls=(Call("two_note", {"topic": "before"}),), tokens=MORE_THAN_HALF)
        self.killed.wait(PATIENCE_S)
        return reply(story, MORE_THAN_HALF)


def broken_off() -> tuple[Answer, Answer]:
    """An answer that breaks off after its tokens were told, and the whole of it."""
    long = reply(RUN_BROKEN_OFF, MORE_THAN_HALF)
    whole = list(events_of(message_of("claude-sonnet-5", 1, blocks_of(long, 1), long, MORE_THAN_HALF)))
    return Answer(whole[0], OVERLOADED), Answer(*whole)


@dataclass
class Day:
    """What is left when everything has ended: the rows of each session, how often was asked, and what was written."""

    rows: Mapping[str, list[JsonObject]]
    asked: Mapping[str, int]
    written: Sequence[str]
    broken_chains: Sequence[object]


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Generator[Day]:
    model = Model()
    file = laid_out(tmp_path_factory.mktemp("day") / "budgets", "budgets.yaml")
    with messages_api(model.answer) as api, faulty(*broken_off()) as overloaded:
        yield asyncio.run(worked(Place(file, api), model, overloaded))


async def worked(place: Place, model: Model, overloaded: Faulty) -> Day:
    """Drive all sessions: by a server, and beside it by runs, one of which is killed while it asks."""

    async def run(story: str, environment: Mapping[str, str] | None = None) -> None:
        assert await place.run("--set", f"text={story}", environment=environment) == 1, place.said

    async def run_and_kill() -> None:
        async with place.running([POINTSMAN], "run", "--set", f"text={RUN_KILLED}") as process:
            await until(lambda: model.asked[RUN_KILLED] == 2)
            process.kill()
            model.killed.set()

    async with place.looked_at() as look:
        async with place.serving(look) as server:
            for story in (SERVE_DEAR, SERVE_LONG):
                await begun(look, "budgets", story)
            await until(lambda: model.asked[SERVE_DEAR] + model.asked[SERVE_LONG] == 2)  # a run would take them over
            async with asyncio.TaskGroup() as group:
                group.create_task(run_and_kill())
                group.create_task(run(RUN_DEAR))
                group.create_task(run(RUN_BROKEN_OFF, overloaded.environment))
            rows = [await rows_at_the_end(look, session) for session in await look.engine.reading(sessions)]
            assert server.stdin is not None
            server.stdin.close()
            assert await ended(server) == 0
        asked = {**model.asked, RUN_BROKEN_OFF: overloaded.count}
        return Day({text_of(one): one for one in rows}, asked, place.written, await broken_chains(look))


def text_of(rows: Sequence[JsonObject]) -> str:
    """What a session is about: what it was started with."""
    body: Any = rows[0]["body"]
    return str(body["writes"]["text"])


@pytest.mark.parametrize("story", STORIES)
def test_the_answer_that_reaches_a_budget_ends_it_and_nothing_it_wanted_is_done(day: Day, story: str) -> None:
    told, rows = STORIES[story], day.rows[story]
    *_, last, moved = rows
    answer: Any = last["body"]
    assert (last["kind"], last["outcome"], answer.get("attempts", 1)) == ("model", "done", told.attempts)
    assert sum(answer["tokens"].values()) == told.tokens
    assert answer["cost_usd"] == pytest.approx(told.cost_usd)
    because: Any = moved["body"]
    assert (moved["kind"], moved["state_after"], because["because"]) == ("entered", told.ends, "limit")
    assert day.asked[story] == told.asked


def test_nothing_else_is_written_and_everything_verifies(day: Day) -> None:
    assert (day.written, day.broken_chains) == (["note before"], [])
