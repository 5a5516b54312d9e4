"""JSON values: their type, and the one canonical text each of them has.

Canonical text follows RFC 8785 (keys sorted by UTF-16 code units, shortest number form, no white
space) with one difference: integers keep all their digits. Snapshots, audit bodies, digests and
"the same arguments" are all decided on this text, so two values are equal here exactly when their
canonical texts are.

This module never reads untrusted text; the strict reader of a surface does that.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping

from typing_extensions import TypeAliasType

Json = TypeAliasType("Json", "bool | int | float | str | list[Json] | dict[str, Json] | None")
JsonObject = TypeAliasType("JsonObject", dict[str, Json])

_ENCODER = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, check_circular=False
)
_FIRST_SURROGATE = "\ud800"
_PLAIN_SCALARS = frozenset((str, int, bool, type(None)))


def canonical(value: Json | Mapping[str, Json]) -> str:
    """Give the canonical text of a JSON value.

    Raises:
        ValueError: for NaN and infinity, which JSON has no text for.
    """
    return _ENCODER.encode(value) if _is_plain(value) else _encode(value)


def digest(value: Json | Mapping[str, Json]) -> str:
    """Give ``sha256:`` and the hexadecimal SHA-256 of the canonical text."""
    return digest_text(canonical(value))


def digest_text(text: str) -> str:
    """Give ``sha256:`` and the hexadecimal SHA-256 of the text's UTF-8."""
    return "sha256:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def settled(value: Json) -> Json:
    """Give the value as it will be after it was stored and read back: ``2.0`` becomes ``2``.

    Everything that enters a session passes through here once, so that a guard sees the same number
    types live, after a restart and in replay.
    """
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < 1e21 else value
    if isinstance(value, dict):
        return {key: settled(item) for key, item in value.items()}
    if isinstance(value, list):
        return [settled(item) for item in value]
    return value


def settled_object(value: JsonObject) -> JsonObject:
    """The same of an object."""
    return {key: settled(item) for key, item in value.items()}


def as_object(value: Json) -> JsonObject:
    """Give an object; an empty one in place of anything else."""
    return value if isinstance(value, dict) else {}


def as_list(value: Json) -> list[Json]:
    """Give a list; an empty one in place of anything else."""
    return value if isinstance(value, list) else []


def as_objects(value: Json) -> list[JsonObject]:
    """Give the objects of a list, and none of anything else."""
    return [one for one in as_list(value) if isinstance(one, dict)]


def _is_plain(value: Json | Mapping[str, Json]) -> bool:
    """Whether the standard encoder already writes the canonical text of this value.

    Every snapshot and every body passes through here, so scalars are told without a call.
    """
    if isinstance(value, dict):
        for key, item in value.items():
            if not key.isascii() and max(key) >= _FIRST_SURROGATE:
                return False
            if type(item) not in _PLAIN_SCALARS and not _is_plain(item):
                return False
        return True
    if isinstance(value, list):
        return all(type(item) in _PLAIN_SCALARS or _is_plain(item) for item in value)
    if isinstance(value, float):
        return 1e-4 <= abs(value) < 1e16 and not value.is_integer()
    return not isinstance(value, Mapping)


def _encode(value: Json | Mapping[str, Json]) -> str:
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, Mapping):
        members = sorted(value.items(), key=lambda member: member[0].encode("utf-16-be", "surrogatepass"))
        return "{" + ",".join(f"{_ENCODER.encode(key)}:{_encode(item)}" for key, item in members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_encode(item) for item in value) + "]"
    return _ENCODER.encode(value)


def _number(value: float) -> str:
    """Write a float as ECMAScript does (RFC 8785, section 3.2.2.3)."""
    if not math.isfinite(value):
        message = f"{value} has no JSON text"
        raise ValueError(message)
    if value.is_integer() and abs(value) < 1e21:
        return str(int(value))
    mantissa, _, exponent = repr(value).partition("e")
    if not exponent:
        return mantissa
    power = int(exponent)
    if -7 < power < 0:
        sign, digits = ("-", mantissa[1:]) if mantissa.startswith("-") else ("", mantissa)
        return f"{sign}0.{'0' * (-power - 1)}{digits.replace('.', '')}"
    return f"{mantissa}e{power:+d}"
