"""What a call came to, as the API takes it in the next question: pictures, approvals, doubts, a changed tool."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from pointsman.fsm.commands import Decide
from pointsman.server.clock import ShiftedClock
from pointsman.server.models.images import LEFT_OUT
from pointsman.server.scripts.messages_api import Call, Reply
from tests.tools.mcp.workshop import pins_of, plain

from . import outcome_tools
from .desks import BOSS, SUBMIT, Desk, opened_desk
from .outcome_tools import PICTURE

HERE = Path(__file__).parent
PAY = Call("d_pay", {"amount": 5})
WIRE = Call("d_wire", {"amount": 5})
SHOWN = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PICTURE}}


@pytest.fixture(autouse=True)
def furnished(tmp_path: Path) -> None:
    """Lay the desk out. Of the tools of `post`, the one that is used is not pinned, and it is never started."""
    shutil.copy(HERE / "outcome_tools.py", tmp_path)
    shutil.copy(HERE / "outcomes.yaml", tmp_path / "desk.yaml")
    lock = {"version": 1, "sources": {"post": pins_of([plain("look")]).model_dump(mode="json")}}
    (tmp_path / "pointsman.lock").write_text(json.dumps(lock), encoding="utf-8")


def results(desk: Desk, request: int = -1) -> list[dict[str, Any]]:
    """The results of calls in what a model was told last before a question: one for each call, first and in order."""
    messages: Any = desk.api.requests[request].body["messages"]
    asked = [block["id"] for block in messages[-2]["content"] if block["type"] == "tool_use"]
    told = messages[-1]["content"]
    found = [block for block in told if block["type"] == "tool_result"]
    assert [block["tool_use_id"] for block in found] == asked
    assert told[: len(found)] == found
    return found


async def test_pictures_are_shown_as_pictures_and_those_of_an_error_beside_it(tmp_path: Path) -> None:
    """The API takes no picture in the result of an error: a call that was no success, or whose result does not fit."""
    calls = (Call("d_blurred"), Call("d_scan"), Call("d_odd"))
    async with opened_desk(tmp_path, [Reply(calls=calls), Reply(calls=(SUBMIT,))]) as desk:
        await desk.start()
        assert await desk.ended() == "finished"
        blurred, scan, odd = results(desk)
        assert (blurred["is_error"], scan["is_error"], "is_error" in odd) == (True, True, False)
        short = {"type": "image", "mimeType": "image/png", "size_characters": len(PICTURE)}
        said = json.loads(blurred["content"][0]["text"])
        assert said["outcome"] == "failed"
        assert said["result"]["content"] == [{"type": "text", "text": "blurred"}, short]
        assert json.loads(scan["content"][0]["text"])["done"] is True
        assert [block["type"] for block in desk.told()] == [*["tool_result"] * 3, "text", "image", "text", "image"]
        beside = [{name: value for name, value in block.items() if name != "cache_control"} for block in desk.told()]
        assert beside[3:] == [
            {"type": "text", "text": "The images of d_blurred:"},
            SHOWN,
            {"type": "text", "text": "The images of d_scan:"},
            SHOWN,
        ]


async def test_a_picture_stands_in_the_result_of_its_call(tmp_path: Path) -> None:
    """And its base64 nowhere in a text."""
    desk_file = tmp_path / "desk.yaml"
    desk_file.write_text(desk_file.read_text().replace("{use: d.scan, save: {scan: =result.no_such_member}}", "d.scan"))
    async with opened_desk(tmp_path, [Reply(calls=(Call("d_scan"),)), Reply(calls=(SUBMIT,))]) as desk:
        await desk.start()
        assert await desk.ended() == "finished"
        [scan] = results(desk)
        assert "is_error" not in scan
        assert scan["content"][1:] == [SHOWN]
        assert PICTURE not in scan["content"][0]["text"]
        assert json.loads(scan["content"][0]["text"])["text"] == "Page 1"


async def test_of_more_pictures_than_the_api_takes_the_newest_are_shown_and_all_else_is_told(tmp_path: Path) -> None:
    """A result that looks like content of MCP and is none is told whole."""
    answers = [
        Reply(calls=(Call("d_scan"), Call("d_letters"))),
        Reply(calls=(Call("d_stack"),)),
        Reply(calls=(SUBMIT,)),
    ]
    async with opened_desk(tmp_path, answers) as desk:
        await desk.start()
        assert await desk.ended() == "finished"
        [_, letters], [stack] = results(desk, 1), results(desk, 2)
        assert json.loads(letters["content"][0]["text"]) == outcome_tools.letters()
        assert [block["type"] for block in stack["content"]] == ["text", "text", *["image"] * 100]
        assert "iVBORw0" not in stack["content"][0]["text"]
        messages: Any = desk.api.requests[2].body["messages"]
        assert messages[-3]["content"][-1] == {"type": "text", "text": LEFT_OUT}


async def test_what_is_no_picture_of_the_type_it_has_is_told_to_be_none(tmp_path: Path) -> None:
    async with opened_desk(tmp_path, [Reply(calls=(Call("d_torn"),)), Reply(calls=(SUBMIT,))]) as desk:
        await desk.start()
        assert await desk.ended() == "finished"
        [torn] = results(desk)
        none = "(An image that cannot be shown: it is no whole picture of the type {}.)"
        kinds = ("image/png", "image/png", "image/tiff", "image/png")
        assert [block["text"] for block in torn["content"][1:]] == [none.format(kind) for kind in kinds]


async def test_a_call_that_nobody_approves_in_time_is_told_so_and_may_be_asked_again(tmp_path: Path) -> None:
    clock = ShiftedClock()
    answers = [Reply(calls=(PAY,)), Reply(calls=(PAY,)), Reply(calls=(SUBMIT,))]
    async with opened_desk(tmp_path, answers, clock) as desk:
        await desk.start()
        clock.advance(3 * 3_600_000)
        await desk.application.caretaker.fire_due()
        await desk.judged("approve")
        assert await desk.ended() == "finished"
        [lapsed], [paid] = results(desk, 1), results(desk, 2)
        assert lapsed["is_error"] is True
        assert json.loads(lapsed["content"][0]["text"]) == {
            "message": "Nobody has approved this call in time.",
            "refused": "FORBIDDEN",
        }
        assert json.loads(paid["content"][0]["text"]) == {"paid": 5}


async def test_a_write_of_which_nobody_knows_ends_the_conversation_and_is_told_in_the_next_one(tmp_path: Path) -> None:
    """What the answer wanted after it is not done, and the write is not made again."""
    async with opened_desk(
        tmp_path, [Reply(calls=(WIRE, SUBMIT)), Reply(calls=(WIRE,)), Reply(calls=(SUBMIT,))]
    ) as desk:
        await desk.start()
        session = await desk.until(lambda session: session.stay.review is not None)
        assert (session.state, desk.api.count) == ("doubt", 1)
        review = session.stay.review
        assert review is not None
        again = Decide("again", {}, review.shown_digest, session.stay.number)
        await desk.application.governor.decide(BOSS, session.id, again)
        assert await desk.ended() == "finished"
        [wire] = results(desk, 2)
        assert (wire["is_error"], json.loads(wire["content"][0]["text"])["refused"]) == (True, "OUTCOME_UNKNOWN")
        writes = [row for row in await desk.rows() if (row["kind"], row["action"]) == ("intended", "d.wire")]
        assert len(writes) == 1


async def test_a_tool_that_was_quarantined_is_not_offered_and_told_to_have_changed(tmp_path: Path) -> None:
    async with opened_desk(tmp_path, [Reply(calls=(Call("post_hang"),)), Reply(calls=(SUBMIT,))]) as desk:
        await desk.start()
        assert await desk.ended() == "finished"
        tools: Any = desk.api.requests[0].body["tools"]
        assert "post_hang" not in [tool["name"] for tool in tools]
        [hang] = results(desk)
        said = json.loads(hang["content"][0]["text"])
        assert (hang["is_error"], said["refused"], "is not pinned" in said["message"]) == (True, "TOOL_CHANGED", True)
