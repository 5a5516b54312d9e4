"""Values as they are written into paths, queries, headers, cookies and forms (OpenAPI 3.1.1, section 4.8.12; RFC 6570).

Everything that has a meaning where it is put is percent-encoded, so that a value stays a value. Where
that is not enough, the value is refused: many servers decode a path before they look for what it
names, so a slash in an argument would name something else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Final, TypeAlias
from urllib.parse import quote

from pointsman.contracts.errors import PointsmanError
from pointsman.contracts.values import Json, JsonObject, canonical

from .plan import Written
from .settings import HEADER_VALUE

Pairs: TypeAlias = list[tuple[str, str]]
"""Names and values, encoded, in their order."""

_COOKIE_VALUE: Final = re.compile(r"[!#$&-+\--:<-\[\]-~]*\Z", re.ASCII)
"""RFC 6265, section 4.1.1, without what some servers decode."""
_SEPARATORS: Final = {"form": ",", "spaceDelimited": "%20", "pipeDelimited": "%7C"}


class Unwritable(PointsmanError):
    """The value cannot be written there."""


def encoded(text: str) -> str:
    """Percent-encode all but letters, digits and `-._~`.

    Raises:
        Unwritable: it is no Unicode.
    """
    try:
        return quote(text, safe="")
    except UnicodeEncodeError:
        raise Unwritable("it holds half of a character") from None


def json_text(value: Json) -> str:
    """Write a value as JSON in as few characters as it takes."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def pairs_of(name: str, value: Json, written: Written) -> Pairs:
    """Write a value for a query or a form.

    Raises:
        Unwritable: there is no such form of it in this style.
    """
    if written.style == "json":
        return [(encoded(name), encoded(json_text(value)))]
    if written.style == "deepObject":
        if not isinstance(value, dict):
            raise Unwritable("only an object is written there")
        return [(encoded(f"{name}[{key}]"), encoded(_text(item))) for key, item in value.items()]
    if isinstance(value, dict):
        if written.style != "form":
            raise Unwritable("no object is written there")
        if written.explode:
            return [(encoded(key), encoded(_text(item))) for key, item in value.items()]
        return [(encoded(name), ",".join(map(encoded, _flat(value))))]
    if isinstance(value, list):
        items = [encoded(_text(item)) for item in value]
        if written.explode:
            return [(encoded(name), item) for item in items]
        return [(encoded(name), _SEPARATORS[written.style].join(items))] if items else []
    return [(encoded(name), encoded(_text(value)))]


def path_text(value: Json, written: Written) -> str:
    """Write a value for a path.

    Raises:
        Unwritable: it would name another path, or has no form there.
    """
    if written.style == "json":
        pieces = [json_text(value)]
    elif isinstance(value, dict):
        pieces = [*_flat(value)]
    else:
        pieces = [_text(item) for item in (value if isinstance(value, list) else [value])]
    for piece in pieces:
        if "/" in piece or "\\" in piece:
            raise Unwritable("it holds a slash, which would name another path")
        if not piece.isprintable():
            raise Unwritable("it holds what cannot be printed")
    texts = [encoded(piece) for piece in pieces]
    if isinstance(value, dict) and written.explode:
        texts = [f"{key}={text}" for key, text in zip(texts[::2], texts[1::2], strict=True)]
    text = ",".join(texts)
    if not text:
        raise Unwritable("it is empty, which would name another path")
    return text


def header_text(value: Json, written: Written) -> str:
    """Write a value for a header.

    Raises:
        Unwritable: a header cannot carry it unchanged.
    """
    if written.style == "json":
        text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    elif isinstance(value, dict):
        pieces = [f"{key}={_text(item)}" for key, item in value.items()] if written.explode else [*_flat(value)]
        text = _joined(pieces)
    elif isinstance(value, list):
        text = _joined([_text(item) for item in value])
    else:
        text = _text(value)
    if not HEADER_VALUE.match(text):
        raise Unwritable("a header carries visible ASCII, without spaces at its ends")
    return text


def cookie_text(value: Json) -> str:
    """Write a value for a cookie. Servers do not agree on what is encoded there, so nothing is.

    Raises:
        Unwritable: a cookie cannot carry it unchanged.
    """
    text = _text(value)
    if not _COOKIE_VALUE.match(text):
        raise Unwritable('a cookie carries visible ASCII but `"%,;\\`')
    return text


def _joined(pieces: Sequence[str]) -> str:
    if any("," in piece for piece in pieces):
        raise Unwritable("an item holds a comma, which would end it")
    return ",".join(pieces)


def _flat(value: JsonObject) -> Iterator[str]:
    for key, item in value.items():
        yield key
        yield _text(item)


def _text(value: Json) -> str:
    """Write a value without parts: text as it is, numbers and booleans as JSON."""
    if isinstance(value, str):
        return value
    if value is None:
        raise Unwritable("null cannot be written there; leave it out")
    if isinstance(value, dict | list):
        raise Unwritable("it is nested deeper than can be written there")
    return canonical(value)
