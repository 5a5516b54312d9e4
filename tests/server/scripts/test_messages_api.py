"""The local server refuses what the API would refuse, and answers as the API does."""

import http.client
import json
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Semaphore

import pytest

from pointsman.contracts.values import Json, JsonObject
from pointsman.fsm.model_turns import Tokens
from pointsman.server import bounds
from pointsman.server.scripts.messages_api import Call, MessagesApi, Reply, messages_api
from pointsman.server.scripts.messages_api.checking import check
from pointsman.server.scripts.messages_api.messages import signature_of
from pointsman.server.scripts.messages_api.refused import Refused

HELLO: JsonObject = {"role": "user", "content": "Hello"}
CALL: JsonObject = {"type": "tool_use", "id": "t1", "name": "a", "input": {}}
USES: JsonObject = {"role": "assistant", "content": [CALL]}
THOUGHT: JsonObject = {"type": "thinking", "thinking": "Hm.", "signature": signature_of("Hm.")}
RESULT: JsonObject = {"type": "tool_result", "tool_use_id": "t1", "content": "done"}
STRICT: JsonObject = {"type": "object", "properties": {}, "additionalProperties": False}

KEPT: JsonObject = {"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}}
PAIR: JsonObject = {"type": "array", "items": {"type": "string"}, "minItems": 2}


def request(*messages: JsonObject, **members: Json) -> JsonObject:
    asked: list[Json] = list(messages or (HELLO,))
    return {"model": "claude-opus-5-5", "max_tokens": 10, "messages": asked, **members}


def user(*blocks: Json) -> JsonObject:
    content: list[Json] = list(blocks)
    return {"role": "user", "content": content}


def uses(*blocks: Json) -> JsonObject:
    content: list[Json] = list(blocks)
    return {"role": "assistant", "content": content}


def picture(**source: Json) -> JsonObject:
    whole: JsonObject = {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo=", **source}
    return {"type": "image", "source": whole}


def tool(schema: Json, **members: Json) -> JsonObject:
    return {"name": "a", "description": "A.", "input_schema": schema, **members}


def refusal(asked: JsonObject) -> str | None:
    """What the API would say against a request; None where it takes it."""
    try:
        check(asked)
    except Refused as refused:
        return str(refused)
    return None


def post(
    api: MessagesApi, body: bytes, path: str = "/v1/messages", headers: Mapping[str, str] | None = None
) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", api.port, timeout=10)
    try:
        own = {"x-api-key": api.key, "anthropic-version": "2026-10-21", **(headers or {})}
        connection.request("POST", path, body, own)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def test_an_answer_streams_as_the_events_of_the_api() -> None:
    reply = Reply(say="Hi", calls=(Call("a", {"b": 1}),), tokens=Tokens(1, 2, 3, 4))
    with messages_api([reply]) as api:
        status, body = post(api, json.dumps(request(stream=True)).encode())
    named = [line.removeprefix("event: ") for line in body.decode().splitlines() if line.startswith("event: ")]
    events = [json.loads(line[6:]) for line in body.decode().splitlines() if line.startswith("data: ")]
    assert status == 200
    assert named == [event["type"] for event in events]
    assert named == [
        *("message_start", "content_block_start", "content_block_delta", "content_block_stop", "ping"),
        *("content_block_start", "content_block_delta", "content_block_delta", "content_block_stop"),
        *("message_delta", "message_stop"),
    ]
    assert events[0]["message"]["content"] == []
    assert events[-2]["delta"]["stop_reason"] == "tool_use"
    assert events[-2]["usage"]["output_tokens"] == 2
    written = "".join(event["delta"].get("partial_json", "") for event in events if "delta" in event)
    assert json.loads(written) == {"b": 1}


def test_without_a_stream_the_answer_is_one_message() -> None:
    with messages_api(lambda asked: Reply(say=str(asked["model"]))) as api:
        status, body = post(api, json.dumps(request()).encode())
        assert api.count == len(api.requests) == 1
    message = json.loads(body)
    assert (status, message["content"]) == (200, [{"type": "text", "text": "claude-opus-5-5"}])


def test_the_requests_can_be_looked_at_while_an_answer_is_made_up() -> None:
    seen: list[JsonObject] = []

    def answer(_asked: JsonObject) -> Reply:
        seen.extend(one.body for one in api.requests)
        return Reply(say="Hi")

    with messages_api(answer) as api:
        status, _ = post(api, json.dumps(request()).encode())
    assert (status, seen) == (200, [request()])


def test_answers_are_made_up_one_after_the_other() -> None:
    at_once: list[int] = []
    busy = Semaphore(1)

    def answer(_asked: JsonObject) -> Reply:
        at_once.append(busy.acquire(blocking=False))
        Event().wait(0.05)
        busy.release()
        return Reply(say="Hi")

    with messages_api(answer) as api, ThreadPoolExecutor(3) as threads:
        body = json.dumps(request()).encode()
        answers = [threads.submit(post, api, body) for _ in range(3)]
        assert [one.result()[0] for one in answers] == [200] * 3
    assert at_once == [True] * 3


def test_what_is_remembered_holds_no_key() -> None:
    with messages_api([Reply(say="Hi")], key="sk-of-the-test") as api:
        post(api, json.dumps(request()).encode(), headers={"authorization": "Bearer sk-of-the-test"})
        assert "sk-of-the-test" not in str(api.requests)


@pytest.mark.parametrize(
    ("path", "headers", "body", "status", "kind"),
    [
        ("/v1/messages", {"x-api-key": "other"}, b"{}", 401, "authentication_error"),
        ("/v1/complete", {}, b"{}", 404, "not_found_error"),
        ("/v1/messages", {}, b'{"model": "gpt-5"}', 404, "not_found_error"),
        ("/v1/messages", {}, b'{"model": "claude-opus-5-5"}', 400, "invalid_request_error"),
        ("/v1/messages", {}, b"{", 400, "invalid_request_error"),
        ("/v1/messages", {}, b"[]", 400, "invalid_request_error"),
        ("/v1/messages", {"content-length": "99999999999"}, b"", 413, "request_too_large"),
        ("/v1/messages", {"content-length": "-1"}, b"", 413, "request_too_large"),
    ],
)
def test_errors_have_the_status_and_the_kind_of_the_api(
    path: str, headers: dict[str, str], body: bytes, status: int, kind: str
) -> None:
    with messages_api([]) as api:
        got, answer = post(api, body, path, headers)
    assert (got, json.loads(answer)["error"]["type"]) == (status, kind)


def test_after_the_last_answer_there_is_an_error_that_is_not_tried_again() -> None:
    with messages_api([]) as api:
        status, body = post(api, json.dumps(request()).encode())
    assert status == 400
    assert "the script of answers has ended" in json.loads(body)["error"]["message"]


def test_requests_are_remembered_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pointsman.server.scripts.messages_api.server.MESSAGES_API_REQUESTS", 2)
    assert bounds.MESSAGES_API_REQUESTS > 2
    with messages_api(lambda _asked: Reply(say="Hi")) as api:
        for _ in range(3):
            post(api, json.dumps(request()).encode())
        assert (api.count, len(api.requests)) == (3, 2)


@pytest.mark.parametrize(
    "good",
    [
        request(),
        request(HELLO, USES, user(RESULT)),
        request(HELLO, USES, user(RESULT, {"type": "text", "text": "And?"})),
        request(HELLO, uses(THOUGHT, CALL), user({**RESULT, "content": [picture()]}, picture())),
        request(system="Be brief.", tools=[tool({"type": "object", "minProperties": 1})]),
        request(tools=[tool(STRICT, strict=True)]),
        request(tools=[tool({**STRICT, "properties": {"a.b-c_D": {"const": {"properties": {"$top": 1}}}}})]),
    ],
    ids=range(7),
)
def test_what_the_api_takes_is_taken(good: JsonObject) -> None:
    assert refusal(good) is None


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        (request(temperature=0.5), "temperature: Extra inputs"),
        (request(max_tokens=0), "max_tokens"),
        (request(max_tokens=True), "max_tokens"),
        (request(messages=[]), "at least one message"),
        (request(HELLO, HELLO), "roles must alternate"),
        (request(USES), "roles must alternate"),
        (request(HELLO, USES), "prefill"),
        (request(HELLO, USES, HELLO), "without `tool_result`"),
        (request(user(RESULT)), "unexpected `tool_use_id`"),
        (request(HELLO, USES, user(RESULT, RESULT)), "single result"),
        (request(HELLO, USES, user({"type": "text", "text": "So:"}, RESULT)), "must come first"),
        (request(user({"type": "text", "text": " "})), "non-whitespace"),
        (request(user({"type": "tool_use"})), "does not match any of the expected tags"),
        (request(user()), "non-empty content"),
        (request({"role": "user"}), "valid list"),
        (request(HELLO, uses({**CALL, "id": "?"})), "id: String should match pattern"),
        (request(HELLO, uses({"type": "tool_use", "id": "t"})), "valid dictionary"),
        (request(HELLO, uses(CALL, CALL), user(RESULT)), "ids must be unique"),
        (request(HELLO, USES, user(RESULT), USES, user(RESULT)), "ids must be unique"),
        (request(HELLO, uses({**CALL, "name": "a.b"}), user(RESULT)), "name: String should match pattern"),
        (request(HELLO, uses({**CALL, "name": "a" * 201}), user(RESULT)), "at most 200 characters"),
        (request(HELLO, uses({**CALL, "mood": "good"}), user(RESULT)), "mood: Extra inputs"),
        (request(HELLO, uses(CALL, THOUGHT), user(RESULT)), "cannot be `thinking`"),
        (request(HELLO, uses({**THOUGHT, "thinking": "Ha."}, CALL), user(RESULT)), "Invalid `signature`"),
        (request(HELLO, uses({**THOUGHT, "cache_control": {}}, CALL), user(RESULT)), "cannot be set on thinking"),
        (request(HELLO, uses({"type": "redacted_thinking"}, CALL), user(RESULT)), "data: Field required"),
        (request(HELLO, USES, user({**RESULT, "content": [{"type": "text", "text": "\n"}]})), "non-whitespace"),
        (request(HELLO, USES, user({**RESULT, "content": [picture()], "is_error": True})), 'must be type "text"'),
        (request(user(picture(media_type="image/tiff"))), "media_type"),
        (request(user(picture(data="no base64"))), "invalid base64"),
        (request(user(picture(media_type="image/gif"))), "does not appear so"),
        (request(system=[{"type": "text", "text": ""}]), "non-empty"),
        (request(system=[KEPT, KEPT, KEPT, KEPT, KEPT]), "maximum of 4"),
        (request(tools=[tool(STRICT), tool(STRICT)]), "unique"),
        (request(tools=[{**tool(STRICT), "name": "a.b"}]), "pattern"),
        (request(tools=[tool({"type": "string"})]), "input_schema"),
        (request(tools=[tool(STRICT, shape="round")]), "Extra inputs"),
        (request(tools=[tool({**STRICT, "properties": {"$top": {}}})]), "Property keys should match pattern"),
        (request(tools=[tool({**STRICT, "anyOf": [{"properties": {"a" * 65: {}}}]})]), "Property keys"),
        (request(tools=[tool({"type": "object", "properties": {}}, strict=True)]), "additionalProperties"),
        (request(tools=[tool({**STRICT, "minProperties": 1}, strict=True)]), "'minProperties' is not supported"),
        (request(tools=[tool({**STRICT, "properties": {"a": True}}, strict=True)]), "must be an object"),
        (request(tools=[tool({**STRICT, "properties": {"a": {}}}, strict=True)]), "needs a 'type'"),
        (request(tools=[tool({**STRICT, "properties": {"a": {"type": "colour"}}}, strict=True)]), "not supported"),
        (
            request(tools=[tool({**STRICT, "properties": {"a": {"type": "array", "minItems": 2}}}, strict=True)]),
            "0 or 1",
        ),
        (request(tools=[{**tool(STRICT, strict=True), "name": f"t{n}"} for n in range(21)]), "too many strict tools"),
    ],
    ids=range(46),
)
def test_what_the_api_refuses_is_refused(bad: JsonObject, told: str) -> None:
    assert re.search(told, refusal(bad) or "")
