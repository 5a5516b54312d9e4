"""Writes a call as a request. An argument never changes where the request goes, or what else is sent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pointsman.contracts.values import Json, JsonObject

from ..errors import NothingDone
from .addresses import Address
from .plan import FORM, FORM_STYLE, TEMPLATE, TEXT, Body, Operation, Parameter, Written
from .serialising import Pairs, Unwritable, cookie_text, encoded, header_text, json_text, pairs_of, path_text

_ACCEPT: Final = "application/json, */*;q=0.8"


@dataclass(frozen=True, slots=True)
class Call:
    """A request: its method and whole URL, its headers, and its body if it has one."""

    method: str
    url: str
    headers: Mapping[str, str]
    content: bytes | None


def call_of(operation: Operation, arguments: JsonObject, base: Address, headers: Mapping[str, str]) -> Call:
    """Write a call.

    Args:
        operation: How its arguments are sent.
        arguments: What fits the operation's input schema. A null is sent in a body alone.
        base: Where the operations are.
        headers: What is sent besides, by names in small letters.

    Raises:
        NothingDone: an argument cannot be sent.
    """
    texts: dict[str, str] = {}
    query: Pairs = []
    sent: dict[str, str] = {}
    cookies: list[str] = []
    for argument, parameter in operation.parameters.items():
        value = arguments.get(argument)
        if value is None:
            continue
        try:
            if parameter.place == "path":
                texts[parameter.name] = path_text(value, parameter.written)
            elif parameter.place == "header":
                sent[parameter.name.lower()] = header_text(value, parameter.written)
            elif parameter.place == "cookie":
                cookies.append(f"{parameter.name}={cookie_text(value)}")
            else:
                pairs = pairs_of(parameter.name, value, parameter.written)
                _require_own(pairs, value, parameter, operation, base)
                query += pairs
        except Unwritable as error:
            raise NothingDone(f"the argument `{argument}` cannot be sent: {error}") from error
    content = None if operation.body is None else _content(operation.body, arguments)
    if operation.body is not None and content is not None:
        kind = operation.body.media_type
        sent["content-type"] = f"{kind}; charset=utf-8" if kind == TEXT else kind
    crumbs = [*([headers["cookie"]] if "cookie" in headers else []), *cookies]
    if crumbs:
        sent["cookie"] = "; ".join(crumbs)
    whole = {"accept": _ACCEPT, **sent, **{name: value for name, value in headers.items() if name != "cookie"}}
    return Call(operation.method, _url(operation, texts, query, base), whole, content)


def _url(operation: Operation, texts: Mapping[str, str], query: Pairs, base: Address) -> str:
    """Put an URL together from what is encoded already."""

    def text(found: re.Match[str]) -> str:
        if found[1] not in texts:
            raise NothingDone(f"the argument for `{found[1]}` of the path is missing")
        return texts[found[1]]

    path = TEMPLATE.sub(text, operation.path)
    if any(segment in (".", "..") for segment in path.split("/")):
        raise NothingDone("the arguments would make it another path")
    asked = "&".join([*([base.query] if base.query else []), *(f"{name}={value}" for name, value in query)])
    return f"{base.origin}{base.path.rstrip('/')}{path}" + (f"?{asked}" if asked else "")


def _require_own(pairs: Pairs, value: Json, parameter: Parameter, operation: Operation, base: Address) -> None:
    """Keep an object that is written as pairs of its own from giving what another parameter gives."""
    if not isinstance(value, dict) or parameter.written.style == "json":
        return
    others = {one.name for one in operation.parameters.values() if one is not parameter} | base.query_names
    taken = {encoded(name) for name in others} & {name for name, _ in pairs}
    if taken:
        raise Unwritable(f"it would give a value to {', '.join(sorted(taken))}")


def _content(body: Body, arguments: JsonObject) -> bytes | None:
    if body.argument is not None:
        if body.argument not in arguments:
            return None
        value: Json = arguments[body.argument]
    else:
        value = {name: arguments[argument] for argument, name in body.members.items() if argument in arguments}
        if not value and not body.required:
            return None
    try:
        text = _form(value, body.written) if body.media_type == FORM else _plain(value, body.media_type)
        return text.encode()
    except (Unwritable, UnicodeEncodeError) as error:
        why = error if isinstance(error, Unwritable) else "it holds half of a character"
        raise NothingDone(f"the body cannot be sent: {why}") from error


def _plain(value: Json, media_type: str) -> str:
    if media_type != TEXT:
        return json_text(value)
    if not isinstance(value, str):
        raise Unwritable("it is no text")
    return value


def _form(value: Json, written: Mapping[str, Written]) -> str:
    if not isinstance(value, dict):
        raise Unwritable("a form is an object")
    pairs: Pairs = []
    for name, item in value.items():
        try:
            pairs += pairs_of(name, item, written.get(name, FORM_STYLE))
        except Unwritable as error:
            raise Unwritable(f"`{name}`: {error}") from error
    given = {encoded(name) for name in value}
    for name, item in value.items():
        if isinstance(item, dict) and written.get(name, FORM_STYLE) == FORM_STYLE:
            taken = {encoded(key) for key in item} & given
            if taken:
                raise Unwritable(f"`{name}` would give a value to {', '.join(sorted(taken))}")
    return "&".join(f"{name}={text}" for name, text in pairs)
