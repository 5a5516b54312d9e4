"""Sources of tools, and what the workflow says of each tool."""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self, TypeAlias

from pydantic import Discriminator, Field, StringConstraints, Tag, model_validator

from ..python_modules import MODULE_PATTERN
from .part import Duration, Given, Part, Span, ToolName, Unfit

RATE_PATTERN: Final = r"^[1-9][0-9]{0,5}/(s|m|h|d)$"
REDACTED_PATTERN: Final = r"^(args|result)(\.([A-Za-z0-9_-]{1,128}|\*)){0,16}$"
Module: TypeAlias = Annotated[str, StringConstraints(pattern=MODULE_PATTERN)]
Askable: TypeAlias = Literal["sampling", "roots"]
"""What a server may ask of the client beside forms: a model's words, and its folders."""
Rate: TypeAlias = Annotated[str, StringConstraints(pattern=RATE_PATTERN)]
Redacted: TypeAlias = Annotated[str, StringConstraints(pattern=REDACTED_PATTERN)]
"""What of a call is never stored in clear: `args.password`, `result.accounts.*.iban`, `result`."""


class McpPart(Part):
    """`mcp` of a source."""

    command: str | None = None
    args: list[str] = Field(default_factory=list)
    env: dict[str, str] = Field(default_factory=dict)
    cwd: str | None = None
    url: str | None = None
    headers: dict[str, str] = Field(default_factory=dict)
    asks: list[Askable] = Field(default_factory=list[Askable])

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.command is None) == (self.url is None):
            raise Unfit("an mcp source needs either `command` or `url`", "A program has a `command`, a server a `url`.")
        return self


class OpenapiPart(Part):
    """`openapi` of a source: the document beside the workflow file, or at an address, and where its operations are."""

    document: str
    base_url: str | None = None
    headers: dict[str, str] = Field(default_factory=dict)


class SourcePart(Part):
    """A source of tools."""

    python: Module | None = None
    mcp: McpPart | None = None
    openapi: OpenapiPart | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if sum(kind is not None for kind in (self.python, self.mcp, self.openapi)) != 1:
            raise Unfit("a source is one of `python`, `mcp` and `openapi`", "Give each of them a source of its own.")
        return self


class RetryPart(Part):
    """`retry`."""

    attempts: Annotated[int, Field(ge=1, le=100)] = 1
    backoff: Duration = "0ms"


class DeliverPart(Part):
    """`deliver` of a key."""

    argument: str | None = None
    header: str | None = None
    meta: str | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if sum(way is not None for way in (self.argument, self.header, self.meta)) != 1:
            raise Unfit("`deliver` names one of `argument`, `header` and `meta`", "Keep the one its downstream reads.")
        return self


class KeyPart(Part):
    """`key` of a write."""

    over: list[str] = Field(default_factory=list)
    scope: Literal["session", "stay"] = "session"
    deliver: DeliverPart | None = None


class ReconcilePart(Part):
    """`reconcile` of a write."""

    call: ToolName
    with_: dict[str, Given] = Field(default_factory=dict, alias="with")
    happened: str


def _key_form(value: object) -> str:
    return "(key)" if isinstance(value, dict) else "(none)"


Keyed: TypeAlias = Annotated[
    Annotated[KeyPart, Tag("(key)")] | Annotated[Literal["none"], Tag("(none)")], Discriminator(_key_form)
]


class PolicyPart(Part):
    """What the workflow says of a tool."""

    effect: Literal["read", "write"] = "write"
    timeout: Span = "30s"
    retry: RetryPart = RetryPart()
    rate: Rate | None = None
    success: str | None = None
    redact: list[Redacted] = Field(default_factory=list)
    key: Keyed | None = None
    reconcile: ReconcilePart | None = None
