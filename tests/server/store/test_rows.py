from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.contracts.values import canonical
from pointsman.fsm.commands import Cancel, Command, Decide, Expire, Settle
from pointsman.fsm.decide import decide
from pointsman.fsm.facts import FACT_VERSION, CallResult, Fact
from pointsman.fsm.session import Actor, Session
from pointsman.server.audit.chain import GENESIS, HASHED, AuditRow, hash_of, row_hash
from pointsman.server.store.rows import SessionRow, audit_row, read_fact, row_as_json
from pointsman.server.store.tables import audit, sessions
from tests.server.tale import MARIA, SERVER, command, note, send, start, tale, write

TEXT = st.text(st.characters(exclude_categories=["Cs"]))


class Played:
    """Sessions of the tale, played one after the other, and the facts that came of them."""

    def __init__(self) -> None:
        self.workflow = tale()
        self.facts: list[Fact] = []

    def session(self, *asked: Command) -> Session:
        """Play a new session."""
        return self.go_on(None, start("s1", self.workflow, {"n": 1}), *asked)

    def go_on(self, session: Session | None, *asked: Command) -> Session:
        """Play a session further."""
        for each in asked:
            decision = decide(self.workflow, session, each)
            session = decision.session
            self.facts += decision.facts
        assert session is not None
        return session


def history() -> dict[str, Fact]:
    """A fact of every kind that the machine makes, the last of each."""
    played = Played()
    session = played.session(note(2, "zwei"), send("unheard"), write())
    (call,) = session.stay.open
    result = CallResult("done", {"ok": True, "share": 0.25}, None, 1, 12)
    session = played.go_on(session, command(Settle(call, result), SERVER), send("ask"))
    assert session.stay.review is not None
    approval = Decide("approve", {}, session.stay.review.shown_digest, session.stay.number)
    played.go_on(session, command(approval, MARIA, channel="cli"))
    session = played.session(send("rest"))
    ((name, timer),) = session.stay.timers.items()
    played.go_on(session, command(Expire(name), SERVER, at=timer.at))
    played.session(command(Cancel("enough"), Actor("human", "ada")))
    return {fact.kind: fact for fact in played.facts}


HISTORY = history()
STARTED = HISTORY["started"]


def test_the_history_has_facts_of_every_kind_the_machine_makes() -> None:
    kinds = {"started", "entered", "denied", "intended", "settled", "accepted", "decided", "timer", "admin"}
    assert set(HISTORY) == kinds


@pytest.mark.parametrize("fact", HISTORY.values(), ids=HISTORY.keys())
def test_a_fact_is_read_back_from_its_row_as_it_was(fact: Fact) -> None:
    row = audit_row(fact, "s1", 7, GENESIS, "00" * 16)
    assert read_fact(row) == fact
    assert json.loads(row.body or "")["salt"] == "00" * 16


@pytest.mark.parametrize("fact", HISTORY.values(), ids=HISTORY.keys())
def test_the_hash_is_over_the_canonical_json_of_all_columns_but_body_and_hash(fact: Fact) -> None:
    """Design, section 9; the digest of the body is over its text as it is stored."""
    row = audit_row(fact, "s1", 7, GENESIS, "00" * 16)
    columns = {name: value for name, value in row._asdict().items() if name not in {"body", "hash"}}
    assert row.hash == "sha256:" + hashlib.sha256(canonical(columns).encode()).hexdigest()
    assert row.hash == row_hash(row)
    assert row.body is not None
    assert row.body_digest == "sha256:" + hashlib.sha256(row.body.encode()).hexdigest()


def test_two_rows_of_one_fact_differ_by_their_salt() -> None:
    one, other = (audit_row(STARTED, "s1", 1, GENESIS, salt) for salt in ("00", "01"))
    assert one.body_digest != other.body_digest
    assert read_fact(one) == read_fact(other)


@given(st.tuples(*[TEXT | st.integers(-(2**63), 2**63 - 1) | st.none()] * len(HASHED)))
def test_the_fast_serializer_writes_canonical_json(values: tuple[str | int | None, ...]) -> None:
    columns = dict(zip(HASHED, values, strict=True))
    assert hash_of(columns) == "sha256:" + hashlib.sha256(canonical(columns).encode()).hexdigest()


def test_rows_have_the_columns_of_their_tables() -> None:
    """Design, section 9."""
    assert tuple(column.name for column in audit.c) == AuditRow._fields
    assert tuple(column.name for column in sessions.c) == SessionRow._fields


def test_a_row_whose_body_was_erased_has_no_fact() -> None:
    with pytest.raises(LookupError, match="erased"):
        read_fact(audit_row(STARTED, "s1", 1, GENESIS, "00")._replace(body=None))


def test_a_row_of_a_newer_version_is_not_read() -> None:
    with pytest.raises(ValueError, match="newer"):
        read_fact(audit_row(STARTED, "s1", 1, GENESIS, "00")._replace(fact_version=FACT_VERSION + 1))


@pytest.mark.parametrize(
    "fact", [replace(STARTED, actor_id="\ud800"), replace(STARTED, client="\ud800"), replace(STARTED, action="\ud800")]
)
def test_text_that_is_no_unicode_makes_no_row(fact: Fact) -> None:
    with pytest.raises(ValueError, match="surrogate"):
        audit_row(fact, "s1", 1, GENESIS, "00")


def test_a_row_is_shown_with_its_body_as_json_and_without_the_salt() -> None:
    row = audit_row(STARTED, "s1", 1, GENESIS, "00")
    shown = row_as_json(row)
    assert shown["revision"] == 1
    assert isinstance(shown["body"], dict)
    assert "salt" not in shown["body"]
    assert shown["body"]["session"] == "s1"
    assert row_as_json(row._replace(body=None))["body"] is None
    assert row_as_json(row._replace(body="{"))["body"] == "{"
    assert row_as_json(row._replace(body="[1]"))["body"] == "[1]"
