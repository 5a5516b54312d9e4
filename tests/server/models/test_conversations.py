"""What a model is told of what it wished: read back from the rows, so that any process tells it the same."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

import pytest
from structlog.testing import capture_logs

from pointsman.fsm.driving import CUT_OFF
from pointsman.server.bounds import MODEL_RESULT_CHARACTERS
from pointsman.server.models import driver
from pointsman.server.models.conversation import NOTHING_CALLED, UNTOLD
from pointsman.server.models.instructions import system_texts
from pointsman.server.scripts.messages_api import Call, Reply

from .desks import PAY, SUBMIT, furnish, opened_desk

P = ParamSpec("P")
T = TypeVar("T")


async def test_every_wish_of_an_answer_is_told_its_outcome_in_its_order(tmp_path: Path) -> None:
    wishes = (
        Call("d_look", {"word": "hush-hush"}),
        Call("d_fail"),
        Call("d_write", {"topic": "t"}),
        Call("d_write", {"topic": "t"}),
        Call("submit", {"total": "x"}),
        Call("approve"),
    )
    furnish(tmp_path)
    async with opened_desk(tmp_path, [Reply(say="I begin.", calls=wishes), Reply(calls=(SUBMIT,))]) as desk:
        await desk.start()
        assert await desk.ended() == "finished"
        told = desk.told()
        assert [block.get("is_error", False) for block in told] == [False, True, False, False, True, True]
        look, failed, written, again, invalid, other = desk.texts()
        assert json.loads(look) == {"length": 9}
        assert json.loads(failed) == {"outcome": "failed", "error": "d.fail failed with ValueError."}
        assert json.loads(written) == {"written": "t"}
        assert json.loads(again) == {"result": {"written": "t"}}
        assert (json.loads(invalid)["refused"], json.loads(other)["refused"]) == ("INVALID_FIELDS", "NOT_ALLOWED")
        assert "hush-hush" not in str(await desk.rows())
        session = await desk.session()
        assert (session.counts.turns, round(session.counts.cost_usd, 2)) == (2, 0.02)


async def test_an_answer_without_a_call_and_one_that_is_cut_off_are_told_so(tmp_path: Path) -> None:
    cut = Reply(calls=(SUBMIT,), stop="max_tokens")
    furnish(tmp_path)
    long = Reply(say="Well, ", stop="max_tokens")
    async with opened_desk(tmp_path, [Reply(say="Hm."), cut, long, Reply(calls=(SUBMIT,))]) as desk:
        await desk.start()
        assert await desk.ended() == "finished"
        assert desk.texts(1) == [NOTHING_CALLED.format(events="submit")]
        assert desk.texts(2) == [CUT_OFF]
        assert desk.texts(3) == [CUT_OFF]


async def test_a_result_that_is_too_long_is_cut(tmp_path: Path) -> None:
    draw = Call("d_draw", {"times": MODEL_RESULT_CHARACTERS + 100})
    furnish(tmp_path)
    async with opened_desk(tmp_path, [Reply(calls=(draw,)), Reply(calls=(SUBMIT,))]) as desk:
        await desk.start()
        assert await desk.ended() == "finished"
        [text] = desk.texts()
        assert text.endswith("more characters")
        assert len(text) < MODEL_RESULT_CHARACTERS + 100


async def test_a_call_that_a_person_approves_is_told_its_result(tmp_path: Path) -> None:
    """The model waits: nothing is asked before the person has decided, and the call has ended."""
    furnish(tmp_path)
    async with opened_desk(tmp_path, [Reply(calls=(PAY,)), Reply(calls=(SUBMIT,))]) as desk:
        await desk.start()
        assert desk.api.count == 1
        await desk.judged("approve")
        assert await desk.ended() == "finished"
        assert [json.loads(text) for text in desk.texts()] == [{"paid": 5}]


async def test_a_call_that_a_person_rejects_is_told_why(tmp_path: Path) -> None:
    furnish(tmp_path)
    async with opened_desk(tmp_path, [Reply(calls=(PAY,)), Reply(calls=(SUBMIT,))]) as desk:
        await desk.start()
        await desk.judged("reject", rationale="Too much.")
        assert await desk.ended() == "finished"
        assert "A person has rejected this call: Too much." in desk.texts()[0]


async def test_what_a_server_that_closes_had_not_begun_is_done_by_the_next_one_if_it_is_kept(tmp_path: Path) -> None:
    """Arguments that are never kept are asked for again; nothing is asked or done twice."""
    furnish(tmp_path)
    wishes = (Call("d_ship", {"topic": "t"}), Call("d_look", {"word": "hush-hush"}))
    async with opened_desk(tmp_path, [Reply(calls=wishes)]) as desk:
        await desk.begin()
        session = await desk.until(lambda session: bool(session.stay.open))
    async with opened_desk(tmp_path, [Reply(calls=(SUBMIT,))]) as desk:
        desk.session_id = session.id
        assert await desk.ended() == "finished"
        assert desk.api.count == 1
        assert desk.texts() == ['{"shipped":"t"}', UNTOLD]
        kinds = [row["kind"] for row in await desk.rows()]
        assert kinds.count("model") == 2


async def test_a_stay_that_is_too_long_to_be_read_back_ends_in_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What would not be read would be done a second time."""
    monkeypatch.setattr(driver, "STAY_ROWS", 6)
    furnish(tmp_path)
    answers = [Reply(calls=(Call("d_look", {"word": "a"}),)), Reply(calls=(SUBMIT,))]
    async with opened_desk(tmp_path, answers) as desk:
        await desk.start()
        assert await desk.ended() == "broken"
        assert desk.api.count <= 2


async def test_what_fails_here_again_and_again_ends_in_failed_and_does_not_stand_still(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault of the server itself: the model is told that its wish was not done, until it has had its turns."""
    monkeypatch.setattr(driver, "MODEL_WAIT_MS", 1)
    monkeypatch.setattr(driver, "MODEL_FAILURES", 1)
    furnish(tmp_path)
    with capture_logs() as logs:  # else each traceback is written with all its variables, which takes a second
        async with opened_desk(tmp_path, lambda _: Reply(calls=(SUBMIT,))) as desk:
            monkeypatch.setattr(desk.application.governor, "carry_out", broken)
            await desk.begin()
            assert await desk.ended() == "broken"
            assert desk.api.count == 5  # the state's `max_turns`
            assert desk.texts() == [UNTOLD]
    assert [one["failures"] for one in logs if one["event"] == "a model's turn failed"] == [1] * 5


async def test_faults_of_the_server_that_are_over_do_not_add_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each question and each wish fails once and is done when it is tried again."""
    monkeypatch.setattr(driver, "MODEL_WAIT_MS", 1)
    monkeypatch.setattr(driver, "MODEL_FAILURES", 2)
    furnish(tmp_path)
    look = Call("d_look", {"word": "a"})
    answers = [Reply(calls=(look, look)), Reply(calls=(look,)), Reply(calls=(SUBMIT,))]
    with capture_logs() as logs:
        async with opened_desk(tmp_path, answers) as desk:
            governor = desk.application.governor
            monkeypatch.setattr(governor, "carry_out", failing_every_other_time(governor.carry_out))
            monkeypatch.setattr(driver, "system_texts", failing_every_other_time(system_texts))
            await desk.begin()
            assert await desk.ended() == "finished"
            assert desk.api.count == 3
    assert [one["failures"] for one in logs if one["event"] == "a model's turn failed"] == [1] * 7


def failing_every_other_time(function: Callable[P, T]) -> Callable[P, T]:
    """Give the function with a fault: it works when it is called once more."""
    fails = itertools.cycle((True, False))

    def called(*arguments: P.args, **named: P.kwargs) -> T:
        if next(fails):
            raise RuntimeError("a fault of the server")
        return function(*arguments, **named)

    return called


async def broken(*_: object) -> None:
    raise RuntimeError("a fault of the server")
