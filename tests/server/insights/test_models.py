"""What models do, counted: the real SDK asks a real server, the engine writes the rows, and people decide."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import Any

from pointsman.contracts.values import Json
from pointsman.fsm.commands import Answer
from pointsman.fsm.model_turns import Tokens, TurnResult
from pointsman.fsm.session import Actor
from pointsman.server.application import open_application
from pointsman.server.documents.corrections import every
from pointsman.server.documents.stats import document
from pointsman.server.insights.asking import StatsAsked
from pointsman.server.insights.examples import EVERYTHING, ExampleFilter
from pointsman.server.models.driver import Access
from pointsman.server.replies import Caller
from pointsman.server.scripts.messages_api import Call, Reply, messages_api
from pointsman.server.store.opening import reading
from pointsman.tools.models.client import AnthropicModels
from tests.server.insights.letters import DAY_MS, HERE, T0, Letters, SetClock, answered_by, opened

MODEL = "claude-sonnet-5"
ASKED = f"model\n    model: {{name: {MODEL}, prompt: Answer the letter.}}\n    failed: by_hand"
TOKENS = Tokens(1_000, 100, 50, 10)


class CentPrices:
    """A cent for every thousand tokens."""

    def cost_usd(self, model: str, tokens: Tokens) -> float | None:
        return 0.01 * tokens.total / 1_000 if model == MODEL else None

    def names(self) -> tuple[str, ...]:
        return (MODEL,)


def proposing(confidence: float, **more: Json) -> Reply:
    arguments: dict[str, Json] = {"answer": "It is 7.", "price": 7, "confidence": confidence, "rationale": "The list."}
    return Reply(calls=(Call("propose", {**arguments, **more}),), tokens=TOKENS)


def without(reply: Reply, name: str) -> Reply:
    (call,) = reply.calls
    left = {key: value for key, value in call.arguments.items() if key != name}
    return Reply(calls=(Call(call.name, left),), tokens=TOKENS)


async def test_turns_tokens_cost_and_failures_of_a_model_are_counted(tmp_path: Path) -> None:
    """The first letter is answered at once; for the second the model only talks, forgets the price, and answers."""
    shutil.copy(HERE / "post.py", tmp_path)
    (tmp_path / "letters.yaml").write_text(answered_by(ASKED, (HERE / "letters.yaml").read_text()))
    answers = [
        proposing(0.9),
        Reply(say="Let me think.", tokens=TOKENS),
        without(proposing(0.8), "price"),
        proposing(0.8),
    ]
    clock = SetClock()
    clock.at = T0 + 12 * DAY_MS
    with messages_api(answers) as api:
        async with AnthropicModels(api.environment) as models:
            access = Access(models, CentPrices())
            opening = open_application(
                str(tmp_path / "p.sqlite3"), [tmp_path / "letters.yaml"], clock=clock, caretaking=True, access=access
            )
            async with opening as application:
                letters = Letters(application, clock, Caller(Actor("agent", "local:ada"), "claude-ai", "mcp"))
                for event in ("send", "drop"):
                    session = await letters.started()
                    topic: dict[str, Json] = {"topic": "prices", "confidence": 0.9, "rationale": "It says so."}
                    await application.governor.act(letters.agent, session, "name_topic", topic)
                    async with asyncio.timeout(60):  # the reply comes sooner than a model that is slow
                        await at_rest(letters, session)
                    await letters.decide(session, event)
    with reading(tmp_path / "p.sqlite3").connect() as connection:
        asked = StatsAsked(state="answering", window="10d", reference="90d")
        found = document(connection, asked.chosen(T0 + 13 * DAY_MS), asked.alerts)
        examples = [*every(connection, ExampleFilter(state="answering", labels=EVERYTHING))]
    assert isinstance(found["items"], list)
    (item,) = found["items"]
    assert isinstance(item, dict)
    now = item["now"]
    assert isinstance(now, dict)
    assert (item["model"], item["client"], now["events"]) == (MODEL, None, 2)
    assert now["contract"] == {"count": 2, "of": 4, "share": 0.5, "per_event": 1.0}
    turns = now["turns"]
    assert isinstance(turns, dict)
    assert (turns["turns"], turns["failed"], turns["per_event"]) == (4, 0, 2.0)
    assert turns["tokens"] == {"input": 4_000, "output": 400, "cache_read": 200, "cache_written": 40, "mean": 1_160.0}
    assert turns["cost_usd"] == 0.0464
    assert turns["without_price"] == 0
    assert isinstance(turns["latency_ms"], dict)
    labelled = {one["label"]: one for one in examples}
    assert set(labelled) == {"accepted", "rejected"}
    for one in examples:
        assert (one["model"], one["actor_kind"]) == (MODEL, "model")
        assert str(one["prompt_digest"]).startswith("sha256:")


async def at_rest(letters: Letters, session: str) -> None:
    """Wait until the session is at its editor."""
    while True:
        found = await letters.application.engine.read(session)
        assert found is not None
        if found.state == "editing" and found.stay.review is not None:
            return
        await letters.application.engine.wait_for_change(session, found.revision, 1_000)


async def test_an_answer_that_comes_late_counts_where_it_was_asked(tmp_path: Path) -> None:
    """A timer has moved the session to the state of an agent while the model was thinking."""
    async with opened(tmp_path, answering=f"{ASKED}\n    after: {{in: 1d, to: reading}}") as letters:
        letters.clock.at = T0 + 12 * DAY_MS
        session = await letters.started()
        await letters.name_topic(session)
        await letters.later(session, 2 * DAY_MS)
        assert await letters.state(session) == "reading"
        moved = await letters.application.engine.read(session)
        assert moved is not None
        late = Answer(2, 1, 1, TurnResult(MODEL, "p", "s", tokens=TOKENS))
        await letters.application.governor.submit_turn(moved, late, "answer:2.1.1", None)
    with reading(tmp_path / "p.sqlite3").connect() as connection:
        asked = StatsAsked(window="10d", reference="90d")
        found: Any = document(connection, asked.chosen(T0 + 15 * DAY_MS), asked.alerts)
    turns = {(one["state"], one["model"]): one["now"]["turns"] for one in found["items"]}
    assert turns[("reading", None)] is None
    assert (len(turns), turns[("answering", MODEL)]["turns"]) == (2, 1)
