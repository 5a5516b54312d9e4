"""Whoever answers as the API may be broken or hostile: there is an answer that can be used, or a clear error."""

import itertools
import traceback

import pytest

from pointsman.contracts import bounds
from pointsman.contracts.values import JsonObject
from pointsman.fsm.model_turns import Tokens
from pointsman.server.scripts.messages_api import Call, Reply
from pointsman.server.scripts.messages_api.events import event
from pointsman.tools.models.failures import failed
from pointsman.tools.models.port import NoAnswer

from .asked import Patient, question
from .faulty_api import CANARY, Answer, Faulty, deltas, error, faulty, good, started, text_block

RAIN = Reply(say="Rain.")


async def refused(server: Faulty, timeout_ms: int = 20_000) -> NoAnswer:
    async with Patient(server.environment) as models:
        with pytest.raises(NoAnswer) as told:
            await models.ask(question(timeout_ms=timeout_ms))
    assert CANARY not in "".join(traceback.format_exception(told.value))
    assert len(str(told.value)) < 1_000
    return told.value


@pytest.mark.parametrize(
    "broken",
    [
        Answer(*good(RAIN)[:4]),
        Answer(b"event: message_start\ndata: {\n\n"),
        Answer(b"event: message_start\ndata: []\n\n"),
        Answer(b"event: message_start\ndata: " + b"[" * 100_000 + b"\n\n"),
        Answer(b"event: message_start\ndata: \xff\n\n"),
        Answer(b'event: ping\ndata: {"type": NaN}\n\n'),
        Answer(b"<html>Sign in</html>"),
        Answer(event({"type": "message_start", "message": "hello"})),
        Answer(started(model=7)),
        Answer(started(usage=None)),
        Answer(started(usage={"input_tokens": -1})),
        Answer(started(), started()),
        Answer(text_block()),
        Answer(started(), next(deltas({"type": "text_delta", "text": "Rain."}))),
        Answer(
            started(), text_block(), event({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta"}})
        ),
        Answer(started(), text_block(), text_block()),
        Answer(started(), event({"type": "content_block_start", "index": 0, "content_block": {"type": "tool_use"}})),
        Answer(started(), event({"type": "message_delta", "delta": None, "usage": {}})),
        Answer(*good(RAIN), text_block()),
    ],
    ids=range(19),
)
async def test_what_is_no_answer_is_asked_for_again_and_never_used(broken: Answer) -> None:
    with faulty(broken, Answer(*good(RAIN))) as server:
        async with Patient(server.environment) as models:
            answer = await models.ask(question())
    assert (answer.attempts, answer.content) == (2, ({"type": "text", "text": "Rain."},))


@pytest.mark.parametrize(
    "usage",
    [
        *({"input_tokens": wrong, "output_tokens": 1} for wrong in ("7", 7.0, -1, True, 2**53, None)),
        {"input_tokens": 1},
        {"output_tokens": 1},
        {"input_tokens": 1, "output_tokens": 1, "cache_read_input_tokens": "7"},
        {},
    ],
    ids=range(10),
)
async def test_an_answer_that_does_not_say_what_it_took_is_asked_for_again(usage: JsonObject) -> None:
    with faulty(Answer(*counted(usage)), Answer(*good(RAIN))) as server:
        async with Patient(server.environment) as models:
            assert (await models.ask(question())).attempts == 2


async def test_tokens_of_kinds_that_are_not_known_or_that_there_are_none_of_are_passed_over() -> None:
    usage: JsonObject = {"input_tokens": 5, "output_tokens": 6, "cache_read_input_tokens": None, "odd_tokens": "many"}
    with faulty(Answer(*counted(usage))) as server:
        async with Patient(server.environment) as models:
            assert (await models.ask(question())).tokens == Tokens(5, 6)


def counted(usage: JsonObject) -> list[bytes]:
    """A whole answer, empty, that counts its tokens so."""
    delta: JsonObject = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": usage}
    return [started(usage={}), event(delta), event({"type": "message_stop"})]


async def test_what_was_answered_in_vain_counts_with_the_answer() -> None:
    cut = Answer(*good(RAIN)[:4])
    late = Answer(*good(RAIN), text_block())
    with faulty(cut, error(429, "rate_limit_error", "Slow"), late, Answer(*good(RAIN))) as server:
        async with Patient(server.environment) as models:
            answer = await models.ask(question())
    assert (answer.attempts, answer.tokens) == (4, Tokens(3, 1 + 2 + 2, 9, 12))


async def test_what_was_answered_in_vain_counts_where_no_answer_comes() -> None:
    with faulty(Answer(*good(RAIN)[:4])) as server:
        told = await refused(server)
    assert (told.attempts, told.tokens) == (4, Tokens(4, 4, 12, 16))
    with faulty(Answer(*good(RAIN)[:1], b": wait\n", drip_s=60)) as server:
        told = await refused(server, timeout_ms=150)
    assert told.tokens == Tokens(4, 4, 12, 16)


async def test_an_answer_that_is_not_wanted_any_more_is_not_asked_for_again() -> None:
    asked: list[int] = []

    async def wanted() -> bool:
        asked.append(server.count)
        return server.count < 2

    with faulty(Answer(*good(RAIN)[:4])) as server:
        async with Patient(server.environment) as models:
            with pytest.raises(NoAnswer, match=r"^The session has moved on\.$") as told:
                await models.ask(question(), wanted=wanted)
    assert (asked, server.count) == ([1, 2], 2)
    assert (told.value.attempts, told.value.tokens) == (2, Tokens(2, 2, 6, 8))


MALFORMED_ARGUMENTS = [
    *('{"town": ', '{"town": NaN}', '{"town": 1, "town": 2}', '{"town": "\\ud83d"}', "[]", '"x"'),
    '{"town": ' + "[" * 1_000 + "]" * 1_000 + "}",
]

NO_CALL = (
    {"type": "text", "text": "Rain."},
    {"type": "malformed_call", "id": "toolu_000000000000000000001000", "name": "weather"},
)


@pytest.mark.parametrize("arguments", MALFORMED_ARGUMENTS, ids=range(7))
async def test_a_call_whose_arguments_are_no_json_object_is_none_and_told(arguments: str) -> None:
    with faulty(Answer(*calling(arguments))) as server:
        async with Patient(server.environment) as models:
            answer = await models.ask(question())
    assert (answer.stop_reason, answer.content) == ("malformed_call", NO_CALL)
    assert (answer.attempts, answer.tokens) == (1, Tokens(1, 2, 3, 4))


@pytest.mark.parametrize("stop", ["max_tokens", "model_context_window_exceeded", "refusal"])
async def test_a_call_that_was_cut_off_is_none(stop: str) -> None:
    with faulty(Answer(*calling('{"town": "Gh', stop))) as server:
        async with Patient(server.environment) as models:
            answer = await models.ask(question())
    assert (answer.stop_reason, answer.content) == (stop, NO_CALL)


def calling(arguments: str, stop: str = "tool_use") -> list[bytes]:
    """A text, then a call whose arguments come in one piece."""
    whole = good(Reply(say="Rain.", calls=(Call("weather"),)))
    piece = event(
        {"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": arguments}}
    )
    end = max(place for place, one in enumerate(whole) if b"content_block_stop" in one)
    ending = [one.replace(b'"stop_reason": "tool_use"', f'"stop_reason": "{stop}"'.encode()) for one in whole[end:]]
    return [*whole[:end], piece, *ending]


async def test_a_call_that_starts_with_arguments_that_are_no_object_is_none_and_told() -> None:
    block: JsonObject = {"type": "tool_use", "id": "t1", "name": "weather", "input": []}
    malformed: JsonObject = {"type": "malformed_call", "id": "t1", "name": "weather"}
    start = event({"type": "content_block_start", "index": 0, "content_block": block})
    with faulty(Answer(started(), start, *counted({"output_tokens": 2})[1:])) as server:
        async with Patient(server.environment) as models:
            answer = await models.ask(question())
    assert (answer.stop_reason, answer.content) == ("malformed_call", (malformed,))


async def test_kinds_of_events_and_blocks_that_are_not_known_are_passed_over() -> None:
    news = event({"type": "weather_report", "message": None})
    odd = event({"type": "content_block_delta", "index": 0, "delta": {"type": "colour_delta", "colour": 7}})
    pieces = good(RAIN)
    with faulty(Answer(news, pieces[0], news, pieces[1], odd, *pieces[2:], news)) as server:
        async with Patient(server.environment) as models:
            answer = await models.ask(question())
    assert (answer.attempts, answer.content) == (1, ({"type": "text", "text": "Rain."},))


async def test_an_error_in_the_middle_counts_as_its_status() -> None:
    body = event({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}})
    with faulty(Answer(*good(RAIN)[:3], body), Answer(*good(RAIN))) as server:
        async with Patient(server.environment) as models:
            assert (await models.ask(question())).attempts == 2
    refusal = event({"type": "error", "error": {"type": "invalid_request_error", "message": "No"}})
    with faulty(Answer(started(), refusal)) as server:
        assert (await refused(server)).attempts == 1


async def test_a_stream_that_drips_ends_with_the_time_of_the_attempt() -> None:
    drops = (event({"type": "ping"}) for _ in itertools.count())
    with faulty(Answer.of(itertools.chain([started()], drops), drip_s=0.02)) as server:
        told = await refused(server, timeout_ms=150)
    assert "has not answered within 0.15 s" in str(told)
    assert told.attempts == bounds.MODEL_ATTEMPTS


async def test_a_server_that_says_nothing_is_left_in_time() -> None:
    with faulty(Answer.of([b""], drip_s=60)) as server:
        assert "has not answered within 0.1 s" in str(await refused(server, timeout_ms=100))


async def test_nobody_there_is_a_fault_of_the_connection() -> None:
    with faulty(Answer()) as server:
        gone = server
    told = await refused(gone)
    assert "connection to the Messages API" in str(told)
    assert told.attempts == bounds.MODEL_ATTEMPTS


async def test_an_endless_answer_is_read_no_further_than_its_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pointsman.tools.models.reading.MODEL_ANSWER_BYTES", 100_000)
    flood = deltas({"type": "text_delta", "text": "x" * 10_000})
    with faulty(Answer.of(itertools.chain([started(), text_block()], flood))) as server:
        told = await refused(server)
    assert "is not read any further" in str(told)
    assert told.attempts == 1


async def test_a_line_without_an_end_is_read_no_further_than_its_bound() -> None:
    with faulty(Answer.of(itertools.chain([b"data: "], itertools.repeat(b"x" * 65_536)))) as server:
        assert "is not read any further" in str(await refused(server))


@pytest.mark.parametrize("line", [b"data: x\n", b":\n", b"data: " + b"x" * 60_000 + b"\n"], ids=range(3))
async def test_an_event_without_an_end_is_read_no_further_than_its_bound(line: bytes) -> None:
    with faulty(Answer.of(itertools.repeat(line))) as server:
        assert "is not read any further" in str(await refused(server))


async def test_an_answer_that_never_says_anything_is_read_no_further_than_its_bound(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("pointsman.tools.models.wire.MODEL_STREAM_BYTES", 1_000_000)
    ping = event({"type": "ping"}) * 1_000
    with faulty(Answer.of(itertools.chain([started()], itertools.repeat(ping)))) as server:
        assert "is not read any further" in str(await refused(server))


async def test_pieces_of_one_byte_are_one_answer() -> None:
    with faulty(Answer(*(bytes([byte]) for byte in b"".join(good(RAIN))))) as server:
        async with Patient(server.environment) as models:
            assert (await models.ask(question())).content == ({"type": "text", "text": "Rain."},)


async def test_blocks_without_number_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pointsman.tools.models.reading.MODEL_BLOCKS", 3)
    blocks = (
        event({"type": "content_block_start", "index": index, "content_block": {"type": "text", "text": "a"}})
        + event({"type": "content_block_stop", "index": index})
        for index in itertools.count()
    )
    with faulty(Answer.of(itertools.chain([started()], blocks))) as server:
        assert "is not read any further" in str(await refused(server))


async def test_what_is_said_of_an_error_is_cut_made_visible_and_free_of_the_key() -> None:
    said = f"Bearer {CANARY} \x1b[31m" + "x" * 10_000
    with faulty(error(403, "permission_error", said)) as server:
        told = await refused(server)
    assert "Bearer [key] \\x1b[31m" in str(told)
    assert told.attempts == 1


async def test_the_body_of_an_error_is_read_no_further_than_its_bound() -> None:
    endless = Answer(status=500)
    endless.pieces = itertools.repeat(b"x" * 65_536)
    with faulty(endless) as server:
        assert "has failed (500)" in str(await refused(server))


@pytest.mark.parametrize(
    ("status", "attempts"),
    [(400, 1), (401, 1), (402, 1), (403, 1), (404, 1), (413, 1), (302, 1), (408, 4), (409, 4), (429, 4), (503, 4)],
)
async def test_only_what_trying_again_may_mend_is_tried_again(status: int, attempts: int) -> None:
    answer = error(status, "invalid_request_error", "No", location="http://127.0.0.1:1/")
    with faulty(answer) as server:
        told = await refused(server)
    assert (told.attempts, server.count) == (attempts, attempts)
    assert f"({status})" in str(told)


@pytest.mark.parametrize(
    ("asked", "wait_s"), [("7", 7.0), ("0.5", 0.5), ("99999", 60.0), ("1e999", 60.0), ("-1", 1.0), ("soon", 1.0)]
)
async def test_the_api_is_left_alone_as_long_as_it_asks_up_to_a_bound(asked: str, wait_s: float) -> None:
    with faulty(error(429, "rate_limit_error", "Slow", retry_after=asked), Answer(*good(RAIN))) as server:
        async with Patient(server.environment) as models:
            await models.ask(question())
    assert models.waits_s == [wait_s]


@pytest.mark.parametrize(("status", "asked", "attempts"), [(429, "false", 1), (400, "true", 4), (400, "perhaps", 1)])
async def test_where_the_api_says_whether_to_ask_again_that_counts(status: int, asked: str, attempts: int) -> None:
    with faulty(error(status, "rate_limit_error", "Later", x_should_retry=asked)) as server:
        assert (await refused(server)).attempts == attempts


async def test_an_account_that_has_spent_all_it_may_is_not_tried_again() -> None:
    """platform.claude.com/docs/en/api/rate-limits: such a 429 fails until access is given back."""
    with faulty(error(429, "rate_limit_error", "Until 1 May", code="enforced_spend_limit_reached")) as server:
        told = await refused(server)
    assert told.attempts == 1
    assert "spent all it may (429)" in str(told)
    assert "Until 1 May" in str(told)


async def test_a_limit_that_passes_is_tried_again() -> None:
    with faulty(error(429, "rate_limit_error", "Slower", code="ramp_limit_exceeded")) as server:
        assert (await refused(server)).attempts == 4


async def test_schemas_that_the_api_refuses_are_sent_without_being_strict() -> None:
    grammar = error(400, "invalid_request_error", "The compiled grammar is too large")
    with faulty(grammar, Answer(*good(RAIN))) as server:
        async with Patient(server.environment) as models:
            answer = await models.ask(question())
    assert (answer.attempts, models.waits_s) == (2, [0.0])
    with faulty(grammar) as server:
        assert (await refused(server)).attempts == 2


async def test_a_packed_answer_is_not_unpacked() -> None:
    with faulty(Answer(b"", headers={"content-encoding": "gzip"})) as server:
        assert "packs its answers" in str(await refused(server))


@pytest.mark.parametrize(
    ("said", "told"), [("Overloaded", "says: Overloaded."), ("No!", "says: No!"), ("It is so.", "says: It is so.")]
)
def test_what_the_api_says_ends_as_a_sentence(said: str, told: str) -> None:
    """Others follow it."""
    assert str(failed(529, said, "m", "key")).endswith(told)
