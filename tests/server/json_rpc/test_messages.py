"""What is a message, and what is answered to the rest."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.server.json_rpc.messages import Message, MessageReader, Oversized, Rejected, recovered_id

IDS = st.integers(-(2**53) + 1, 2**53 - 1) | st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=256)


def answer(line: bytes | Oversized, reader: MessageReader | None = None) -> Any:  # noqa: ANN401 - JSON
    read = (reader or MessageReader()).read(line)
    assert isinstance(read, Rejected)
    return None if read.answer is None else json.loads(read.answer)


@given(IDS, st.dictionaries(st.text(max_size=3), st.integers(), max_size=3))
def test_a_request_is_let_through_as_it_is(request_id: object, params: dict[str, int]) -> None:
    message = {"jsonrpc": "2.0", "id": request_id, "method": "tools/list", "params": params}
    assert MessageReader().read(json.dumps(message).encode()) == Message("request", message)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - the id is one


def test_notifications_and_responses_are_told_apart() -> None:
    def kind(text: bytes) -> str | None:
        read = MessageReader().read(text)
        return read.kind if isinstance(read, Message) else None

    assert kind(b'{"jsonrpc":"2.0","method":"notifications/x"}') == "notification"
    assert kind(b'{"jsonrpc":"2.0","id":1,"result":{}}') == "response"
    assert kind(b'{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"x"}}') == "response"
    assert kind(b'{"jsonrpc":"2.0","id":1,"result":{},"error":{}}') is None


@pytest.mark.parametrize("key_first", [True, False])
@given(request_id=IDS)
def test_the_id_of_a_line_that_was_too_large_is_found_at_either_end(key_first: bool, request_id: object) -> None:
    """The Python SDK writes the id first, the TypeScript SDK last."""
    params = {"name": "x", "arguments": {"id": "inner", "a": "x" * 20_000}}
    first = {"jsonrpc": "2.0", "id": request_id, "method": "tools/call", "params": params}
    last = {"method": "tools/call", "params": params, "jsonrpc": "2.0", "id": request_id}
    line = json.dumps(first if key_first else last, separators=(",", ":")).encode()
    plain = '"' not in json.dumps(request_id)[1:-1] and "\\" not in json.dumps(request_id)
    found = recovered_id(line[:4096], line[-4096:])
    assert found == (request_id if plain else found)
    assert plain or found is None


@pytest.mark.parametrize(
    "line",
    [
        b'{"params":{"a":[{"id":7}',
        b'{"params":{"id":7}}',
        b'{"params":[{"id":7}]}',
        b'{"jsonrpc":"2.0","id":1,"id":2,"x":{}}',
        b'{"jsonrpc":"2.0","id":1,"x":{},"id":2}',
        b'{"x":"\\",\\"id\\":7}"}',
        b'{"jsonrpc":"2.0","id":99999999999999999999,"x":[]}',
        b'{"jsonrpc":"2.0","id":9007199254740993,"x":[]}',
        b'{"jsonrpc":"2.0","id":01,"x":[]}',
        b'{"jsonrpc":"2.0","id":1.5,"x":[]}',
        b'{"jsonrpc":"2.0","id":null,"x":[]}',
        b'["id",7]',
        b"",
    ],
)
def test_an_id_that_is_not_certain_is_not_used(line: bytes) -> None:
    assert recovered_id(line, line) is None


def test_a_large_line_that_calls_no_tool_is_an_error() -> None:
    found = answer(Oversized(b'{"jsonrpc":"2.0","id":3,"method":"ping","params":{"a":"', b'"}}', 5_000_000))
    assert (found["id"], found["error"]["code"]) == (3, -32600)
    assert "5000000 bytes" in found["error"]["message"]


def test_a_large_line_without_an_id_is_an_error_without_one() -> None:
    found = answer(Oversized(b'{"method":"tools/call","params":{"a":"', b'"}}', 5_000_000))
    assert (found["id"], found["error"]["code"]) == (None, -32600)


def test_what_was_sent_is_not_repeated_in_the_answer() -> None:
    for line in (b'{"secret', b'{"jsonrpc":"2.0","id":1,"method":"secret method"}', b'{"id":1,"a":"secret","b":NaN}'):
        assert "secret" not in json.dumps(answer(line))


def test_malformed_json_is_answered_with_the_id_only_from_its_beginning() -> None:
    assert answer(b'{"jsonrpc":"2.0","id":5,"method":')["id"] == 5
    assert answer(b'{"params":{"a":1,"id":5}')["id"] is None
