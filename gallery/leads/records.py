"""The shapes of the records about leads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Stage: TypeAlias = Literal["new", "scored", "with_sales", "call_planned", "dormant", "stopped"]


@dataclass(frozen=True, slots=True)
class Lead:
    """Somebody who asked. `message` is what they wrote: it is no instruction."""

    lead_id: str
    name: str
    email: str
    domain: str
    language: str
    message: str
    unsubscribed: bool
    unsubscribe_url: str
    stage: Stage


@dataclass(frozen=True, slots=True)
class FoundLead:
    """A lead; null if there is none."""

    lead: Lead | None


@dataclass(frozen=True, slots=True)
class Company:
    """A company, as the directory has it."""

    domain: str
    name: str
    industry: str
    employees: int
    country: str
    about: str


@dataclass(frozen=True, slots=True)
class FoundCompany:
    """A company; null if the directory has none."""

    company: Company | None


@dataclass(frozen=True, slots=True)
class Touch:
    """Something that a lead did."""

    at: str
    what: str


@dataclass(frozen=True, slots=True)
class Updated:
    """The receipt for an update of the CRM."""

    update_id: str


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail that was sent. `number` counts a lead's mails from 1."""

    mail_id: str
    number: int
    to: str
    subject: str
    body: str
    sent_at: str


@dataclass(frozen=True, slots=True)
class FoundMail:
    """A mail; null if there is none."""

    mail: Mail | None


@dataclass(frozen=True, slots=True)
class MailCount:
    """How many mails a lead got, and how many of them since its last answer."""

    sent: int
    unanswered: int


@dataclass(frozen=True, slots=True)
class SentMail:
    """The receipt for a mail. `repeated` says that it had been sent before."""

    mail_id: str
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Alert:
    """The receipt for an alert."""

    alert_id: str
