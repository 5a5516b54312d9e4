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

_MAIL: Final = """\
triggers:
  webhook:
    name: mail
    scheme: basic
    secret: ${MAIL_LOGIN}
    deliver: {session: =body.MailboxHash, event: answered, with: {purpose: =body.StrippedTextReply}}
states:
  begin: {actor: external, events: {answered: {requires: [purpose], next: paid}}, after: {in: 7d, to: paid}}
"""

_TWO: Final = """\
triggers:
  webhook:
    - {name: shop, secret: "${SHOP_SECRET}", start: {amount: =body.total, purpose: =body.text}}
    - {name: desk, secret: "${DESK_SECRET}", start: {amount: =body.sum, purpose: =body.why}}
"""

_MAILGUN: Final = """\
triggers:
  webhook:
    scheme: mailgun
    secret: ${MAILGUN_KEY}
    start: {amount: 12.5, purpose: =body.subject}
"""

_DRIVEN: Final = """\
access: {drive: [starter, manager], view: [starter, manager]}
triggers:
  schedule: {cron: "0 7 * * mon", start: {amount: 12.5, purpose: weekly lunch}}
states:
  begin: {actor: agent, events: {pay: {next: paid}}, after: {in: 1d, to: paid}}
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
        matters="Two deliveries with one value are one: only the first would ever count.",
        wrong=_WEBHOOK.replace("=body.id", "body.id"),
        right=_WEBHOOK,
    ),
    "PM905": Rule(
        title="Two webhooks at one address",
        meaning="Two webhooks of the workflow have one name, or none.",
        matters="The name is the end of the address that a sender is given, so nobody could say which is meant.",
        wrong=_TWO.replace("name: desk", "name: shop"),
        right=_TWO,
    ),
    "PM906": Rule(
        title="A `dedupe` that the signature does not cover",
        severity="warning",
        meaning="`dedupe` reads the body of a delivery of `mailgun`, whose signature covers a time and a token alone.",
        matters="Left out, the token is used once. With this, whoever has seen one delivery can send others with the"
        " same signature for five minutes, each of which counts.",
        wrong=_MAILGUN + "    dedupe: =body.subject\n",
        right=_MAILGUN,
    ),
    "PM907": Rule(
        title="A delivery that no session takes",
        meaning="`deliver` names an event that no state with `actor: external` has, gives it other fields than it"
        " takes, or says the same session for every delivery.",
        matters="Every delivery would be refused.",
        wrong=_MAIL.replace("event: answered", "event: replied"),
        right=_MAIL,
    ),
    "PM908": Rule(
        title="A session that a trigger starts and nobody drives",
        severity="warning",
        meaning="A trigger starts sessions in which an agent is to act, and `access.drive` names nobody but the"
        " `starter`, which is then the trigger itself.",
        matters="No agent could act in such a session; it would wait until a timer ends it.",
        wrong=_DRIVEN.replace("[starter, manager], view", "starter, view"),
        right=_DRIVEN,
    ),
}
