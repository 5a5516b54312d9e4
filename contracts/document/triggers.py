"""Triggers: what outside a client starts sessions."""

from __future__ import annotations

from typing import Annotated, Final, TypeAlias

from pydantic import BeforeValidator, Field, StringConstraints

from .part import Given, Part, single

ENVIRONMENT_PATTERN: Final = r"^\$\{[A-Za-z_][A-Za-z0-9_]*\}$"
Environment: TypeAlias = Annotated[str, StringConstraints(pattern=ENVIRONMENT_PATTERN)]
"""A secret's place in the environment. The secret itself never stands in a file."""


class WebhookPart(Part):
    """`webhook`: a signed request from outside. `start` and `dedupe` read its `body`."""

    secret: Environment
    start: dict[str, Given] = Field(default_factory=dict)
    dedupe: str | None = None


class SchedulePart(Part):
    """`schedule`: times at which a session starts by itself."""

    cron: str
    zone: str = "UTC"
    start: dict[str, Given] = Field(default_factory=dict)


Schedules: TypeAlias = Annotated[
    list[SchedulePart], BeforeValidator(single, json_schema_input_type=SchedulePart | list[SchedulePart])
]


class TriggersPart(Part):
    """`triggers`."""

    webhook: WebhookPart | None = None
    schedule: Schedules = Field(default_factory=list["SchedulePart"])
