"""What a request's head may be (RFC 9110, RFC 9112), judged before anything answers it.

h11 has parsed it, and has refused what is no HTTP. Refused here is what is HTTP, but what two programs on one way
can read differently, or what nothing behind this would ever serve.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final
from urllib.parse import unquote_to_bytes

import h11

from pointsman.fsm.refusals import Refusal

from ..bounds import HTTP_DISCARDED_BYTES, HTTP_HEAD_BYTES, HTTP_HEADERS, HTTP_TARGET_BYTES
from .refusals import NOTHING_THERE


@dataclass(frozen=True, slots=True)
class NotServed:
    """Why a request is refused before anything behind has seen it, and the status that says so."""

    status: HTTPStatus
    refusal: Refusal


_METHODS: Final = frozenset({b"GET", b"HEAD", b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS"})
_ONCE: Final = frozenset({
    b"content-encoding",
    b"content-length",
    b"content-type",
    b"cookie",
    b"expect",
    b"host",
    b"idempotency-key",
    b"last-event-id",
    b"mcp-method",
    b"mcp-name",
    b"mcp-protocol-version",
    b"mcp-session-id",
    b"origin",
    b"transfer-encoding",
})  # fmt: skip
"""Headers of which a second one would let two readers choose differently; of `Authorization` the doors refuse it."""
_NOT_THERE: Final = NotServed(HTTPStatus.NOT_FOUND, Refusal("NOT_FOUND", NOTHING_THERE))
_LINE_BYTES: Final = len(b": \r\n")


def fault_of_head(request: h11.Request) -> NotServed | None:
    """Say why a request with this head is not served; None where it is."""
    headers = list(request.headers)
    return (
        _fault_of_size(request.target, headers)
        or _fault_of_line(request)
        or _fault_of_path(request.target.partition(b"?")[0])
        or _fault_of_headers(headers)
        or _fault_of_body(request.http_version, dict(headers))
    )


def _fault_of_size(target: bytes, headers: list[tuple[bytes, bytes]]) -> NotServed | None:
    if len(target) > HTTP_TARGET_BYTES:
        message = f"The address of the request has more than {HTTP_TARGET_BYTES} bytes."
        return NotServed(HTTPStatus.REQUEST_URI_TOO_LONG, Refusal("TOO_LARGE", message))
    if len(headers) > HTTP_HEADERS:
        message = f"The request has more than {HTTP_HEADERS} headers."
        return NotServed(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, Refusal("TOO_LARGE", message))
    if sum(len(name) + len(value) + _LINE_BYTES for name, value in headers) > HTTP_HEAD_BYTES:
        message = f"The headers of the request have more than {HTTP_HEAD_BYTES} bytes."
        return NotServed(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, Refusal("TOO_LARGE", message))
    return None


def _fault_of_line(request: h11.Request) -> NotServed | None:
    if request.http_version not in (b"1.0", b"1.1"):
        message = "This server speaks HTTP/1.1 and HTTP/1.0."
        return NotServed(HTTPStatus.HTTP_VERSION_NOT_SUPPORTED, Refusal("MALFORMED", message))
    if request.method not in _METHODS:
        return NotServed(HTTPStatus.NOT_IMPLEMENTED, Refusal("MALFORMED", "Nothing here is served to this method."))
    return None


def _fault_of_path(path: bytes) -> NotServed | None:
    """Find nothing by a path that a proxy or a file system could take for another one than the router does."""
    if not path.startswith(b"/"):
        return _malformed("Ask for a path, such as /mcp: this server is no proxy for other addresses.")
    try:
        decoded = unquote_to_bytes(path).decode()
    except UnicodeDecodeError:
        return _NOT_THERE
    if not decoded.isprintable() or "\\" in decoded or "//" in decoded or b"%2f" in path.lower():
        return _NOT_THERE
    return _NOT_THERE if any(part in (".", "..") for part in decoded.split("/")) else None


def _fault_of_headers(headers: list[tuple[bytes, bytes]]) -> NotServed | None:
    for name, times in Counter(name for name, _ in headers).items():
        if times > 1 and name in _ONCE:
            return _malformed(f"The header {name.decode('ascii')} stands more than once.")
    return None


def _fault_of_body(http_version: bytes, headers: dict[bytes, bytes]) -> NotServed | None:
    length = headers.get(b"content-length")
    if b"transfer-encoding" in headers and (length is not None or http_version == b"1.0"):
        return _malformed("The length of the body is said in two ways, or in one that HTTP/1.0 does not know.")
    if length is not None and int(length) > HTTP_DISCARDED_BYTES:
        message = f"The body has more than {HTTP_DISCARDED_BYTES} bytes."
        return NotServed(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, Refusal("TOO_LARGE", message))
    if headers.get(b"content-encoding", b"identity").lower() != b"identity":
        message = "Send the body as it is, without Content-Encoding."
        return NotServed(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, Refusal("MALFORMED", message))
    if not _utf_8(headers.get(b"content-type", b"")):
        message = "Send the body in UTF-8."
        return NotServed(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, Refusal("MALFORMED", message))
    if headers.get(b"expect", b"100-continue").lower() != b"100-continue":
        return NotServed(HTTPStatus.EXPECTATION_FAILED, Refusal("MALFORMED", "Only 100-continue can be expected."))
    return None


def _utf_8(content_type: bytes) -> bool:
    for parameter in content_type.lower().split(b";")[1:]:
        name, _, value = parameter.partition(b"=")
        if name.strip() == b"charset" and value.strip().strip(b'"') not in (b"utf-8", b"utf8", b"us-ascii"):
            return False
    return True


def _malformed(message: str) -> NotServed:
    return NotServed(HTTPStatus.BAD_REQUEST, Refusal("MALFORMED", message))
