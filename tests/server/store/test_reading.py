from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Connection

from pointsman.contracts.schemas import Contract
from pointsman.contracts.values import JsonObject
from pointsman.contracts.workflow import Workflow
from pointsman.fsm.commands import Cancel
from pointsman.fsm.session import Actor
from pointsman.server.store.instances import add_instance, beat_instance, beats, remove_instance
from pointsman.server.store.opening import open_database, reading
from pointsman.server.store.principals import (
    Principal,
    add_principal,
    hash_token,
    list_principals,
    new_token,
    principal,
    principal_by_token_hash,
    revoke_principal,
)
from pointsman.server.store.reading import (
    Seen,
    SessionFilter,
    any_open_calls,
    audit_rows,
    due_sessions,
    list_sessions,
    next_due_at,
    open_sessions,
    read_revisions,
    read_session,
)
from tests.server.tale import ADA, MALLORY, command, note, opened, send, start, tale, write


async def play(path: Path) -> None:
    """Five sessions of two workflows: working, writing, in review, resting, cancelled."""
    workflow, other = tale(), tale("100%_other")
    async with opened(path, workflow, other) as engine:
        for name, flow, who in (
            ("working", workflow, ADA),
            ("writing", other, ADA),
            ("review", workflow, MALLORY),
            ("resting", workflow, ADA),
            ("cancelled", other, ADA),
        ):
            await engine.submit(name, start(name, flow, actor=who))
        await engine.submit("writing", write())
        await engine.submit("review", command(send("ask").request, MALLORY))
        await engine.submit("resting", send("rest"))
        await engine.submit("cancelled", command(Cancel("enough"), Actor("human", "ada")))
        await engine.submit("working", note(1))


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "p.sqlite3"
    asyncio.run(play(path))
    return path


@pytest.fixture
def connection(template: Path, tmp_path: Path) -> Iterator[Connection]:
    path = Path(shutil.copy(template, tmp_path))
    with open_database(path).connect() as opened_connection, opened_connection.begin():
        yield opened_connection


@pytest.mark.parametrize(
    ("chosen", "names"),
    [
        (SessionFilter(), ["cancelled", "resting", "review", "writing", "working"]),
        (SessionFilter(workflow="tale"), ["resting", "review", "working"]),
        (SessionFilter(workflow="100%"), []),
        (SessionFilter(state="pause"), ["resting"]),
        (SessionFilter(started_by="mallory"), ["review"]),
        (SessionFilter(waiting_role="reviewer"), ["review"]),
        (SessionFilter(ended=True), ["cancelled"]),
        (SessionFilter(ended=False, workflow="100%_other"), ["writing"]),
        (SessionFilter(state="' OR 1=1 --"), []),
    ],
)
def test_sessions_are_listed_newest_first_by_what_is_asked(
    connection: Connection, chosen: SessionFilter, names: list[str]
) -> None:
    """Fault 17: `%`, `_` and quotes are literal."""
    page = list_sessions(connection, chosen)
    assert [session.id for session in page.sessions] == names
    assert page.cursor is None


def test_a_list_goes_on_where_its_cursor_says(connection: Connection) -> None:
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = list_sessions(connection, SessionFilter(), 2, cursor)
        seen += [session.id for session in page.sessions]
        cursor = page.cursor
        if cursor is None:
            break
    assert seen == ["cancelled", "resting", "review", "writing", "working"]


@pytest.mark.parametrize("cursor", ["yesterday", "", "9" * 5_000, f"{2**80}-x", "\u0661-x", "1-x'--", "1-"])
def test_a_cursor_that_is_none_of_ours_is_told_from_one(connection: Connection, cursor: str) -> None:
    with pytest.raises(ValueError, match="cursor"):
        list_sessions(connection, SessionFilter(), 2, cursor)


def test_a_list_has_what_a_principal_may_see(connection: Connection) -> None:
    def seen(seen: Seen) -> set[str]:
        return {one.id for one in list_sessions(connection, SessionFilter(seen=seen)).sessions}

    everything = list_sessions(connection, SessionFilter()).sessions
    of_mallory = {one.id for one in everything if one.started_by == "mallory"}
    (digest,) = {one.definition for one in everything if one.id == "writing"}
    of_it = {one.id for one in everything if one.definition == digest}
    assert seen(Seen("mallory")) == of_mallory
    assert seen(Seen("nobody")) == set()
    assert seen(Seen("nobody", roles=("reviewer",))) == {"review"}
    assert seen(Seen("nobody", definitions=frozenset({digest}))) == of_it
    assert seen(Seen("mallory", hidden=frozenset(one.definition for one in everything))) == set()


def test_a_handle_is_found_by_its_first_characters_and_nothing_is_a_wildcard(connection: Connection) -> None:
    assert [one.id for one in list_sessions(connection, SessionFilter(begins="wr")).sessions] == ["writing"]
    assert list_sessions(connection, SessionFilter(begins="%")).sessions == ()


STARTS: dict[str, JsonObject] = {
    "first": {"number": "INV-100", "customer": "Müller  & Söhne\n"},
    "second": {"number": "inv-200", "amount": 1250.5, "paid": True},
    "third": {"number": "100%", "customer": "A_B", "amount": 12},
    "fourth": {"password": "[redacted]", "note": "x" * 101, "lines": ["INV-300"], "nothing": None, "empty": " "},
    "fifth": {f"n{number}": f"word {number:02}" for number in range(25)},
}


async def begin(path: Path) -> None:
    workflow = open_to_anything()
    async with opened(path, workflow) as engine:
        for name, fields in STARTS.items():
            await engine.submit(name, start(name, workflow, fields, MALLORY if name == "third" else ADA))


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("begun") / "p.sqlite3"
    asyncio.run(begin(path))
    return path


@pytest.fixture(params=[0, 1_000], ids=["frequent", "rare"])
def named(begun: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Connection]:
    """Sessions that were started with names of things, of which every one is frequent, or none."""
    monkeypatch.setattr("pointsman.server.store.session_search.RARE", request.param)
    with reading(begun).connect() as opened_connection, opened_connection.begin():
        yield opened_connection


def open_to_anything() -> Workflow:
    plain = tale("named")
    fields = ("number", "customer", "amount", "paid", "password", "note", "lines", "nothing", "empty")
    every = (*fields, *(f"n{number}" for number in range(25)))
    return replace(plain, start=Contract({"type": "object"}), start_fields=every)


@pytest.mark.parametrize(
    ("search", "names"),
    [
        ("INV-1", ["first"]),
        ("inv", ["second", "first"]),
        ("  Inv-2 ", ["second"]),
        ("100", ["third"]),
        ("100%", ["third"]),
        ("1%", []),
        ("a_", ["third"]),
        ("i_v", []),
        ("'", []),
        ("MÜLLER & s", ["first"]),
        ("mu\u0308ller", ["first"]),
        ("1250.5", ["second"]),
        ("12", ["third", "second"]),
        ("true", []),
        ("null", []),
        ("[redacted]", []),
        ("xxx", []),
        ("nv-1", []),
        ("mallory", ["third"]),
        ("mallor", []),
        ("FI", ["fifth", "first"]),
        ("word 19", ["fifth"]),
        ("word 20", []),
    ],
)
def test_sessions_are_found_by_how_they_began(named: Connection, search: str, names: list[str]) -> None:
    """By the beginning of the handle or of a value, by the whole of the starter. Fault 17: nothing is a pattern."""
    found = list_sessions(named, SessionFilter(search=search)).sessions
    assert [session.id for session in found] == names
    bounded = list_sessions(named, SessionFilter(search=search, seen=Seen("mallory"))).sessions
    assert [session.id for session in bounded] == [name for name in names if name == "third"]


def test_sessions_are_found_by_what_they_hold_only_if_that_is_asked(named: Connection) -> None:
    for search, names in (("inv", []), ("1", []), ("mallory", ["third"]), ("fou", ["fourth"])):
        found = list_sessions(named, SessionFilter(search=search, by_value=False)).sessions
        assert [session.id for session in found] == names


def test_a_listed_session_is_shown_without_what_it_has_not(connection: Connection) -> None:
    (session,) = list_sessions(connection, SessionFilter(waiting_role="reviewer")).sessions
    shown = session.as_json()
    assert shown["session"] == "review"
    assert (shown["actor"], shown["role"], shown["state"]) == ("human", "reviewer", "review")
    assert str(shown["started_at"]).endswith("Z")
    assert "ended_at" not in shown


def test_open_and_due_sessions_are_found(connection: Connection) -> None:
    assert any_open_calls(connection)
    assert open_sessions(connection, ["tale", "100%_other"]) == ["writing"]
    due_at = next_due_at(connection, ["tale"])
    assert due_at is not None
    assert [one.id for one in due_sessions(connection, due_at, ["tale"], None, 10)] == ["resting"]
    assert due_sessions(connection, due_at - 1, ["tale"], None, 10) == []
    (found,) = due_sessions(connection, due_at, ["tale"], None, 10)
    assert due_sessions(connection, due_at, ["tale"], found, 10) == []
    assert read_revisions(connection, ["working", "nobody"]) == {"working": 4}
    assert read_session(connection, "nobody") is None


def test_a_history_is_read_from_any_revision(connection: Connection) -> None:
    assert [row.revision for row in audit_rows(connection, "working")] == [1, 2, 3, 4]
    assert [row.revision for row in audit_rows(connection, "working", 2, 1)] == [3]


@pytest.mark.parametrize(
    ("index", "query"),
    [
        ("sessions_due", "SELECT id FROM sessions WHERE next_timer_at <= 5 ORDER BY next_timer_at"),
        ("sessions_open", "SELECT id FROM sessions WHERE has_open = 1"),
        ("sessions_starter", "SELECT id FROM sessions WHERE started_by = 'a' ORDER BY started_at DESC, id DESC"),
        ("sessions_listed", "SELECT id FROM sessions ORDER BY started_at DESC, id DESC"),
        ("sessions_role", "SELECT id FROM sessions WHERE role = 'a'"),
    ],
)
def test_the_servers_own_questions_do_not_read_every_session(connection: Connection, index: str, query: str) -> None:
    """Design, section 13: the cost of a call does not grow with the number of sessions."""
    plan = " ".join(row.detail for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}"))
    assert index in plan


def test_principals_are_kept_without_their_tokens(connection: Connection) -> None:
    token = new_token()
    maria = Principal("maria", "human", ("reviewer",), hash_token(token), None, 1, expires_at=1_000)
    bot = Principal("bot", "agent", (), hash_token(new_token()), "maria", 2)
    add_principal(connection, maria)
    add_principal(connection, bot)
    assert list_principals(connection) == [bot, maria]
    assert principal_by_token_hash(connection, hash_token(token)) == maria
    assert principal_by_token_hash(connection, token) is None
    assert principal(connection, "bot") == bot
    assert principal(connection, "nobody") is None
    assert token not in str(connection.exec_driver_sql("SELECT * FROM principals").all())
    assert revoke_principal(connection, "bot", 500)
    assert not revoke_principal(connection, "bot", 600)
    revoked = principal(connection, "bot")
    assert revoked is not None
    assert revoked.roles == ()
    assert not revoked.valid_at(500)
    assert maria.valid_at(999)
    assert not maria.valid_at(1_000)


def test_a_token_has_256_random_bits() -> None:
    assert len({new_token() for _ in range(100)}) == 100
    assert len(new_token()) == 43


def test_instances_come_beat_and_go(connection: Connection) -> None:
    add_instance(connection, "one", 1, "host", 5)
    beat_instance(connection, "one")
    assert beats(connection, ["one", "two"]) == {"one": 1}
    remove_instance(connection, "one")
    assert beats(connection, ["one"]) == {}
