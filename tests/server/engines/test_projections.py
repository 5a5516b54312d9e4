"""What lists have of sessions beside their snapshots: it follows the sessions, whatever happens to them."""

from __future__ import annotations

import asyncio
import itertools
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from alembic.command import upgrade
from alembic.config import Config
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, create_engine, select

from pointsman.contracts.expressions import Template
from pointsman.contracts.workflow import AgentState, Approval, FinalState, ToolUse, Workflow
from pointsman.fsm.approvals import shown_digest
from pointsman.fsm.commands import (
    Attest,
    Call,
    Cancel,
    Claim,
    Command,
    Decide,
    Delegate,
    Release,
    Request,
    Restart,
    Send,
    Settle,
)
from pointsman.fsm.facts import CallResult
from pointsman.fsm.session import Actor, Session
from pointsman.server.audit.verify import verify_and_replay
from pointsman.server.engines.embedded import EmbeddedEngine
from pointsman.server.store import migrations
from pointsman.server.store.opening import open_database, reading
from pointsman.server.store.projections import projection
from pointsman.server.store.reading import Seen, SessionFilter, list_sessions, read_session
from pointsman.server.store.rows import has_failed
from pointsman.server.store.searching import WaitingFilter
from pointsman.server.store.tables import reviews, sessions, unknown_effects
from pointsman.server.store.waiting import open_reviews, unknown_writes
from tests.server.tale import ADA, MARIA, SERVER, command, opened, start, tale

CLERK = Actor("human", "carl", ("clerk",))
PERSON = Actor("human", "ada")


def lively() -> Workflow:
    """The tale, in which calls of a tool wait for a clerk, and writes in doubt are worked on; it can end badly."""
    plain = tale("lively", ("t.read", "t.write", "t.pay"))
    work = plain.states["work"]
    assert isinstance(work, AgentState)
    waits = ToolUse("t.pay", Template.of({}), approval=Approval("clerk"))
    states = {
        **plain.states,
        "work": replace(work, tools={**work.tools, "t.pay": waits}, failed="bad", unknown="work"),
        "end": FinalState("end", outcome="failed"),
        "bad": FinalState("bad", outcome="manual", owner="ada"),
    }
    return replace(plain, states=states)


LIVELY = lively()


def _plain(request: Request, actor: Actor = ADA) -> Callable[[Session], Command]:
    return lambda _session: command(request, actor)


def _settled(outcome: str) -> Callable[[Session], Command]:
    result = CallResult("unknown" if outcome == "unknown" else "failed" if outcome == "failed" else "done")

    def made(session: Session) -> Command:
        return command(Settle(next(iter(session.stay.open), "1"), result), SERVER)

    return made


def _decided(session: Session) -> Command:
    review = session.stay.review
    return command(
        Decide("approve", {}, "" if review is None else review.shown_digest, session.stay.number), MARIA, channel="cli"
    )


def _judged(event: str) -> Callable[[Session], Command]:
    def made(session: Session) -> Command:
        one = next((one for one in session.stay.approvals.values() if one.status == "pending"), None)
        digest, number = ("", "1") if one is None else (shown_digest(one), one.id)
        return command(Decide(event, {}, digest, session.stay.number, approval=number), CLERK, channel="cli")

    return made


def _held(request: Callable[[str | None], Request], actor: Actor) -> Callable[[Session], Command]:
    def made(session: Session) -> Command:
        pending = (one.id for one in session.stay.approvals.values() if one.status == "pending")
        return command(request(next(pending, None)), actor, channel="cli")

    return made


def _attested(session: Session) -> Command:
    call = next((one.call for one in session.effects.values() if one.status == "unknown"), "1")
    return command(Attest(call, "done", "I have looked."), PERSON, channel="cli")


STEPS: dict[str, Callable[[Session], Command]] = {
    "note": _plain(Send("note", {"n": 1})),
    "ask": _plain(Send("ask", {})),
    "finish": _plain(Send("finish", {})),
    "write": _plain(Call("t.write", {})),
    "pay": _plain(Call("t.pay", {})),
    "done": _settled("done"),
    "failed": _settled("failed"),
    "unknown": _settled("unknown"),
    "decide": _decided,
    "approve": _judged("approve"),
    "reject": _judged("reject"),
    "claim": _held(Claim, MARIA),
    "claim the call": _held(Claim, CLERK),
    "release": _held(Release, MARIA),
    "delegate": _held(lambda number: Delegate("otto", "I am away.", number), MARIA),
    "settle": _attested,
    "cancel": _plain(Cancel("enough"), PERSON),
    "restart": _plain(Restart("work", "again"), PERSON),
}


async def play(engine: EmbeddedEngine, names: Sequence[str], steps: Sequence[tuple[int, str]]) -> None:
    """Start sessions, and take steps in them, two at a time, so that they are in one commit."""
    await asyncio.gather(*(engine.submit(name, start(name, LIVELY, {"n": 7})) for name in names))
    for first in range(0, len(steps), 2):
        commands: list[tuple[str, Command]] = []
        for number, step in steps[first : first + 2]:
            session = await engine.read(names[number])
            assert session is not None
            commands.append((names[number], STEPS[step](session)))
        await asyncio.gather(*(engine.submit(name, one) for name, one in commands))


def as_listed(connection: Connection, name: str) -> tuple[set[object], set[object], object]:
    """Give what the tables have of a session: its reviews, its unknown writes, and whether it has failed."""
    waits = connection.execute(select(reviews).where(reviews.c.session_id == name))
    unknown = connection.execute(select(unknown_effects).where(unknown_effects.c.session_id == name))
    failed = connection.scalar(select(sessions.c.failed).where(sessions.c.id == name))
    return {tuple(row) for row in waits}, {tuple(row) for row in unknown}, failed


def test_what_lists_have_is_what_the_sessions_say_after_any_history(tmp_path: Path) -> None:
    path = tmp_path / "p.sqlite3"
    numbers = itertools.count()
    waited: set[str] = set()

    with asyncio.Runner() as runner:
        opening = opened(path, LIVELY)
        engine = runner.run(opening.__aenter__())

        @settings(max_examples=60, deadline=None)
        @example([(0, "write"), (1, "ask"), (0, "unknown"), (2, "pay")])
        @example([(0, "ask"), (1, "pay"), (0, "claim"), (1, "claim the call")])
        @given(st.lists(st.tuples(st.integers(0, 2), st.sampled_from([*STEPS])), max_size=40))
        def any_history(steps: list[tuple[int, str]]) -> None:
            names = [f"s{next(numbers)}" for _ in range(3)]
            runner.run(play(engine, names, steps))
            with reading(path).connect() as connection, connection.begin():
                for name in names:
                    session = read_session(connection, name)
                    assert session is not None
                    made = projection(session)
                    expected = ({*map(tuple, made.reviews)}, {*map(tuple, made.unknown)}, has_failed(session))
                    assert as_listed(connection, name) == expected
                    waited.update("call" if row.tool else "review" for row in made.reviews)
                    waited.update("claim" for row in made.reviews if row.claimed_by)
                    waited.update("unknown" for _ in made.unknown)

        any_history()
        runner.run(opening.__aexit__(None, None, None))
    assert waited == {"call", "claim", "review", "unknown"}
    with reading(path).connect() as connection, connection.begin():
        assert all(report.ok for report in verify_and_replay(connection))


@pytest.fixture
async def played(tmp_path: Path) -> Path:
    """One session waits for a review, one has a call that waits, one holds an unknown write; all have one of each."""
    path = tmp_path / "p.sqlite3"
    async with opened(path, LIVELY) as engine:
        for name, steps in (
            ("review", ["ask"]),
            ("call", ["pay"]),
            ("doubt", ["write", "unknown"]),
            ("bad", ["finish"]),
        ):
            for step in ("note", *steps):
                session = await engine.read(name)
                if session is None:
                    await engine.submit(name, start(name, LIVELY, {"n": 7}))
                else:
                    await engine.submit(name, STEPS[step](session))
    return path


@pytest.mark.parametrize(("table", "name"), [("reviews", "review"), ("reviews", "call"), ("unknown_effects", "doubt")])
async def test_verification_holds_the_lists_against_the_rows(played: Path, table: str, name: str) -> None:
    with sqlite3.connect(played) as hand:
        hand.execute(f"DELETE FROM {table} WHERE session_id = ?", (name,))
    with reading(played).connect() as connection, connection.begin():
        bad = [report for report in verify_and_replay(connection) if not report.ok]
    [report] = bad
    assert report.chain == name
    assert report.fault is not None
    assert report.fault.problem.endswith(f"what the rows make: {table}")


async def test_an_earlier_database_is_brought_up_to_the_lists(played: Path, tmp_path: Path) -> None:
    """From the snapshots, and from how the sessions were started; of a damaged snapshot nothing is made."""
    earlier = tmp_path / "earlier.sqlite3"
    _made_earlier(earlier, played)
    with sqlite3.connect(earlier) as hand:
        hand.execute("UPDATE sessions SET snapshot = '{' WHERE id = 'bad'")
    open_database(earlier).dispose()
    listed = [f"SELECT * FROM {name}" for name in ("reviews", "unknown_effects", "session_keys")]
    failed = "SELECT id, failed FROM sessions ORDER BY id"
    with sqlite3.connect(earlier) as hand, sqlite3.connect(played) as known:
        for statement in listed:
            found = known.execute(statement).fetchall()
            assert found
            assert hand.execute(statement).fetchall() == found
        assert known.execute(failed).fetchall() == [("bad", 1), ("call", 0), ("doubt", 1), ("review", 0)]
        assert hand.execute(failed).fetchall() == [("bad", 0), ("call", 0), ("doubt", 1), ("review", 0)]


@pytest.mark.parametrize(
    "shape",
    [
        "json_set(snapshot, '$.stay.approvals', 'x')",
        'json_set(snapshot, \'$.stay.approvals\', json(\'{"7": "x", "8": 5}\'))',
        'json_set(snapshot, \'$.stay.approvals\', json(\'{"7": {"id": "7"}}\'))',
        "json_set(snapshot, '$.effects', json('{\"k\": \"x\"}'))",
        'json_set(snapshot, \'$.effects\', json(\'{"k": {"status": "unknown"}}\'))',
        """json_set(snapshot, '$.effects', json('{"k": {"status": "unknown", "call": "7", "opened_at": 1},
                                                 "l": {"status": "unknown", "call": "7", "opened_at": 2}}'))""",
        "'[]'",
    ],
)
async def test_a_snapshot_of_any_shape_keeps_nobody_from_the_database(played: Path, tmp_path: Path, shape: str) -> None:
    earlier = tmp_path / "earlier.sqlite3"
    _made_earlier(earlier, played)
    with sqlite3.connect(earlier) as hand:
        hand.execute(f"UPDATE sessions SET snapshot = {shape}, has_approvals = 1, has_unknown = 1 WHERE id = 'bad'")
    open_database(earlier).dispose()
    with sqlite3.connect(earlier) as hand:
        assert hand.execute("SELECT count(*) FROM reviews WHERE session_id = 'review'").fetchone() == (1,)


def _made_earlier(path: Path, played: Path) -> None:
    """Make a database as it was before there were lists of its own, and put into it what was played."""
    config = Config()
    config.set_main_option("script_location", str(Path(str(migrations.__file__)).parent))
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        upgrade(config, "v0005")
    engine.dispose()
    with sqlite3.connect(path) as hand:
        hand.execute("ATTACH ? AS played", (str(played),))
        for name in ("definitions", "sessions", "audit", "server_chain"):
            here, there = (
                {row[1] for row in hand.execute(f"PRAGMA {schema}.table_info({name})")} for schema in ("main", "played")
            )
            columns = ", ".join(sorted(here & there))
            hand.execute(f"INSERT INTO main.{name} ({columns}) SELECT {columns} FROM played.{name}")
        waits = "SELECT session_id FROM played.reviews WHERE number != ''"
        hand.execute(f"UPDATE main.sessions SET has_approvals = 1 WHERE id IN ({waits})")
        unknown = "SELECT session_id FROM played.unknown_effects"
        hand.execute(f"UPDATE main.sessions SET has_unknown = 1 WHERE id IN ({unknown})")


async def test_what_waits_and_what_has_failed_is_listed_to_those_who_may_see_it(played: Path) -> None:
    """A call is seen by whoever decides it, though they do not see the session otherwise (`fsm.gate.may_view`)."""
    with reading(played).connect() as connection, connection.begin():
        for seen, waits, failed in (
            (None, {"review", "call"}, {"doubt", "bad"}),
            (Seen("ada"), {"review", "call"}, {"doubt", "bad"}),
            (Seen("ada", session="bad"), set[str](), {"bad"}),
            (Seen("carl", ("clerk",)), {"call"}, set[str]()),
            (Seen("carl", ("clerk",), session="review"), set[str](), set[str]()),
            (Seen("maria", ("reviewer",)), {"review"}, set[str]()),
            (Seen("eve", definitions=frozenset({LIVELY.digest})), {"review", "call"}, {"doubt", "bad"}),
            (Seen("ada", hidden=frozenset({LIVELY.digest})), set[str](), set[str]()),
        ):
            assert {one.session_id for one in open_reviews(connection, WaitingFilter(seen=seen), 10)} == waits, seen
            assert {one.id for one, _ in unknown_writes(connection, seen, 10)} == failed - {"bad"}, seen
            listed = list_sessions(connection, SessionFilter(failed=True, seen=seen)).sessions
            assert {one.id for one in listed} == failed, seen
        assert {one.id for one in list_sessions(connection, SessionFilter(failed=False)).sessions} == {"review", "call"}
