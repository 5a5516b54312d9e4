"""Triggers: what outside a client starts sessions, or moves those that wait."""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self, TypeAlias

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from .part import Given, Name, Part, Unfit, single

ENVIRONMENT_PATTERN: Final = r"^\$\{[A-Za-z_][A-Za-z0-9_]*\}$"
Environment: TypeAlias = Annotated[str, StringConstraints(pattern=ENVIRONMENT_PATTERN)]
"""A secret's place in the environment. The secret itself never stands in a file."""

Secrets: TypeAlias = Annotated[
    list[Environment],
    BeforeValidator(single, json_schema_input_type=Environment | list[Environment]),
    Field(min_length=1, max_length=2),
]
"""One secret, or two while the sender changes from one to the other."""

Scheme: TypeAlias = Literal["standard", "github", "stripe", "mailgun", "basic"]
"""How a sender proves that a delivery is its own."""


class DeliveryPart(Part):
    """`deliver` of a webhook: the event that a delivery is, and the session it is for."""

    session: str
    event: str
    with_: dict[str, Given] = Field(default_factory=dict, alias="with")


class WebhookPart(Part):
    """`webhook`: a request from outside that proves its sender. `start`, `deliver` and `dedupe` read its `body`."""

    name: Name | None = None
    scheme: Scheme = "standard"
    secret: Secrets
    start: dict[str, Given] | None = None
    deliver: DeliveryPart | None = None
    dedupe: str | None = None

    @model_validator(mode="after")
    def _one_purpose(self) -> Self:
        if (self.start is None) == (self.deliver is None):
            raise Unfit(
                "a webhook has either `start` or `deliver`",
                "`start: {field: =body.field}` starts a session, `deliver` moves one that waits.",
            )
        return self


Webhooks: TypeAlias = Annotated[
    list[WebhookPart], BeforeValidator(single, json_schema_input_type=WebhookPart | list[WebhookPart])
]


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

    webhook: Webhooks = Field(default_factory=list["WebhookPart"])
    schedule: Schedules = Field(default_factory=list["SchedulePart"])
