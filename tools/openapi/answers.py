"""What an HTTP server answered, as the result of a call.

JSON is read strictly and is the result. Text is an object with `text`, anything else one with
`content_type` and `base64`; no content is null. A redirect is not followed: it is an error, as every
status but those that begin with 2.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from http import HTTPStatus
from typing import Final

from pointsman.contracts.bounds import RETRY_WAIT_MS, TOOL_MESSAGE_CHARACTERS
from pointsman.contracts.json_reader import Fault, JsonReader
from pointsman.contracts.schemas import Schema
from pointsman.contracts.values import Json
from pointsman.contracts.visible import visible

from ..errors import UnkeepableResult
from ..results import keepable
from .client import HttpAnswer
from .parameters import is_json

TEXT: Final = "text"
_CHARSET: Final = re.compile(r';\s*charset\s*=\s*"?([A-Za-z0-9_.:-]{1,40})', re.IGNORECASE)
_TEXTS: Final = ("/xml", "/yaml", "/javascript", "/x-ndjson", "+xml", "+yaml")
_SHORTEST_SECRET: Final = 4
_HIDDEN: Final = "[redacted]"
_PHRASES: Final = {status.value: status.phrase for status in HTTPStatus}


def result_of(answer: HttpAnswer, output: Schema | None) -> Json:
    """Give the result of a call that succeeded.

    Raises:
        UnkeepableResult: it is not what it says it is, not within the bounds, or not what its schema says.
    """
    result = keepable(_value(answer))
    faults = output.unmet(result) if output is not None else ()
    if faults:
        raise UnkeepableResult(f"it is not what the document says: {faults[0].path or 'it'} {faults[0].problem}")
    return result


def succeeded(answer: HttpAnswer) -> bool:
    """Whether the status says that what was asked was done."""
    return 200 <= answer.status < 300


def words_of(answer: HttpAnswer, secrets: Iterable[str]) -> str:
    """Say what an error status means, in the server's own words as far as it has any, visible and bounded."""
    status = f"HTTP {answer.status} {_PHRASES.get(answer.status, '')}".strip()
    said = _said(answer)
    for secret in secrets:
        if len(secret) >= _SHORTEST_SECRET:
            said = said.replace(secret, _HIDDEN)
    said = visible(said[:TOOL_MESSAGE_CHARACTERS], lines=True).strip()
    return f"{status}: {said}" if said else status


def wait_of(answer: HttpAnswer) -> int:
    """Give how long a server asks to be left alone, in milliseconds; a date in `Retry-After` counts as none."""
    said = answer.headers.get("retry-after", "")
    return min(int(said) * 1000, RETRY_WAIT_MS) if said.isdecimal() and len(said) < 10 else 0


def _said(answer: HttpAnswer) -> str:
    """Give the words of an error: title and detail of problem+json (RFC 9457), or the beginning of the body."""
    if 300 <= answer.status < 400:
        return f"it leads to {answer.headers.get('location', 'nowhere')}, and redirects are not followed"
    if is_json(answer.media_type):
        read = JsonReader().read(answer.body)
        problem = None if isinstance(read, Fault) else read.value
        if isinstance(problem, dict):
            words = [problem.get(name) for name in ("title", "detail")]
            found = ": ".join(word for word in words if isinstance(word, str))
            if found:
                return found
    return answer.body.decode("utf-8", "replace") if is_json(answer.media_type) or _is_text(answer) else ""


def _value(answer: HttpAnswer) -> Json:
    if not answer.body:
        return None
    if is_json(answer.media_type):
        read = JsonReader().read(answer.body)
        fault = read if isinstance(read, Fault) else read.fault
        if isinstance(read, Fault) or fault is not None:
            raise UnkeepableResult(f"it is no JSON that can be read: {visible(fault.message) if fault else ''}")
        return read.value
    if _is_text(answer):
        return {TEXT: _text(answer)}
    return {"content_type": answer.media_type, "base64": base64.b64encode(answer.body).decode("ascii")}


def _is_text(answer: HttpAnswer) -> bool:
    return answer.media_type.startswith("text/") or answer.media_type.endswith(_TEXTS)


def _text(answer: HttpAnswer) -> str:
    found = _CHARSET.search(answer.headers.get("content-type", ""))
    charset = found[1] if found else "utf-8"
    try:
        return answer.body.decode(charset)
    except (LookupError, UnicodeError) as error:
        raise UnkeepableResult(f"it is no text in {visible(charset)}") from error
