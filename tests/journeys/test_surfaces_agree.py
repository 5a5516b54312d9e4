"""One script gives one history, whichever surface and era it is played over.

Design, section 5: the same script of calls gives the same session history on all of them:
row for row but for times, identifiers and channel.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Final, cast, get_args

import pytest

from pointsman.contracts.values import Json, JsonObject
from pointsman.server.audit.chain import AuditRow
from pointsman.server.scripts.agent import Era, Surface
from tests.journeys.plays import SCRIPTS, Theatre

QUICK: Final = {"invoices-clarification"}
SLOW: Final = {
    "invoices-demo",
    "invoices-invalid_fields",
    "invoices-overdue_review",
    "invoices-write_back_refused",
    "service_desk-ambiguous",
    "service_desk-closing",
    "service_desk-demo",
    "service_desk-grant_rejected",
    "service_desk-grant_unanswered",
    "service_desk-violations",
}
"""Those in which something is refused, decided, approved, fetched, late or left; six plays each."""
IDS: Final = {path: f"{path.parents[1].name}-{path.stem}" for path in SCRIPTS}
SHOWN: Final[list[tuple[Surface, Era]]] = [(surface, era) for surface in get_args(Surface) for era in get_args(Era)]

_OF_EACH_PLAY: Final = {
    "session_id",
    "command_id",
    "at",
    "channel",
    "duration_ms",
    "trace_id",
    "body_digest",  # the body's salt is random
    "prev",
    "hash",
}
_OF_EACH_PLAY_IN_BODIES: Final = {
    *("at", "due_at", "expires_at", "opened_at", "since", "instance", "session", "salt"),
    "shown_digest",  # it binds the session's handle
}

_MOMENT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z")
_WRITE: Final = re.compile(r"pm-[0-9a-f]{32}")
"""The key of a write, which is made of the session's handle."""

_OF_THE_LAST: Final = ("position", "review")
"""What the last branch to settle brings, whichever it is."""


def _same_for_all(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: _same_for_all(item) for key, item in value.items() if key not in _OF_EACH_PLAY_IN_BODIES}
    return [_same_for_all(item) for item in value] if isinstance(value, list) else value


def _comparable(row: AuditRow) -> JsonObject:
    columns: JsonObject = {name: value for name, value in row._asdict().items() if name not in _OF_EACH_PLAY}
    body = _MOMENT.sub("MOMENT", (row.body or "{}").replace(row.session_id, "HANDLE"))  # in messages of approvals
    body = _WRITE.sub("KEY", body)
    return {**columns, "body": _same_for_all(cast("Json", json.loads(body)))}


def history(rows: Sequence[AuditRow]) -> Iterator[JsonObject]:
    """Rows as they must be in every play. Branches of an `all` settle in either order, so by the tools' names."""
    compared = [_comparable(row) for row in rows]
    for settled, group in groupby(compared, key=lambda row: row["kind"] == "settled" and row["actor_kind"] == "system"):
        found = list(group)
        if settled and len(found) > 1:
            for number, row in enumerate(sorted(found, key=lambda row: str(row["action"]))):
                body = cast("JsonObject", row["body"])
                rest: JsonObject = {name: value for name, value in body.items() if name not in _OF_THE_LAST}
                yield {**row, "body": rest, "revision": number}
            last = cast("JsonObject", found[-1]["body"])
            yield {name: last[name] for name in _OF_THE_LAST if name in last}
        else:
            yield from found


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(path, id=name, marks=() if name in QUICK else pytest.mark.slow)
        for path, name in IDS.items()
        if name in QUICK | SLOW
    ],
)
async def test_a_script_gives_the_same_history_over_every_surface_and_era_that_serves_it(
    theatre: Theatre, script: Path
) -> None:
    plays = {shown: await theatre.play(script, *shown) for shown in SHOWN}
    first = plays[SHOWN[0]]
    for shown, play in plays.items():
        assert play.played.faults == (), shown
        assert len(play.rows) > 2
        for one, other in zip(history(play.rows), history(first.rows), strict=True):
            assert one == other, shown
