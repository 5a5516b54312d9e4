"""Lists: what of them somebody sees, and that their pages hold every entry once."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection

from pointsman.contracts.times import iso, milliseconds
from pointsman.contracts.values import JsonObject
from pointsman.server.documents import effects, rows, sessions, waiting, workflows
from pointsman.server.documents.effects import EffectFilter
from pointsman.server.documents.pages import Page
from pointsman.server.errors import StoreUnreadable
from pointsman.server.store.opening import reading
from pointsman.server.store.reading import Seen, SessionFilter, read_session
from pointsman.server.store.searching import RowFilter, RowPlace, WaitingFilter, moment_after
from tests.server.documents.conftest import NOW, WORKING, play

ADAS = Seen("ada")
MALLORYS = Seen("mallory")
REVIEWER = Seen("maria", ("reviewer",))

Turn = Callable[[Connection, Seen | None, int, str | None], Page]

LISTS: dict[str, Turn] = {
    "sessions": lambda connection, seen, limit, cursor: sessions.page(
        connection, SessionFilter(seen=seen), limit, cursor
    ),
    "waiting": lambda connection, seen, limit, cursor: waiting.page(
        connection, WaitingFilter(seen=seen), NOW, limit, cursor
    ),
    "effects": lambda connection, seen, limit, cursor: effects.page(connection, EffectFilter(seen=seen), limit, cursor),
    "rows": lambda connection, seen, limit, cursor: rows.page(connection, RowFilter(seen=seen), limit, cursor),
    "history": lambda connection, _seen, limit, cursor: rows.history(connection, "working", limit, cursor),
}


def named(page: Page, member: str = "session") -> list[object]:
    return [one[member] for one in page.items]


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("limit", [1, 2, 3])
def test_the_pages_of_a_list_hold_every_entry_once_and_in_order(connection: Connection, name: str, limit: int) -> None:
    turn = LISTS[name]
    whole = turn(connection, None, 1_000, None)
    assert whole.cursor is None
    found = [*(page := turn(connection, None, limit, None)).items]
    while page.cursor is not None:
        assert len(page.items) == limit
        found += (page := turn(connection, None, limit, page.cursor)).items
    assert found == [*whole.items]
    assert len(found) > 1


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("cursor", ["", "x", "1-", "1' OR '1'='1", "9" * 200, "1-a\n", "-1", "1-%"])
def test_what_is_no_cursor_of_a_list_is_refused(connection: Connection, name: str, cursor: str) -> None:
    with pytest.raises(ValueError, match="no cursor"):
        LISTS[name](connection, None, 10, cursor)


def test_everybody_sees_what_is_theirs_and_what_waits_for_their_roles(connection: Connection) -> None:
    assert named(LISTS["waiting"](connection, None, 10, None)) == ["asking", "waiting"]
    assert named(LISTS["waiting"](connection, ADAS, 10, None)) == ["asking"]
    assert named(LISTS["waiting"](connection, REVIEWER, 10, None)) == ["asking", "waiting"]
    assert named(LISTS["effects"](connection, None, 10, None)) == ["writing", "later"]
    assert named(LISTS["effects"](connection, MALLORYS, 10, None)) == ["later"]
    assert named(LISTS["effects"](connection, REVIEWER, 10, None)) == []


def test_rows_are_those_of_sessions_that_are_seen_and_never_those_of_no_session(connection: Connection) -> None:
    everything = {*named(LISTS["rows"](connection, None, 1_000, None), "session_id")}
    assert everything == {*WORKING, "server"}
    assert {*named(LISTS["rows"](connection, MALLORYS, 1_000, None), "session_id")} == {"later", "waiting"}
    assert rows.page(connection, RowFilter(session="server", seen=REVIEWER)).items == ()
    assert rows.page(connection, RowFilter(session="working", seen=MALLORYS)).items == ()


def test_a_page_of_rows_ends_before_it_is_too_large(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = rows.history(connection, "working").items
    monkeypatch.setattr("pointsman.server.documents.rows.ROWS_BYTES", 1)
    page = rows.history(connection, "working")
    assert page.items == whole[:1]
    assert rows.history(connection, "working", cursor=page.cursor).items == whole[1:2]
    assert len(rows.page(connection, RowFilter()).items) == 1


@pytest.mark.parametrize(
    "chosen",
    [
        RowFilter(),
        RowFilter(kind="entered"),
        RowFilter(actor="mallory"),
        RowFilter(code="TOO_LARGE"),
        RowFilter(seen=MALLORYS),
        RowFilter(session="working"),
        RowFilter(session="working", kind="accepted"),
        RowFilter(session="working", seen=MALLORYS),
        RowFilter(session="nowhere"),
    ],
)
def test_a_search_of_rows_looks_at_so_many_and_goes_on_from_there(
    connection: Connection, monkeypatch: pytest.MonkeyPatch, chosen: RowFilter
) -> None:
    """Its pages may be empty, and in all they have what one search has that may look at everything."""
    whole = rows.page(connection, chosen)
    assert (whole.cursor, whole.looked_back_to) == (None, None)
    monkeypatch.setattr("pointsman.server.store.searching.ROWS_LOOKED_AT", 3)
    found: list[JsonObject] = []
    moments: list[str] = []
    cursor: str | None = None
    while True:
        page = rows.page(connection, chosen, 2, cursor)
        found += page.items
        assert len(page.items) <= 2
        assert (page.cursor is None) == (page.looked_back_to is None)
        if page.cursor is None or page.looked_back_to is None:
            break
        assert all(str(row["at"]) >= page.looked_back_to for row in page.items)
        moments.append(page.looked_back_to)
        cursor = page.cursor
    assert found == [*whole.items]
    assert moments == sorted(moments, reverse=True)
    assert bool(moments) == (chosen.session != "nowhere" and (chosen.session is None or chosen.seen is None))


def test_a_search_tells_nothing_of_sessions_that_one_may_not_see(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither that there is one, nor its handle by which the search goes on, nor when something was done there."""
    foreign = {str(row["session_id"]) for row in rows.page(connection, RowFilter()).items}
    own = {str(row["session_id"]) for row in rows.page(connection, RowFilter(seen=MALLORYS)).items}
    assert foreign - own
    monkeypatch.setattr("pointsman.server.store.searching.ROWS_LOOKED_AT", 3)
    cursor: str | None = None
    while True:
        page = rows.page(connection, RowFilter(seen=MALLORYS), 2, cursor)
        cursor = page.cursor
        if cursor is None:
            break
        assert not [name for name in foreign - own if name in cursor]
    for name in foreign - own:
        hidden = rows.page(connection, RowFilter(name, seen=MALLORYS), 2)
        assert hidden == rows.page(connection, RowFilter("nowhere", seen=MALLORYS), 2)


@pytest.mark.parametrize(
    ("at", "after", "end"),
    [
        ("2026-11-22T09:10:11.250Z", None, "2026-11-22T09:11:00.000Z"),
        ("2026-11-22T09:10:11.250Z", "2026-11-22T09:10:40.000Z", "2026-11-22T09:10:12.000Z"),
        ("2026-11-22T09:10:11.250Z", "2026-11-22T09:10:11.700Z", "2026-11-22T09:10:11.250Z"),
        ("odd", None, "odd"),
    ],
)
def test_a_search_says_how_far_it_has_looked_by_a_whole_minute_where_it_can(
    at: str, after: str | None, end: str
) -> None:
    assert moment_after(at, None if after is None else RowPlace(after, "", 0)) == end


def test_rows_are_searched_within_a_time(connection: Connection) -> None:
    every = rows.page(connection, RowFilter()).items
    since, until = str(every[-3]["at"]), str(every[2]["at"])
    expected = [row for row in every if since <= str(row["at"]) < until]
    assert [*rows.page(connection, RowFilter(since=since, until=until)).items] == expected
    own = [row for row in expected if row["session_id"] == "working"]
    assert [*rows.page(connection, RowFilter("working", since=since, until=until)).items] == own


def test_a_damaged_snapshot_is_named_and_is_no_mistake_of_the_programs(tmp_path: Path) -> None:
    path = tmp_path / "p.sqlite3"
    asyncio.run(play(path))
    with sqlite3.connect(path) as hand:
        hand.execute("UPDATE sessions SET snapshot = '{' WHERE id = 'asking'")
    with reading(path).connect() as damaged, damaged.begin(), pytest.raises(StoreUnreadable):
        waiting.page(damaged, WaitingFilter(), NOW)


def test_reviews_are_chosen_by_role_and_workflow(connection: Connection) -> None:
    for chosen, names in (
        (WaitingFilter(role="reviewer"), ["asking", "waiting"]),
        (WaitingFilter(role="cook"), []),
        (WaitingFilter(workflow="tale"), ["asking", "waiting"]),
        (WaitingFilter(workflow="t%"), []),
    ):
        assert named(waiting.page(connection, chosen, NOW)) == names


def test_a_list_of_one_session_of_a_bound_token_has_nothing_else(connection: Connection) -> None:
    bound = Seen("ada", ("reviewer",), session="asking")
    assert named(LISTS["waiting"](connection, bound, 10, None)) == ["asking"]
    assert named(LISTS["sessions"](connection, bound, 10, None)) == ["asking"]
    assert named(LISTS["effects"](connection, bound, 10, None)) == []
    assert {*named(LISTS["rows"](connection, bound, 100, None), "session_id")} == {"asking"}


def test_sessions_are_counted_by_state_as_far_as_they_are_seen(connection: Connection) -> None:
    for seen, open_, ended, states in (
        (None, 5, 1, {"work": (3, 1), "review": (2, 0)}),
        (ADAS, 3, 1, {"work": (2, 1), "review": (1, 0)}),
        (MALLORYS, 2, 0, {"work": (1, 0), "review": (1, 0)}),
        (REVIEWER, 2, 0, {"review": (2, 0)}),
        (Seen("ada", session="over"), 0, 1, {"work": (0, 1)}),
        (Seen("nobody"), 0, 0, {}),
    ):
        counts = workflows.counts(connection, "tale", seen)
        assert (counts["open"], counts["ended"]) == (open_, ended), seen
        assert counts["states"] == [
            {"state": name, "open": running, "ended": over} for name, (running, over) in sorted(states.items())
        ]
    assert workflows.counts(connection, "t%", None)["states"] == []


def test_writes_are_chosen_by_status_and_session(connection: Connection) -> None:
    assert named(effects.page(connection, EffectFilter(status="unknown"))) == []
    session = read_session(connection, "writing")
    assert session is not None
    [own] = effects.page(connection, EffectFilter(session)).items
    assert (own["status"], own["tool"]) == ("intended", "t.write")


def test_sessions_are_chosen_by_their_start_and_by_whose_turn_it_is(connection: Connection) -> None:
    every = sessions.page(connection, SessionFilter())
    started = {str(one["session"]): milliseconds(str(one["started_at"])) for one in every.items}
    third = started["later"]
    for chosen, names in (
        (SessionFilter(since_ms=third), {"later", "asking", "waiting", "over"}),
        (SessionFilter(until_ms=third), {"working", "writing"}),
        (SessionFilter(since_ms=third, until_ms=third + 1), {"later"}),
        (SessionFilter(waiting_for="human"), {"asking", "waiting"}),
    ):
        assert {*named(sessions.page(connection, chosen))} == names, iso(third)


@pytest.mark.parametrize(
    ("chosen", "index"),
    [
        (SessionFilter(seen=ADAS), "sessions_starter"),
        (SessionFilter(), "sessions_listed"),
    ],
)
def test_a_list_of_sessions_is_found_by_an_index(connection: Connection, chosen: SessionFilter, index: str) -> None:
    """Design, section 13: the cost of a call does not grow with the number of sessions."""
    plans = planned(connection, lambda: sessions.page(connection, chosen))
    assert index in plans


def test_what_waits_and_what_is_written_is_found_by_an_index_whoever_asks(connection: Connection) -> None:
    for seen in (None, REVIEWER):
        plans = planned(connection, partial(waiting.page, connection, WaitingFilter("reviewer", seen=seen), NOW))
        assert "reviews_role" in plans
        plans = planned(connection, partial(waiting.page, connection, WaitingFilter(seen=seen), NOW))
        assert "reviews_opened" in plans
        plans = planned(connection, partial(effects.page, connection, EffectFilter(seen=seen)))
        assert "unknown_effects_opened" in plans
        assert "sessions_open" in plans


def test_rows_are_looked_at_in_the_order_of_their_time(connection: Connection) -> None:
    for chosen in (RowFilter(), RowFilter(actor="ada"), RowFilter(seen=ADAS), RowFilter(seen=REVIEWER, code="STALE")):
        plans = planned(connection, partial(rows.page, connection, chosen))
        assert "audit USING INDEX audit_searched" in plans
        assert "TEMP B-TREE" not in plans


def planned(connection: Connection, ask: Callable[[], object]) -> str:
    """Say how SQLite finds what is asked."""
    raw = connection.connection.driver_connection
    assert raw is not None
    said: list[str] = []
    raw.set_trace_callback(said.append)
    ask()
    raw.set_trace_callback(None)
    return "\n".join(
        str(row[3]) for one in said if one.startswith("SELECT") for row in raw.execute(f"EXPLAIN QUERY PLAN {one}")
    )
