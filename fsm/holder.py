"""Who holds what waits for a person, so that they alone decide it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Holder:
    """The person who has claimed a review or a waiting call, and since when, in milliseconds since the epoch.

    `given_by` and `reason` are of the person who delegated it to them. It ends with what is held.
    """

    by: str
    at: int
    given_by: str | None = None
    reason: str | None = None
