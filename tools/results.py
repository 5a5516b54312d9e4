"""Makes what a function returned plain JSON within the bounds, or says why that cannot be."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from pointsman.contracts.bounds import JSON_DEPTH, RESULT_BYTES
from pointsman.contracts.values import Json, JsonObject, canonical, settled

from .errors import UnkeepableResult
from .json_schemas import result_schema

_SEQUENCES: Final = (list, tuple, set, frozenset)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a tool answered: its result, and the MCP content that it came in, as `CallResult.content` has it."""

    result: Json
    content: list[Json] | None = None


class ResultShape:
    """The JSON form of what one function returns.

    What is returned is held to the return annotation as pydantic reads it (lax: a dictionary may
    stand for a model), and written as pydantic writes it: models and dataclasses become objects,
    dates and decimals become strings. NaN and infinity are refused wherever they stand.
    """

    def __init__(self, annotation: Any) -> None:  # noqa: ANN401 - an annotation can be anything
        """Raises pydantic's errors for an annotation that has no JSON form."""
        self._adapter: TypeAdapter[object] = TypeAdapter(annotation)
        self.schema: JsonObject | None = None if annotation is Any else result_schema(self._adapter)

    def plain(self, value: object) -> Json:
        """Give the value as JSON, as it will be after it was stored and read back.

        Raises:
            UnkeepableResult: it is not of the annotated type, has no JSON form, is deeper than 64
                or longer than 4 MiB.
        """
        try:
            value = self._adapter.validate_python(value)
            plain = cast("Json", self._adapter.dump_python(value, mode="json", warnings="error"))
            if _holds_nan_or_infinity(self._adapter.dump_python(value, warnings="none")):
                raise UnkeepableResult("it holds NaN or infinity, which JSON has no text for")
        except ValidationError as error:
            raise UnkeepableResult(f"it is not what its return type says ({error.error_count()} problems)") from error
        except (PydanticSerializationError, ValueError, RecursionError) as error:
            raise UnkeepableResult("it has no JSON form") from error
        return keepable(plain)


def keepable(value: Json) -> Json:
    """Give a JSON value as it will be after it was stored and read back.

    Raises:
        UnkeepableResult: it is deeper than 64, longer than 4 MiB, or holds what JSON has no text for.
    """
    if depth_of(value) > JSON_DEPTH:
        raise UnkeepableResult(f"it is nested deeper than {JSON_DEPTH}")
    try:
        value = settled(value)
        size_bytes = len(canonical(value).encode())
    except ValueError as error:
        raise UnkeepableResult("it holds text that is not Unicode, or a number JSON has no text for") from error
    if size_bytes > RESULT_BYTES:
        raise UnkeepableResult(f"it is longer than {RESULT_BYTES} bytes")
    return value


def depth_of(value: Json) -> int:
    """Count how deep a JSON value is nested: 0 for a number, 1 for a list, however empty."""
    deepest = 0
    waiting: list[tuple[Json, int]] = [(value, 1)]
    while waiting:
        item, depth = waiting.pop()
        if isinstance(item, dict | list):
            deepest = max(deepest, depth)
            members = item.values() if isinstance(item, dict) else item
            waiting.extend((member, depth + 1) for member in members)
    return deepest


def _holds_nan_or_infinity(value: object) -> bool:
    """Whether NaN or infinity is in there. Asked of the Python form: pydantic may write them as null."""
    waiting = [value]
    seen: set[int] = set()
    while waiting:
        item = waiting.pop()
        if isinstance(item, float) and not math.isfinite(item):
            return True
        if id(item) not in seen:
            seen.add(id(item))
            waiting.extend(_members(item))
    return False


def _members(value: object) -> Iterable[object]:
    if isinstance(value, Mapping):
        return cast("Mapping[object, object]", value).values()
    return cast("Iterable[object]", value) if isinstance(value, _SEQUENCES) else ()
