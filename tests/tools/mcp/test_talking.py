"""What a downstream server says and asks while it works on a call."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from pointsman.contracts.bounds import DOWNSTREAM_LOG_LINES_PER_MINUTE
from pointsman.contracts.values import JsonObject
from pointsman.contracts.workflow import Key
from pointsman.tools.conversation import ROOTS, SAMPLE
from tests.tools.listener import Listener, heard_by

from .workshop import SHORT_MS, Docks, call

FORM: JsonObject = {
    "message": "Which page?",
    "requestedSchema": {"type": "object", "properties": {"page": {"type": "string"}}, "required": ["page"]},
}
ASK: JsonObject = {"method": "elicitation/create", "params": FORM}
ANSWER: JsonObject = {"action": "accept", "content": {"page": "start"}}


async def test_a_form_is_passed_on_and_its_answer_back(docks: Docks) -> None:
    listener = Listener(ANSWER)
    done = await call(docks.source(), "ask", ASK, context=heard_by(listener), effect="write")
    assert (done.outcome, done.result) == ("done", ANSWER)
    ((question,),) = [list(one.values()) for one in listener.questions]
    assert question.params["message"] == "The server `dock` asks: Which page?"
    assert question.params["requestedSchema"] == FORM["requestedSchema"]
    assert [(one.action, one.fields, one.why) for one in done.asked] == [("accept", ["page"], None)]


async def test_the_time_a_person_takes_is_not_the_tools(docks: Docks) -> None:
    source, listener = docks.source(), Listener(ANSWER)
    await call(source, "look")
    listener.thought.clear()
    asking = asyncio.create_task(call(source, "ask", ASK, context=heard_by(listener), timeout_ms=SHORT_MS))
    await listener.asked.wait()
    assert await asyncio.wait({asking}, timeout=2 * SHORT_MS / 1000) == (set(), {asking})
    listener.thought.set()
    assert (await asking).result == ANSWER


@pytest.mark.parametrize("listener", [None, Listener(mute=True)])
async def test_a_call_that_nobody_waits_for_is_declined(docks: Docks, listener: Listener | None) -> None:
    done = await call(docks.source(), "ask", ASK, context=heard_by(listener))
    assert done.result == {"action": "decline"}
    assert [one.action for one in done.asked] == ["decline"]


async def test_an_address_to_visit_is_declined(docks: Docks) -> None:
    listener = Listener(ANSWER)
    params: JsonObject = {"mode": "url", "message": "Go", "url": "https://a.example", "elicitationId": "1"}
    done = await call(
        docks.source(), "ask", {"method": "elicitation/create", "params": params}, context=heard_by(listener)
    )
    assert (done.result, listener.questions) == ({"action": "decline"}, [])


async def test_a_question_that_may_be_of_another_call_is_declined(docks: Docks) -> None:
    """In the handshake era a question names no call."""
    source, listener = docks.source(), Listener(ANSWER)
    hanging = asyncio.create_task(call(source, "hang", context=heard_by(None)))
    await call(source, "look")  # after which the other has been sent
    done = await call(source, "ask", ASK, context=heard_by(listener))
    assert (done.result, listener.questions) == ({"action": "decline"}, [])
    hanging.cancel()


async def test_progress_is_asked_for_only_where_somebody_listens(docks: Docks) -> None:
    source = docks.source()
    said: JsonObject = {"said": [{"progress": 1, "total": 2, "message": "half"}, {"progress": 2}]}
    listener, deaf = Listener(), Listener(listens=False)
    done = await call(source, "progress", said, context=heard_by(listener))
    assert isinstance(done.result, dict)
    assert done.result["token"] is not None
    assert listener.heard == [(1.0, 2.0, "half"), (2.0, None, None)]
    for context in (heard_by(deaf), heard_by(None)):
        assert (await call(source, "progress", said, context=context)).result == {"token": None}
    assert deaf.heard == []


async def test_what_a_server_logs_goes_to_the_log_within_a_bound(docks: Docks) -> None:
    source = docks.source()
    with capture_logs() as logs:
        done = await call(source, "log", {"times": DOWNSTREAM_LOG_LINES_PER_MINUTE + 5, "data": {"a": "\u202eb"}})
        assert done.outcome == "done"
        await call(source, "look")
    lines = [one["line"] for one in logs if one["event"] == "downstream says"]
    assert len(lines) == DOWNSTREAM_LOG_LINES_PER_MINUTE
    assert lines[0] == "{'a': '\\u202eb'}"
    assert sum("too much" in one["event"] for one in logs) == 1


@pytest.mark.parametrize(
    ("deliver", "meta"), [(("meta", "acme/key"), "k-1"), (("argument", "key"), None), (None, None)]
)
async def test_the_key_of_a_write_goes_where_the_server_takes_it(
    docks: Docks, deliver: tuple[str, str] | None, meta: str | None
) -> None:
    source = docks.source()
    key = Key(deliver=deliver)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - as the parameters say
    done = await call(source, "told", key=key, context=heard_by(None), effect="write")
    assert isinstance(done.result, dict)
    seen = done.result["meta"]
    assert isinstance(seen, dict)
    assert seen.get("acme/key") == meta


async def test_a_read_that_is_given_up_is_cancelled_at_the_server(docks: Docks) -> None:
    source = docks.source()
    await call(source, "look")
    assert (await call(source, "hang", timeout_ms=SHORT_MS)).outcome == "failed"
    told = (await call(source, "told")).result
    assert isinstance(told, dict)
    assert told["cancelled"] == 1


WORDS: JsonObject = {"messages": [{"role": "user", "content": {"type": "text", "text": "Who?"}}], "maxTokens": 9}
SAID: JsonObject = {"role": "assistant", "content": {"type": "text", "text": "Ada."}, "model": "m"}
ROOTED: JsonObject = {"roots": [{"uri": "file:///work"}]}


@pytest.mark.parametrize(
    ("method", "params", "answer"), [(SAMPLE, WORDS, SAID), (ROOTS, {}, ROOTED)], ids=["sampling", "roots"]
)
async def test_a_model_and_folders_are_asked_for_only_where_the_workflow_says_so(
    docks: Docks, method: str, params: JsonObject, answer: JsonObject
) -> None:
    """Issue 4: a downstream's sampling requests are refused; `asks` is how a workflow allows what it trusts."""
    listener = Listener(answer, methods=(SAMPLE, ROOTS))
    question: JsonObject = {"method": method, "params": params}
    refused = await call(docks.source(), "ask", question, context=heard_by(listener))
    assert (refused.outcome, listener.questions) == ("failed", [])
    done = await call(docks.source(asks=["sampling", "roots"]), "ask", question, context=heard_by(listener))
    assert (done.outcome, done.result) == ("done", answer)
    assert [one.action for one in done.asked] == ["accept"]


@pytest.mark.parametrize("listener", [Listener(methods=(SAMPLE,)), Listener({"model": 7}, methods=(SAMPLE,)), None])
async def test_a_server_is_told_that_it_gets_no_answer(docks: Docks, listener: Listener | None) -> None:
    source = docks.source(asks=["sampling"])
    question: JsonObject = {"method": SAMPLE, "params": WORDS}
    done = await call(source, "ask", question, context=heard_by(listener))
    assert done.outcome == "failed"
    hanging = asyncio.create_task(call(source, "hang", context=heard_by(None)))
    await call(source, "look")
    done = await call(source, "ask", question, context=heard_by(listener))
    assert "for which call" in (done.error or "")
    hanging.cancel()


async def test_what_a_server_logs_reaches_who_waits_for_its_only_call(docks: Docks) -> None:
    listener = Listener()
    await call(docks.source(), "log", {"times": 2, "data": "half way"}, context=heard_by(listener))
    assert listener.logged == [("info", "half way", "dock")] * 2


async def test_what_runs_when_a_source_is_closed_is_cancelled_at_the_server(docks: Docks) -> None:
    source = docks.source()
    hanging = asyncio.create_task(call(source, "hang", effect="write"))
    await call(source, "look")  # after which the other has been sent
    with capture_logs() as logs:
        await source.aclose()
        assert (await hanging).outcome == "unknown"
    assert "cancelled" in [one["line"] for one in logs if one["event"] == "downstream says"]
