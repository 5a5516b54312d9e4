"""A script's file: what an agent calls, what people decide, what arrives from outside, how time passes.

The format is the last section of the workflow format. Every fault is told with its place, in the
words and codes that `check` has for workflow files.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, Literal, Self, TypeAlias, cast

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationError,
    model_validator,
)

from pointsman.contracts.document.part import Duration, Given
from pointsman.contracts.errors import PointsmanError
from pointsman.contracts.expressions import ExpressionFault
from pointsman.contracts.findings import Findings, as_text
from pointsman.contracts.positions import Node, place_of, place_of_key, plain
from pointsman.contracts.values import JsonObject
from pointsman.contracts.yaml_reader import decode, parse
from pointsman.fsm.refusals import CODES

from .values import compiled, expressions

OUTCOMES: Final = ("done", "failed", "unknown", "waiting", *CODES)
STARTER: Final = "starter"
"""In `as`: whoever started the session, instead of another person."""


class InvalidScript(PointsmanError):
    """A script has faults. The message lists them all, each with its place."""


def _known_outcome(text: str) -> str:
    if text not in OUTCOMES:
        raise ValueError("must be `done`, `failed`, `unknown`, `waiting`, or the code of a refusal")
    return text


Expected: TypeAlias = Annotated[str, AfterValidator(_known_outcome)]
Values: TypeAlias = dict[str, Given]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, validate_by_name=False, validate_by_alias=True)


class CallStep(_Part):
    """The agent calls a tool or sends an event."""

    call: str
    values: Values = Field(alias="with", default_factory=dict)
    expect: Expected = "done"
    state: str | None = None


class DecideStep(_Part):
    """A person decides the open review, or the call of this tool that waits longest for an approval."""

    decide: str
    approval: str | None = None
    values: Values = Field(alias="with", default_factory=dict)
    rationale: str | None = None
    person: str = Field(alias="as", default="reviewer", min_length=1)
    expect: Expected = "done"
    state: str | None = None


class DeliverStep(_Part):
    """An event arrives from outside."""

    deliver: str
    values: Values = Field(alias="with", default_factory=dict)
    expect: Expected = "done"
    state: str | None = None


class AdvanceStep(_Part):
    """Time passes."""

    advance: Duration
    state: str | None = None


class AwaitStep(_Part):
    """Nothing is done until the session rests; then it must be in this state."""

    await_: str = Field(alias="await")


_Kind: TypeAlias = Literal["call", "decide", "deliver", "advance", "await"]
_KINDS: Final[tuple[_Kind, ...]] = ("call", "decide", "deliver", "advance", "await")


def _kind(value: object) -> str | None:
    """Tell a step by the key that names what is done."""
    if not isinstance(value, dict):
        return None
    found = [kind for kind in _KINDS if kind in value]
    return found[0] if len(found) == 1 else None


Step: TypeAlias = Annotated[
    Annotated[CallStep, Tag("call")]
    | Annotated[DecideStep, Tag("decide")]
    | Annotated[DeliverStep, Tag("deliver")]
    | Annotated[AdvanceStep, Tag("advance")]
    | Annotated[AwaitStep, Tag("await")],
    Discriminator(_kind),
]


class ModelCall(_Part):
    """A tool or an event that an answer of the model calls."""

    call: str
    values: Values = Field(alias="with", default_factory=dict)


class ModelAnswer(_Part):
    """What the model answers next: a text, calls, or neither of them."""

    say: str = ""
    call: str | None = None
    values: Values = Field(alias="with", default_factory=dict)
    calls: list[ModelCall] = Field(default_factory=list[ModelCall])
    stop: Literal["max_tokens", "refusal"] | None = None
    fault: Literal["overloaded"] | None = None

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if self.call is not None and self.calls:
            raise ValueError("an answer has `call` or `calls`, not both")
        if self.call is None and self.values:
            raise ValueError("`with` belongs to `call`: name the tool or the event")
        if not (self.say or self.call or self.calls or self.stop or self.fault):
            raise ValueError("an answer says or calls something, or names its `stop` or its `fault`")
        return self

    @property
    def all_calls(self) -> tuple[ModelCall, ...]:
        """What is called, in order."""
        return (
            tuple(self.calls)
            if self.call is None
            else (ModelCall.model_validate({"call": self.call, "with": self.values}),)
        )


class Script(_Part):
    """A script: the fields a session starts with, what models answer, the steps, and how it must end.

    Without `model`, whatever models the server is set up to ask are asked.
    """

    start: Values = Field(default_factory=dict)
    model: list[ModelAnswer] | None = None
    steps: list[Step]
    end: str | None = None
    record: Values = Field(default_factory=dict)


def load_script(path: Path) -> Script:
    """Read a script.

    Raises:
        InvalidScript: with every fault it has.
        OSError: when the file cannot be read.
    """
    return read_script(path.read_bytes(), str(path))


def read_script(data: bytes, name: str) -> Script:
    """Read a script's text; `name` is what faults call its file.

    Raises:
        InvalidScript: with every fault it has.
    """
    findings = Findings(name)
    text = decode(data, findings)
    root = None if text is None else parse(text, findings)
    script = None if root is None or findings.errors else _validated(root, findings)
    if script is None or findings.errors:
        raise InvalidScript(as_text(findings.sorted(), {name: text or ""}).rstrip("\n"))
    return script


def _validated(root: Node, findings: Findings) -> Script | None:
    document = plain(root)
    for path, text in expressions(document):
        try:
            compiled(text)
        except ExpressionFault as fault:
            hint = "Expressions of a script see `record` and `last`, the last reply."
            findings.add("PM401", *place_of(root, path), str(fault), hint)
    try:
        return Script.model_validate(document)
    except ValidationError as error:
        for one in error.errors():
            _note(one["type"], one["loc"], one["msg"], root, findings)
        return None


def _note(kind: str, location: tuple[int | str, ...], message: str, root: Node, findings: Findings) -> None:
    """Put one of pydantic's errors into our words, at its place."""
    # Below `steps`, pydantic names the kind of step as if it were a level of the file.
    path = (*location[:2], *location[3:]) if location[:1] == ("steps",) else location
    key = path[-1] if path else ""
    if kind == "extra_forbidden":
        findings.add("PM201", *place_of_key(root, path), f"unknown key `{key}`")
    elif kind == "missing":
        findings.add("PM202", *place_of(root, path[:-1]), f"`{key}` is missing")
    elif kind in ("union_tag_not_found", "union_tag_invalid"):
        hint = "Write `call:`, `decide:`, `deliver:`, `advance:` or `await:`."
        findings.add("PM203", *place_of(root, path), "a step says exactly one thing that is done", hint)
    else:
        findings.add("PM203", *place_of(root, path), f"`{key}`: {message.removeprefix('Value error, ')}")


def with_start(script: Script, fields: Mapping[str, object]) -> Script:
    """Give the script with other fields to start with; those that are not given stay."""
    return script.model_copy(update={"start": {**script.start, **cast("JsonObject", dict(fields))}})
