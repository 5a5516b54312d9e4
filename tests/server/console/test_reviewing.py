"""Reviews in the console: read, drafted, and only then decided."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator
from pathlib import Path

import httpx2
import pytest

from pointsman.contracts.values import JsonObject
from pointsman.server.bounds import LEASE_MS
from pointsman.server.console.decisions import arguments_of, changes, filled_in, form_of
from pointsman.server.console.forms import Form
from pointsman.server.replies import Reply
from tests.server.console.opened import AGENT, Browser, Console, Page, opened


async def drafted(browser: Browser, session: str, event: str, **fields: str) -> httpx2.Response:
    """Write in a review's form, and choose a decision."""
    path = f"/console/reviews/{session}"
    form = (await browser.page(path)).forms[f"{path}/draft"]
    return await browser.send(f"{path}/draft", {**form, **fields, "event": event})


async def test_what_waits_is_in_the_inbox_of_those_who_decide_it(console: Console) -> None:
    async with console.browser("boss") as boss, console.browser("reader") as reader:
        assert f"/console/reviews/{console.session}" in (await boss.page("/console/reviews")).links
        assert "Nothing waits for a person" in (await reader.page("/console/reviews")).text
        assert "Nothing waits that fits" in (await boss.page("/console/reviews?role=nobody")).text


async def test_a_decision_is_taken_in_two_steps_and_names_its_channel(console: Console) -> None:
    session = await console.start()
    async with console.browser("boss") as browser:
        draft = await drafted(browser, session, "approve", **{"edit.amount": "2", "rationale": "Two will do."})
        assert draft.status_code == 200
        page = Page(draft.text)
        assert "was 3" in page.text
        assert "will be 2" in page.text
        before = await console.rows(session)
        assert not [row for row in before if row["kind"] == "decided"]
        path = f"/console/reviews/{session}/decisions"
        decided = await browser.send(path, page.forms[path])
        assert decided.headers["location"] == f"/console/sessions/{session}?decided=approve"
        again = await browser.send(path, page.forms[path])
    assert again.status_code == 409
    (row,) = [row for row in await console.rows(session) if row["kind"] == "decided"]
    assert (row["actor_id"], row["actor_kind"], row["channel"]) == ("boss", "human", "console")
    body = row["body"]
    assert isinstance(body, dict)
    assert str(body["shown_digest"]).startswith("sha256:")
    assert body["rationale"] == "Two will do."
    assert json.dumps(body["edits"]).count("before") == 1
    ended = await console.app.governor.engine.read(session)
    assert ended is not None
    assert ended.state == "bought"
    assert ended.record["amount"] == 2


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"rationale": ""}, "rationale"),
        ({"rationale": "x", "edit.amount": "-1"}, "must be"),
        ({"rationale": "x", "edit.amount": "two"}, "write a number"),
        ({"rationale": "x", "edit.amount": "1e999"}, "write a number"),
        ({"rationale": "x" * 4001}, "rationale"),
    ],
    ids=str,
)
async def test_what_is_wrong_is_said_before_anything_is_decided(
    console: Console, fields: dict[str, str], said: str
) -> None:
    async with console.browser("boss") as browser:
        answer = await drafted(browser, console.session, "approve", **fields)
        assert answer.status_code == 422
        page = Page(answer.text)
        assert said in page.text
        form = page.forms[f"/console/reviews/{console.session}/draft"]
        assert form["rationale"].strip() == fields["rationale"]  # nothing is lost
        assert form["edit.amount"] == fields.get("edit.amount", "3")


async def test_going_back_from_the_second_step_keeps_what_was_written(console: Console) -> None:
    async with console.browser("boss") as browser:
        page = Page((await drafted(browser, console.session, "approve", rationale="Because.")).text)
        path = f"/console/reviews/{console.session}"
        fields = page.forms[f"{path}/decisions"]
        back = Page((await browser.send(f"{path}/draft", {**fields, "change": "1"})).text)
    assert back.forms[f"{path}/draft"]["rationale"].strip() == "Because."


@pytest.mark.parametrize(("person", "status"), [("maria", 403), ("reader", 404), ("audrey", 404)])
async def test_nobody_else_decides(console: Console, person: str, status: int) -> None:
    """Maria owns the agent that started the session; the others have no role here, and see nothing of it."""
    session = await console.start()
    async with console.browser("boss") as boss, console.browser(person) as other:
        path = f"/console/reviews/{session}"
        page = Page((await drafted(boss, session, "approve", rationale="x")).text)
        forgery = (await other.page("/console/reviews")).forms["/console/sign-out"]["forgery"]
        answer = await other.send(f"{path}/decisions", {**page.forms[f"{path}/decisions"], "forgery": forgery})
    assert answer.status_code in (status, 409)
    now = await console.app.governor.engine.read(session)
    assert now is not None
    assert now.state == "awaiting_boss"


async def test_a_decision_on_what_was_shown_before_is_refused_and_leads_on(console: Console) -> None:
    session = await console.start()
    async with console.browser("boss") as browser:
        path = f"/console/reviews/{session}/decisions"
        page = Page((await drafted(browser, session, "approve", rationale="x")).text)
        for changed in ({"shown_digest": "sha256:0"}, {"stay": "1"}, {"stay": "x"}, {"arguments": "[]"}):
            answer = await browser.send(path, {**page.forms[path], **changed})
            assert answer.status_code in (400, 409)
        assert (
            f"/console/sessions/{session}"
            in Page((await browser.send(path, {**page.forms[path], "stay": "1"})).text).links
        )
    assert [row for row in await console.rows(session) if row["code"] == "STALE"]


async def test_what_an_agent_wrote_is_escaped_and_shown_whole(console: Console) -> None:
    session = await console.start(note="<script>alert(1)</script>\u202e p\u0430ypal <img src=x onerror=y>")
    async with console.browser("boss") as browser:
        answer = await browser.get(f"/console/reviews/{session}")
    page = Page(answer.text)
    sources = [named.get("src") or "" for tag, named in page.tags if tag in ("script", "img")]
    assert [one for one in sources if not one.startswith("/console/static/")] == []
    assert "<script>alert(1)</script>" in page.text
    assert "\u202e" not in page.text
    assert "\\u202e" in page.text
    assert "U+0430" in page.text


async def test_a_review_is_claimed_taken_over_handed_on_and_released(console: Console) -> None:
    session = await console.start()
    path = f"/console/reviews/{session}"
    async with console.browser("boss") as boss, console.browser("chief") as chief:
        page = await boss.page(path)
        assert (await boss.send(f"{path}/claim", page.forms[f"{path}/claim"])).headers["location"] == path
        assert "you, since" in (await boss.page(path)).text
        theirs = await chief.page(path)
        assert "boss has claimed this" in theirs.text
        assert f"{path}/draft" not in theirs.forms
        assert (await chief.send(f"{path}/claim", theirs.forms[f"{path}/claim"])).status_code == 303
        theirs = await chief.page(path)
        fields = {**theirs.forms[f"{path}/delegate"], "to": "boss", "reason": "I am away."}
        assert (await chief.send(f"{path}/delegate", fields)).status_code == 303
        page = await boss.page(path)
        assert "handed over by chief" in page.text
        assert (await boss.send(f"{path}/release", page.forms[f"{path}/release"])).status_code == 303
        nobody = {**theirs.forms[f"{path}/delegate"], "to": "maria", "reason": "x"}
        refused = await chief.send(f"{path}/delegate", nobody)
        assert "excludes them" in Page(refused.text).text
    acts = [row["action"] for row in await console.rows(session) if row["kind"] == "admin"]
    assert acts == ["claim", "claim", "delegate", "release"]


def test_what_nobody_touched_stays_what_it_is_whatever_a_browser_makes_of_it() -> None:
    """A field of one line loses line breaks in a browser, and one of several has them all as line feeds."""
    document: JsonObject = {
        "shown": {"note": "a\r\nb\rc\x00", "code": "x\ny", "any": "hello", "maybe": "text"},
        "edit": ["note", "code", "any", "maybe"],
        "decisions": [
            {
                "event": "approve",
                "input_schema": {
                    "properties": {
                        "note": {"type": "string"},
                        "code": {"type": "string", "maxLength": 5},
                        "any": {},
                        "maybe": {"type": ["string", "null"]},
                    }
                },
            }
        ],
    }
    form = form_of(document)
    sent: dict[str, tuple[str, ...]] = {
        one.id: (one.value.replace("\x00", "\ufffd").replace("\r\n", "\n").replace("\r", "\n"),) for one in form.edits
    }
    arguments, problems = arguments_of(document, filled_in(form, Form(sent)), "approve")
    assert problems == {}
    assert changes(document, arguments) == ()
    assert {one.name: one.kind for one in form.edits}["maybe"] == "paragraph"
    _, problems = arguments_of(document, filled_in(form, Form({**sent, "edit.note": ("",)})), "approve")
    assert problems.keys() == {"note"}  # it would stay what it is, and its reviewer would not know


async def test_the_longest_text_an_agent_can_write_holds_up_nobody(console: Console) -> None:
    """Every page is made beside the event loop, and of a text only so much is marked and shown."""
    session = await console.start(note="\x7f\u0430b" * 300_000)
    async with console.browser("boss") as browser, console.browser() as other:
        slow = asyncio.create_task(browser.get(f"/console/reviews/{session}"))
        waits: list[float] = []
        while not slow.done():
            began = time.monotonic()
            await other.get("/console/static/mark.svg")
            waits.append(time.monotonic() - began)
        answer = await slow
    assert answer.status_code == 200
    assert "850,000 more characters" in answer.text
    assert len(answer.text) < 2_000_000
    assert max(waits) < LEASE_MS / 1000


async def test_a_confidence_below_its_floor_is_neither_green_nor_rounded_up_to_it(tmp_path: Path) -> None:
    floors = {
        "initial:": "confidence: {floor: 0.8, below: awaiting_boss}\ninitial:",
        "requires: [note], next: awaiting_boss": "requires: [note], next: dropped",
    }
    async with (
        opened(tmp_path, floors, {"confidence": 0.7996, "rationale": "It is used up."}) as unsure,
        unsure.browser("boss") as browser,
    ):
        review = await browser.page(f"/console/reviews/{unsure.session}")
        session = await browser.page(f"/console/sessions/{unsure.session}")
    (meter,) = [named for tag, named in review.tags if tag == "meter"]
    assert (meter["value"], meter["low"], meter["high"], meter["optimum"]) == ("0.7996", "0.8", "0.8", "1")
    assert "The confidence of the step is 0.7996, and the floor is 0.8." in review.text
    assert "with confidence 0.7996" in session.text
    assert "0.80" not in review.text + session.text


@pytest.fixture(scope="module")
async def wide(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Console]:
    """A console in whose reviews a text of the agent can be edited."""
    async with opened(tmp_path_factory.mktemp("wide"), {"edit: [amount]": "edit: [amount, note]"}) as found:
        yield found


@pytest.mark.parametrize("letter", ["x", "\u044f", "\u6f22", '"', "\x7f"])
async def test_a_value_too_large_for_a_form_stays_and_its_review_can_be_decided(wide: Console, letter: str) -> None:
    session = await wide.start(note=letter * 200_000)
    async with wide.browser("boss") as browser:
        draft = await drafted(browser, session, "reject", rationale="Too much.")
        assert draft.status_code == 200
        path = f"/console/reviews/{session}/decisions"
        page = Page(draft.text)
        assert len(page.forms[path]["arguments"]) < 1_000
        assert (await browser.send(path, page.forms[path])).status_code == 303
    now = await wide.app.governor.engine.read(session)
    assert now is not None
    assert (now.state, now.record["note"]) == ("dropped", letter * 200_000)


async def test_a_field_that_holds_what_is_not_seen_says_so(wide: Console) -> None:
    plain, hiding = await wide.start(), await wide.start(note="pay\u202epal")
    said = "characters that are not seen"
    async with wide.browser("boss") as browser:
        assert said not in (await browser.page(f"/console/reviews/{plain}")).text
        assert said in (await browser.page(f"/console/reviews/{hiding}")).text


async def test_whoever_is_asked_because_of_a_limit_is_told_which(tmp_path: Path) -> None:
    limited = {"events:\n      submit": "limits: [{denials: 1, then: awaiting_boss}]\n    events:\n      submit"}
    async with opened(tmp_path, limited) as found, found.browser("boss") as browser:
        event = (await browser.page(f"/console/reviews/{found.session}")).text
        started = await found.app.governor.start(AGENT, "purchase", {"item": "pen", "amount": 3})
        assert isinstance(started, Reply)
        for _ in range(2):
            await found.app.governor.act(AGENT, started.session, "submit", {})
        page = (await browser.page(f"/console/reviews/{started.session}")).text
    assert "Here because drafting has reached its limit of 1 refusal in a row." in page
    assert "the session is in awaiting boss, because drafting has reached its limit of 1 refusal in a row" in page
    assert "Here because" not in event, "an event says itself why it was sent"
