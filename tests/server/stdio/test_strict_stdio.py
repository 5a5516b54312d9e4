"""The strict transport as a client sees it: a real process, raw pipes, garbage and the next good request."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pointsman.contracts.bounds import ARGUMENTS_BYTES, JSON_DEPTH, MESSAGE_BYTES
from tests.server.stdio.raw import RawServer

PING = b'{"jsonrpc":"2.0","id":"p","method":"ping"}'
PONG: dict[str, object] = {"jsonrpc": "2.0", "id": "p", "result": {}}


@pytest.fixture(scope="module")
def server() -> Iterator[RawServer]:
    server = RawServer()
    server.initialize()
    yield server
    server.stop()


def call(arguments: bytes, request_id: bytes = b"4") -> bytes:
    return (
        b'{"jsonrpc":"2.0","id":'
        + request_id
        + b',"method":"tools/call","params":{"name":"echo","arguments":'
        + arguments
        + b"}}"
    )


REJECTED = {
    "malformed": (b'{"jsonrpc":', -32700, None, "not JSON"),
    "malformed after the id": (b'{"jsonrpc":"2.0","id":4,"method":"ping"', -32700, 4, "not JSON"),
    "trailing garbage": (PING + b"x", -32700, "p", "not JSON"),
    "a batch": (b"[" + PING + b"]", -32600, None, "batches"),
    "an empty batch": (b"[]", -32600, None, "batches"),
    "a number": (b"5", -32600, None, "not an object"),
    "a string": (b'"ping"', -32600, None, "not an object"),
    "null": (b"null", -32600, None, "not an object"),
    "another version": (b'{"jsonrpc":"1.0","id":4,"method":"ping"}', -32600, 4, "jsonrpc"),
    "no version": (b'{"id":4,"method":"ping"}', -32600, 4, "jsonrpc"),
    "no method": (b'{"jsonrpc":"2.0","id":4}', -32600, 4, "method"),
    "a method that is no text": (b'{"jsonrpc":"2.0","id":4,"method":7}', -32600, 4, "method"),
    "NUL in the method": (b'{"jsonrpc":"2.0","id":4,"method":"pi\\u0000ng"}', -32600, 4, "method"),
    "NUL in the id": (b'{"jsonrpc":"2.0","id":"a\\u0000","method":"ping"}', -32600, None, "id"),
    "an id that is null": (b'{"jsonrpc":"2.0","id":null,"method":"ping"}', -32600, None, "id"),
    "an id that is true": (b'{"jsonrpc":"2.0","id":true,"method":"ping"}', -32600, None, "id"),
    "an id that is a fraction": (b'{"jsonrpc":"2.0","id":1.5,"method":"ping"}', -32600, None, "id"),
    "an id beyond 2^53": (b'{"jsonrpc":"2.0","id":9007199254740993,"method":"ping"}', -32600, None, "id"),
    "a doubled id": (b'{"jsonrpc":"2.0","id":4,"id":5,"method":"ping"}', -32600, None, "id: the member"),
    "params that are a list": (b'{"jsonrpc":"2.0","id":4,"method":"ping","params":[]}', -32602, 4, "params"),
    "NaN": (call(b'{"a":{"b":[1,NaN]}}'), -32700, 4, "params.arguments.a.b[1]: NaN"),
    "Infinity": (call(b'{"a":Infinity}'), -32700, 4, "params.arguments.a: Infinity"),
    "-Infinity": (call(b'{"a":-Infinity}'), -32700, 4, "params.arguments.a: -Infinity"),
    "1e999": (call(b'{"a":1e999}'), -32602, 4, "params.arguments.a: "),
    "a doubled argument": (call(b'{"a":1,"b":{"c":1,"c":2}}'), -32602, 4, "params.arguments.b.c: "),
    "an integer of 5,000 digits": (call(b'{"a":' + b"7" * 5000 + b"}"), -32602, 4, "params.arguments.a: "),
    "half a surrogate pair": (call(b'{"a":"\\ud800"}'), -32602, 4, "params.arguments.a: "),
    "half a surrogate pair in a name": (call(b'{"\\udfff":1}'), -32602, 4, "params.arguments: "),
    "bad UTF-8": (call(b'{"a":"\xff"}'), -32700, 4, "not UTF-8"),
    "a surrogate in UTF-8": (call(b'{"a":"\xed\xa0\x80"}'), -32700, 4, "not UTF-8"),
    "a byte order mark": (b"\xef\xbb\xbf" + PING, -32700, None, "byte order mark"),
    "nesting": (call(b'{"a":' + b"[" * 1000 + b"]" * 1000 + b"}"), -32600, 4, "nested"),
    "nesting without an end": (b"[" * 1_000_000, -32600, None, "nested"),
    "a string without an end": (b'"' + b'\\"' * 1_000_000, -32700, None, "not JSON"),
    "a control character": (call(b'{"a":"\x00"}'), -32700, 4, "not JSON"),
    "a large message": (PING[:-1] + b',"x":"' + b"x" * MESSAGE_BYTES + b'"}', -32600, "p", "bytes"),
}  # fmt: skip


@pytest.mark.parametrize(("line", "code", "request_id", "message"), REJECTED.values(), ids=REJECTED.keys())
def test_what_is_no_message_is_answered_within_a_second_and_the_next_request_works(
    server: RawServer, line: bytes, code: int, request_id: object, message: str
) -> None:
    """Faults 11, 13, 14 and 15."""
    server.send(line)
    answer = server.receive()
    assert (answer["error"]["code"], answer["id"]) == (code, request_id)
    assert message in answer["error"]["message"]
    server.send(PING)
    assert server.receive() == PONG


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"  \t ",
        b"\r",
        b'{"jsonrpc":"2.0","method":"notifications/x","params":{"a":NaN}}',
        b'{"jsonrpc":"2.0","method":"notifications/x","params":[]}',
        b'{"jsonrpc":"2.0","id":99,"result":{"a":NaN}}',
        b'{"jsonrpc":"2.0","id":99,"result":5}',
        b'{"jsonrpc":"2.0","id":99,"error":{}}',
        b'{"jsonrpc":"2.0","id":99,"result":{}}',
    ],
)
def test_empty_lines_notifications_and_responses_are_never_answered(server: RawServer, line: bytes) -> None:
    """JSON-RPC 2.0, section 4.1."""
    server.send(line)
    server.send(PING)
    assert server.receive() == PONG


@pytest.mark.parametrize(
    "line",
    [
        call(b'{"a":"' + b"x" * 10_000_000 + b'"}'),
        call(b'{"a":"' + b"x" * (ARGUMENTS_BYTES + 1) + b'"}'),
        b'{"method":"tools/call","params":{"name":"echo","arguments":{"a":"' + b"x" * 10_000_000
        + b'"}},"jsonrpc":"2.0","id":4}',
    ],
    ids=["10 MB", "1 MiB and a byte", "10 MB, the id at the end"],
)  # fmt: skip
def test_arguments_that_are_too_large_are_a_refusal_the_model_can_read(server: RawServer, line: bytes) -> None:
    """Fault 12."""
    server.send(line)
    answer = server.receive()
    assert answer["id"] == 4
    assert answer["result"]["isError"] is True
    assert answer["result"]["structuredContent"]["refusal"]["code"] == "TOO_LARGE"
    assert "TOO_LARGE" in answer["result"]["content"][0]["text"]
    assert "resultType" not in answer["result"]
    server.send(PING)
    assert server.receive() == PONG


def test_arguments_of_a_mebibyte_are_taken(server: RawServer) -> None:
    text = "x" * (ARGUMENTS_BYTES - 8)
    assert server.call("echo", {"a": text})["result"]["structuredContent"] == {"a": text}


def test_nesting_up_to_the_bound_is_taken(server: RawServer) -> None:
    """The request, its params and its arguments count: design, section 12."""
    depth = JSON_DEPTH - 3
    server.send(call(b'{"a":' + b"[" * depth + b"]" * depth + b"}"))
    assert "result" in server.receive()


def test_integers_of_any_size_up_to_the_bound_pass_through_to_the_schema(server: RawServer) -> None:
    assert server.call("echo", {"a": 2**63})["result"]["structuredContent"] == {"a": 2**63}


@pytest.mark.slow
@pytest.mark.parametrize("size_bytes", [10_000_000, 1_000_000_000])
def test_an_oversized_line_is_discarded_without_being_kept(size_bytes: int) -> None:
    """Fault 12: less than 50 MB more."""
    server = RawServer()
    server.initialize()
    before_kb = server.resident_kb()
    server.write(b'{"jsonrpc":"2.0","id":4,"method":"tools/call","params":{"arguments":{"a":"')
    chunk = b"x" * 1_000_000
    for _ in range(size_bytes // len(chunk)):
        server.write(chunk)
    server.send(b'"}}}')
    assert server.receive()["result"]["isError"]
    assert server.resident_kb() - before_kb < 50_000
    assert server.request("ping")["result"] == {}
    server.stop()


def test_prints_of_tools_and_their_children_do_not_reach_the_protocol() -> None:
    server = RawServer()
    server.initialize()
    assert server.call("noise", {})["result"]["isError"] is False
    assert server.request("ping")["result"] == {}
    status, log = server.stop()
    assert status == 0
    assert all(text in log for text in ("a stray print", "a stray write", "another", "a child prints"))


def test_every_rejected_line_is_told_with_its_code() -> None:
    server = RawServer()
    server.initialize()
    server.send(b"{")
    server.receive()
    server.send(call(b'{"a":"' + b"x" * 10_000_000 + b'"}'))
    server.receive()
    _, log = server.stop()
    assert "rejected MALFORMED not JSON" in log
    assert "rejected TOO_LARGE the arguments have" in log


def test_the_last_line_needs_no_newline_and_the_end_of_input_ends_the_server() -> None:
    server = RawServer()
    server.initialize()
    server.write(b"{")
    server.close_input()
    assert server.receive()["error"]["code"] == -32700
    assert server.stop()[0] == 0


def test_a_client_that_does_not_read_holds_up_nobody_but_itself() -> None:
    """What is waiting to be written is bounded; when the client reads again, everything arrives."""
    server = RawServer()
    server.initialize()
    for number in range(40):
        message = {"name": "large", "arguments": {"size": 1_000_000}}
        server.send(json.dumps({"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": message}).encode())
    assert {server.receive(10)["id"] for _ in range(40)} == set(range(40))
    assert server.request("ping")["result"] == {}
    server.stop()


@pytest.mark.slow
def test_a_client_that_never_reads_again_does_not_keep_the_server_alive() -> None:
    server = RawServer()
    server.initialize()
    message = {"name": "large", "arguments": {"size": 1_000_000}}
    server.send(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": message}).encode())
    server.close_input()
    assert server.process.wait(timeout=8) == 0
    server.stop()


def damaged(position: int, length: int, junk: bytes) -> bytes:
    valid = call(b'{"a":[1,{"b":"\xc3\xa9"}]}')
    return valid[:position] + junk + valid[position + length :]


def text_of(value: object) -> bytes:
    return json.dumps(value).encode()


SCALARS: st.SearchStrategy[object] = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
)  # fmt: skip
VALUES: st.SearchStrategy[object] = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4)
)
MEMBERS = st.sampled_from(["jsonrpc", "id", "method", "params", "result", "error"])
PLAUSIBLE: st.SearchStrategy[object] = st.sampled_from(
    ["2.0", "ping", 1, None, [], {}, {"a": 1}, "tools/call", "notifications/cancelled"]
)
GARBAGE: st.SearchStrategy[bytes] = st.one_of(
    st.binary(max_size=200),
    st.text(max_size=100).map(str.encode),
    VALUES.map(text_of),
    st.builds(damaged, st.integers(0, 120), st.integers(0, 20), st.binary(max_size=6)),
    st.dictionaries(MEMBERS, PLAUSIBLE).map(text_of),
)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(garbage=GARBAGE)
def test_after_any_line_the_next_ping_is_answered(server: RawServer, garbage: bytes) -> None:
    lines = garbage.count(b"\n") + 1
    server.send(garbage)
    server.send(PING)
    for _ in range(lines + 1):
        if server.receive() == PONG:
            return
    pytest.fail("no answer to the ping")
