"""What may stand in the query of an endpoint. Values are texts there, and are read exactly."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema, model_validator

from pointsman.contracts.bounds import SAFE_INTEGER
from pointsman.fsm.facts import FactKind
from pointsman.fsm.refusals import Code
from pointsman.fsm.session import TurnOf

from ...bounds import API_ITEMS, API_ITEMS_UNASKED, QUERY_CHARACTERS
from ...documents.moments import MOMENT, comparable, read_moment
from ...insights.alerts import Alerts, with_thresholds
from ...insights.asking import REFERENCE, WINDOW, StatsAsked, read_across
from ...insights.examples import CORRECTIONS, EVERYTHING, ExampleFilter
from ...store.histories import HistoryFilter
from ...store.reading import SessionFilter
from ...store.searching import RowFilter, WaitingFilter

_WHOLE: Final = re.compile(r"(0|[1-9][0-9]{0,15})\Z", re.ASCII)
_FLAGS: Final = {"true": True, "false": False}
_SOME_TIME_MS: Final = 4_000_000_000_000
_SCHEMA_OF_MOMENT: Final[dict[str, str | list[str]]] = {
    "type": "string",
    "pattern": f"^{MOMENT}$",
    "examples": ["2026-11-22", "2026-11-22T09:00:00"],
}


def _whole(value: object) -> object:
    if isinstance(value, str) and not _WHOLE.match(value):
        raise ValueError("must be a whole number")
    return value


def _moment(value: object) -> object:
    if isinstance(value, str) and comparable(value) is None:
        raise ValueError("must be written like 2026-11-22 or 2026-11-22T09:00:00, in UTC")
    return value


def _flag(value: object) -> object:
    if isinstance(value, str) and value not in _FLAGS:
        raise ValueError("must be true or false")
    return _FLAGS.get(value, value) if isinstance(value, str) else value


Text = Annotated[str, StringConstraints(min_length=1, max_length=QUERY_CHARACTERS)]
Flag = Annotated[bool, BeforeValidator(_flag)]
Moment = Annotated[str, BeforeValidator(_moment), WithJsonSchema(_SCHEMA_OF_MOMENT)]
Limit = Annotated[int, BeforeValidator(_whole), Field(ge=1, le=API_ITEMS)]
Revision = Annotated[int, BeforeValidator(_whole), Field(ge=1, le=SAFE_INTEGER)]


class _Parameters(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Paged(_Parameters):
    """What every list takes."""

    limit: Limit = Field(API_ITEMS_UNASKED, description="At most so many.")
    cursor: Text | None = Field(None, description="The cursor of the page before: gives the page that follows it.")


class SessionsAsked(Paged):
    """Which sessions are listed: those that agree with everything that is said."""

    workflow: Text | None = Field(None, description="Of this workflow.")
    state: Text | None = Field(None, description="In this state.")
    started_by: Text | None = Field(None, description="Started by this principal.")
    role: Text | None = Field(None, description="With an open review for this role.")
    waiting_for: TurnOf | None = Field(None, description="Where it is the turn of this actor.")
    ended: Flag | None = Field(None, description="That have ended, or that have not.")
    since: Moment | None = Field(None, description="Started at this moment (UTC) or later.")
    until: Moment | None = Field(None, description="Started before this moment (UTC).")
    begins: Text | None = Field(None, description="Whose handle begins with these characters, taken literally.")
    search: Text | None = Field(
        None,
        description="Whose handle, or a short value given at the start, begins with this, or that this principal has "
        "started. By what sessions hold only people find them.",
    )
    failed: Flag | None = Field(
        None,
        description="That ended as failed or manual, or hold a write that nobody knows the outcome of; or the others.",
    )

    def chosen(self) -> SessionFilter:
        """Give the filter that this is."""
        return SessionFilter(
            workflow=self.workflow,
            state=self.state,
            started_by=self.started_by,
            waiting_role=self.role,
            ended=self.ended,
            begins=self.begins,
            waiting_for=self.waiting_for,
            since_ms=None if self.since is None else read_moment(self.since),
            until_ms=None if self.until is None else read_moment(self.until),
            search=self.search,
            failed=self.failed,
        )


class ReviewsAsked(Paged):
    """Which reviews and calls are listed."""

    role: Text | None = Field(None, description="That wait for this role.")
    workflow: Text | None = Field(None, description="Of this workflow.")

    def chosen(self) -> WaitingFilter:
        """Give the filter that this is."""
        return WaitingFilter(self.role, self.workflow)


class EffectsAsked(Paged):
    """Which writes are listed: without a session those that are open."""

    session: Text | None = Field(None, description="All of this session, those that were done too.")
    status: Literal["intended", "unknown", "done"] | None = Field(
        None, description="Of this status. `done` goes with a session."
    )

    @model_validator(mode="after")
    def _done_of_one_session(self) -> Self:
        if self.status == "done" and self.session is None:
            raise ValueError("status `done` goes with a session: the audit has those of all")
        return self


class RowsAsked(Paged):
    """Which rows are listed: those that agree with everything that is said."""

    session: Text | None = Field(None, description="Of this session; `server`: of calls that belong to none.")
    kind: FactKind | None = Field(None, description="Of this kind.")
    actor: Text | None = Field(None, description="Of this actor.")
    action: Text | None = Field(None, description="Of this tool or event.")
    code: Code | None = Field(None, description="Refusals with this code.")
    since: Moment | None = Field(None, description="From this moment (UTC) on.")
    until: Moment | None = Field(None, description="Before this moment (UTC).")

    def chosen(self) -> RowFilter:
        """Give the filter that this is."""
        return RowFilter(
            session=self.session,
            kind=self.kind,
            actor=self.actor,
            action=self.action,
            code=self.code,
            since=None if self.since is None else comparable(self.since),
            until=None if self.until is None else comparable(self.until),
        )


class CorrectionsAsked(Paged):
    """Which examples are listed."""

    workflow: Text | None = Field(None, description="Of sessions of this workflow.")
    version: Revision | None = Field(None, description="Of sessions of this version of it.")
    state: Text | None = Field(None, description="Of what was proposed in this state.")
    since: Moment | None = Field(None, description="Of what was proposed from this moment (UTC) on.")
    until: Moment | None = Field(None, description="Of what was proposed before this moment (UTC).")
    accepted: Flag = Field(False, description="Also of what reviewers took unchanged.")  # noqa: FBT003 -- a default

    def chosen(self) -> ExampleFilter:
        """Give the filter that this is."""
        since, until = (None if one is None else comparable(one) for one in (self.since, self.until))
        histories = HistoryFilter(self.workflow, self.version, since, until)
        return ExampleFilter(histories, self.state, EVERYTHING if self.accepted else CORRECTIONS)


class StatisticsAsked(_Parameters):
    """What is counted, and from where on what has changed is an alert."""

    workflow: Text | None = Field(None, description="Of this workflow.")
    version: Revision | None = Field(None, description="Of this version of it.")
    state: Text | None = Field(None, description="In this state.")
    model: Text | None = Field(None, description="Of this model, or of the agents of this client.")
    window: Text = Field(WINDOW, description="What is looked at: so many days up to now, or 2026-10-01..2026-11-01.")
    reference: Text = Field(REFERENCE, description="What it is compared with: so many days before it, or two moments.")
    across: Text | None = Field(
        None, description="What is put together although it differs in this: `version`, `model`, or both with a comma."
    )
    thresholds: Text | None = Field(None, description="Thresholds of alerts: `minimum=100,cost=off`.")

    @model_validator(mode="after")
    def _can_be_meant(self) -> Self:
        self.asked().chosen(_SOME_TIME_MS)
        return self

    def asked(self) -> StatsAsked:
        """Give the question that this is.

        Raises:
            ValueError: there is something in it that cannot be meant.
        """
        said = (part.partition("=") for part in (self.thresholds or "").split(",") if part)
        return StatsAsked(
            self.workflow,
            self.version,
            self.state,
            self.model,
            self.window,
            self.reference,
            read_across((self.across or "").split(",")),
            with_thresholds(Alerts(), {name: value for name, _, value in said}),
        )


class VerificationAsked(_Parameters):
    """What is verified."""

    session: Text | None = Field(
        None, description="The history of this session; `server`: of calls that belong to none; if not said: all."
    )
    limit: Limit = Field(API_ITEMS_UNASKED, description="So many histories are told of, at most; all are counted.")


class ReplayAsked(_Parameters):
    """How far a session is made again."""

    to: Revision | None = Field(None, description="Up to this row; without it, all rows.")
