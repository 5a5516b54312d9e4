"""How far each schedule of a workflow has been followed, so that a start is not missed and none is made up for twice.

A schedule is known by its text. Moments are milliseconds since the epoch.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, insert, select, update

from .tables import schedules


def followed_until(connection: Connection, workflow: str, schedule: str, now_ms: int) -> int:
    """Give the moment up to which a schedule has been followed: now, for one that is seen for the first time."""
    statement = select(schedules.c.followed_until).where(_is(workflow, schedule))
    found = connection.execute(statement).scalar_one_or_none()
    if found is None:
        found = now_ms
        connection.execute(insert(schedules).values(workflow=workflow, schedule=schedule, followed_until=found))
    return int(found)


def follow_until(connection: Connection, workflow: str, schedule: str, at_ms: int) -> None:
    """Remember the moment up to which a schedule has been followed. It may be an earlier one: clocks are set back."""
    connection.execute(update(schedules).where(_is(workflow, schedule)).values(followed_until=at_ms))


def _is(workflow: str, schedule: str) -> ColumnElement[bool]:
    return (schedules.c.workflow == workflow) & (schedules.c.schedule == schedule)
