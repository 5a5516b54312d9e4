"""Tells a JSON-RPC message from what is none, and prepares the answer to the latter.

Codes are those of JSON-RPC 2.0, section 5.1: -32700 for what is not JSON, -32600 for JSON that is
no message of MCP, -32602 where the fault lies in a request's `params`. Arguments of a tool that are
too large are a refusal (`TOO_LARGE`), so that the model can read it. A notification or a response
is never answered, and an answer never repeats what was sent, except the request's `id`.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, TypeGuard

from pointsman.contracts.bounds import ARGUMENTS_BYTES, MESSAGE_BYTES, SAFE_INTEGER
from pointsman.contracts.json_reader import Fault, JsonReader, Parsed
from pointsman.contracts.values import Json, JsonObject

if TYPE_CHECKING:
    from pointsman.fsm.refusals import Code

PARSE_ERROR: Final = -32700
INVALID_REQUEST: Final = -32600
INVALID_PARAMS: Final = -32602

END_BYTES: Final = 4096
"""How much of each end of an oversized message is kept."""
ID_CHARACTERS: Final = 256
METHOD: Final = re.compile(r"[A-Za-z0-9_$./-]{1,128}\Z", re.ASCII)
VERSION_KEY: Final = "io.modelcontextprotocol/protocolVersion"
"""Only requests of the 2026 era carry this in `_meta`; their results must say that they are complete."""

RequestId: TypeAlias = int | str
Kind: TypeAlias = Literal["request", "notification", "response"]

_WHITE: Final = b" \t\r\n"
_PLAIN_VALUE: Final = rb'(?:-?[0-9]{1,16}|"[^"\\\x00-\x1f]{0,256}")'
_GAP: Final = rb"[ \t\r\n]*"
_FIRST_MEMBERS: Final = re.compile(
    _GAP + rb'"([a-z]{1,16})"' + _GAP + b":" + _GAP + b"(" + _PLAIN_VALUE + b")" + _GAP + rb"([,}])"
)
_LAST_MEMBERS: Final = re.compile(
    rb'(?<=[,}\]0-9"el])'
    + _GAP
    + b","
    + _GAP
    + b'"id"'
    + _GAP
    + b":"
    + _GAP
    + b"("
    + _PLAIN_VALUE
    + b")"
    + _GAP
    + b"(?:,"
    + _GAP
    + b'"(?:jsonrpc|method)"'
    + _GAP
    + b":"
    + _GAP
    + rb'"[^"\\\x00-\x1f]{0,128}"'
    + _GAP
    + rb"){0,2}\}"
    + _GAP
    + rb"\Z"
)


@dataclass(frozen=True, slots=True)
class Oversized:
    """What is left of a message of more than `MESSAGE_BYTES`: its first and last bytes, and its size."""

    head: bytes
    tail: bytes
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Message:
    """A well-formed message. `kind` says which members it has."""

    kind: Kind
    members: JsonObject


@dataclass(frozen=True, slots=True)
class Rejected:
    """What is not let through. `answer` is the line to send back, or None where none is due."""

    code: Code
    message: str
    answer: bytes | None


class MessageReader:
    """Reads one message after the other. Not for several threads at once.

    `modern` says which era the first one is of, as far as that is known without reading it.
    """

    def __init__(self, *, modern: bool = False) -> None:
        self._json = JsonReader()
        self._modern = modern

    def read(self, line: bytes | Oversized) -> Message | Rejected | None:
        """Give the message of a line or body, or why it is none; None for an empty one."""
        if isinstance(line, Oversized):
            return self._too_large(line)
        line = line.strip(_WHITE)
        if not line:
            return None
        parsed = self._json.read(line)
        if isinstance(parsed, Fault):
            tail = b"" if parsed.grammar else line[-END_BYTES:]
            return _rejected(_code(parsed), parsed.message, recovered_id(line[:END_BYTES], tail))
        if not isinstance(parsed.value, dict):
            return _not_an_object(parsed)
        return self._message(parsed.value, parsed.fault, len(line))

    def _message(self, members: JsonObject, fault: Fault | None, size_bytes: int) -> Message | Rejected:
        request_id = members.get("id")
        known_id = request_id if _is_id(request_id) and not (fault and fault.path == "id") else None
        if fault:
            silent = known_id is None and "id" not in members and isinstance(members.get("method"), str)
            return _rejected(_code(fault), fault.message, known_id, silent=silent or _is_response(members))
        if members.get("jsonrpc") != "2.0":
            return _rejected(INVALID_REQUEST, 'jsonrpc: must be "2.0"', known_id)
        if _is_response(members):
            return _response(members)
        method = members.get("method")
        if not isinstance(method, str) or not METHOD.match(method):
            return _rejected(INVALID_REQUEST, "method: must be 1 to 128 letters, digits and _ $ . / -", known_id)
        if "id" in members and known_id is None:
            return _rejected(
                INVALID_REQUEST,
                f"id: must be an integer or a printable string of at most {ID_CHARACTERS} characters",
                None,
            )
        params = members.get("params", {})
        if not isinstance(params, dict):
            return _rejected(INVALID_PARAMS, "params: must be an object", known_id, silent=known_id is None)
        if known_id is None:
            return Message("notification", members)
        meta = params.get("_meta")
        self._modern = isinstance(meta, dict) and VERSION_KEY in meta
        if size_bytes > ARGUMENTS_BYTES and method == "tools/call":
            arguments_bytes = _size_bytes(params.get("arguments"))
            if arguments_bytes > ARGUMENTS_BYTES:
                return self._arguments_too_large(known_id, arguments_bytes)
        return Message("request", members)

    def _too_large(self, line: Oversized) -> Rejected:
        known_id = recovered_id(line.head, line.tail)
        if known_id is not None and _calls_a_tool(line.head):
            return self._arguments_too_large(known_id, line.size_bytes)
        message = f"the message has {line.size_bytes} bytes; at most {MESSAGE_BYTES} are read"
        return _rejected(INVALID_REQUEST, message, known_id, refusal="TOO_LARGE")

    def _arguments_too_large(self, request_id: RequestId, size_bytes: int) -> Rejected:
        message = f"the arguments have {size_bytes} bytes; at most {ARGUMENTS_BYTES} are taken"
        result: JsonObject = {
            "content": [{"type": "text", "text": f"Refused (TOO_LARGE): {message}."}],
            "structuredContent": {"outcome": "refused", "refusal": {"code": "TOO_LARGE", "message": message}},
            "isError": True,
        }
        if self._modern:
            result["resultType"] = "complete"
        return Rejected("TOO_LARGE", message, _line({"jsonrpc": "2.0", "id": request_id, "result": result}))


def recovered_id(head: bytes, tail: bytes) -> RequestId | None:
    """Find the id of a request that could not be read, in its first or its last members.

    Only a plain number or string counts, standing among the plain members before the first nested
    value or after the last one: there it belongs to the outermost object. (After the last one only if
    the text is JSON; leave `tail` empty where it is known not to be.)
    """
    first = _plain_members(head).get(b"id")
    last_match = _LAST_MEMBERS.search(tail)
    last = last_match.group(1) if last_match else None
    if first is not None and last is not None and first != last:
        return None
    found = first if first is not None else last
    if found is None:
        return None
    try:
        value: object = json.loads(found)
    except ValueError:
        return None
    return value if _is_id(value) else None


def _plain_members(head: bytes) -> dict[bytes, bytes]:
    members: dict[bytes, bytes] = {}
    head = head.lstrip(_WHITE)
    position = 1
    while head.startswith(b"{") and (match := _FIRST_MEMBERS.match(head, position)):
        if match.group(1) in members:
            return {}
        members[match.group(1)] = match.group(2)
        position = match.end()
    return members


def _calls_a_tool(head: bytes) -> bool:
    return _plain_members(head).get(b"method") == b'"tools/call"'


def _is_id(value: object) -> TypeGuard[RequestId]:
    if isinstance(value, str):
        return len(value) <= ID_CHARACTERS and value.isprintable()
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= SAFE_INTEGER


def doubled(request: Message) -> Rejected:
    """Refuse a request because another one with its id is being answered (MCP, base protocol, requests)."""
    request_id = request.members.get("id")
    message = "id: another request with it is being answered; each needs its own"
    return _rejected(INVALID_REQUEST, message, request_id if _is_id(request_id) else None)


def _is_response(members: JsonObject) -> bool:
    return "method" not in members and ("result" in members or "error" in members)


def _response(members: JsonObject) -> Message | Rejected:
    body = members.get("result", members.get("error"))
    if _is_id(members.get("id")) and isinstance(body, dict) and ("result" in members) != ("error" in members):
        return Message("response", members)
    return Rejected("MALFORMED", "a response without an id, or without one result or error object", None)


def _not_an_object(parsed: Parsed) -> Rejected:
    if parsed.fault and parsed.fault.grammar:
        return _rejected(PARSE_ERROR, parsed.fault.message, None)
    what = (
        "batches are no part of MCP; send one message at a time" if isinstance(parsed.value, list) else "not an object"
    )
    return _rejected(INVALID_REQUEST, what, None)


def _code(fault: Fault) -> int:
    if fault.grammar:
        return PARSE_ERROR
    return INVALID_PARAMS if fault.path.startswith("params") else INVALID_REQUEST


def _rejected(
    code: int, message: str, request_id: RequestId | None, *, silent: bool = False, refusal: Code = "MALFORMED"
) -> Rejected:
    error: JsonObject = {"code": code, "message": message}
    answer: JsonObject = {"jsonrpc": "2.0", "id": request_id, "error": error}
    return Rejected(refusal, message, None if silent else _line(answer))


def _size_bytes(value: Json) -> int:
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8"))


def _line(value: JsonObject) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode("ascii") + b"\n"
