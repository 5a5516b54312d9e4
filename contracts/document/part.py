"""What every mapping of the file has in common: the forms of names, tools and durations, and unknown keys."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Final, Protocol, TypeAlias, cast

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SkipValidation,
    StringConstraints,
    ValidationInfo,
    model_validator,
)

from ..bounds import WORKFLOW_NAME_CHARACTERS
from ..values import Json

NAME_PATTERN: Final = "^[a-z][a-z0-9_]*$"
DURATION_PATTERN: Final = "^([0-9]{1,9}(ms|s)|[0-9]{1,7}m|[0-9]{1,5}h|[0-9]{1,4}d)$"
"""At most some thirty years, so that no moment lies beyond what a calendar can write."""
TOOL_PATTERN: Final = r"^[a-z][a-z0-9_]*\.[A-Za-z0-9_.-]{1,128}$"

_MILLISECONDS: Final = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


class Unfit(ValueError):
    """A value that cannot be meant, and how to mend it."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


def _lasting(text: str) -> str:
    if text.strip("0").isalpha():
        raise Unfit(f"`{text}` leaves no time at all", "Give it the time that it may take, such as `30s`.")
    return text


Name: TypeAlias = Annotated[str, StringConstraints(pattern=NAME_PATTERN, max_length=128)]
WorkflowName: TypeAlias = Annotated[str, StringConstraints(pattern=NAME_PATTERN, max_length=WORKFLOW_NAME_CHARACTERS)]
ToolName: TypeAlias = Annotated[str, StringConstraints(pattern=TOOL_PATTERN)]
Duration: TypeAlias = Annotated[str, StringConstraints(pattern=DURATION_PATTERN)]
Span: TypeAlias = Annotated[Duration, AfterValidator(_lasting)]
"""A duration in which something must be able to happen."""
Given: TypeAlias = Annotated[Json, SkipValidation]
"""A value as the file gives it; the reader gives nothing but JSON."""
Count: TypeAlias = Annotated[int, Field(ge=1, le=1_000_000_000)]
Share: TypeAlias = Annotated[float, Field(ge=0, le=1)]


def duration_ms(text: str) -> int:
    """Give the milliseconds of a duration such as `200ms`, `5s`, `10m`, `4h`, `2d`."""
    number, unit = re.split(r"(?<=[0-9])(?=[a-z])", text, maxsplit=1)
    return int(number) * _MILLISECONDS[unit]


class Reader(Protocol):
    """Who reads a file and wants to hear of the keys that a model does not have."""

    def known_part(self, part: type[Part], data: Mapping[str, object]) -> Mapping[str, object]:
        """Note the keys of `data` that the model lacks, and give the rest."""
        ...


class Part(BaseModel):
    """A mapping of the file."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, validate_by_name=False, validate_by_alias=True, defer_build=True
    )

    @model_validator(mode="before")
    @classmethod
    def _tell_unknown_keys(cls, data: object, info: ValidationInfo) -> object:
        reader, mapping = _reader(info), mapping_of(data)
        return data if reader is None or mapping is None else reader.known_part(cls, mapping)


def _reader(info: ValidationInfo) -> Reader | None:
    context: dict[str, Reader] | None = info.context
    return None if context is None else context["reader"]


def mapping_of(value: object) -> Mapping[str, object] | None:
    """Give a value as the mapping it may be; keys of the file are text."""
    return cast("Mapping[str, object]", value) if isinstance(value, dict) else None


def single(value: object) -> object:
    """Read one thing where a list may stand."""
    return cast("object", value) if isinstance(value, list) else [value]


Texts: TypeAlias = Annotated[list[str], BeforeValidator(single, json_schema_input_type=str | list[str])]
"""One text, or a list of them."""
