"""PM9: what outside a client starts sessions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .rule import Rule

_SCHEDULE: Final = """\
triggers:
  schedule: {cron: "0 7 * * mon", zone: Europe/Vienna, start: {amount: 12.5, purpose: weekly lunch}}
"""

_WEBHOOK: Final = """\
triggers:
  webhook:
    secret: ${EXPENSE_SECRET}
    start: {amount: =body.amount, purpose: =body.purpose}
    dedupe: =body.id
"""

TRIGGERS: Final[Mapping[str, Rule]] = {
    "PM901": Rule(
        title="No times of a schedule",
        meaning="`cron` does not consist of five fields (minute, hour, day of the month, month, day of the week), a"
        " field is none, or no day has such a time.",
        matters="The schedule would never start a session, or at another time than was meant.",
        wrong=_SCHEDULE.replace("0 7 *", "0 25 *"),
        right=_SCHEDULE,
    ),
    "PM902": Rule(
        title="Unknown time zone",
        meaning="`zone` names no time zone of the IANA database.",
        matters="Seven o'clock is another moment in each zone, and changes with daylight saving.",
        wrong=_SCHEDULE.replace("Vienna", "Wien"),
        right=_SCHEDULE,
    ),
    "PM903": Rule(
        title="A trigger that gives what no session starts with",
        meaning="`start` of a trigger lacks a field that the workflow's `start` requires, or names one it does not"
        " take.",
        matters="Every start by this trigger would be refused.",
        wrong=_WEBHOOK.replace("purpose: =", "reason: ="),
        right=_WEBHOOK,
        also=("PM903",),
    ),
    "PM904": Rule(
        title="A `dedupe` that is the same for every delivery",
        meaning="`dedupe` does not read the `body` of the delivery.",
        matters="Two deliveries with one value are one: only the first would ever start a session.",
        wrong=_WEBHOOK.replace("=body.id", "body.id"),
        right=_WEBHOOK,
    ),
}
