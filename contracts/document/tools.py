"""Sources of tools, and what the workflow says of each tool."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from .part import Duration, Given, Part, ToolName


class McpPart(Part):
    """`mcp` of a source."""

    command: str | None = None
    args: list[str] = Field(default_factory=list)
    env: dict[str, str] = Field(default_factory=dict)
    cwd: str | None = None
    url: str | None = None
    headers: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.command is None) == (self.url is None):
            raise ValueError("an mcp source needs either `command` or `url`")
        return self


class SourcePart(Part):
    """A source of tools."""

    later: ClassVar[frozenset[str]] = frozenset({"openapi"})
    python: str | None = None
    mcp: McpPart | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if (self.python is None) == (self.mcp is None):
            raise ValueError("a source is either `python` or `mcp`")
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
            raise ValueError("`deliver` names one of `argument`, `header` and `meta`")
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


class PolicyPart(Part):
    """What the workflow says of a tool."""

    later: ClassVar[frozenset[str]] = frozenset({"rate", "success", "redact"})
    effect: Literal["read", "write"] = "write"
    timeout: Duration = "30s"
    retry: RetryPart = RetryPart()
    key: KeyPart | None = None
    reconcile: ReconcilePart | None = None

    @classmethod
    def unsupported(cls, data: Mapping[str, object]) -> frozenset[str]:
        """Add `key: none`."""
        return super().unsupported(data) | ({"key"} if data.get("key") == "none" else frozenset[str]())
