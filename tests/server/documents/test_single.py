"""Single things as documents: a session, a review, a write, a row, a proof."""

from __future__ import annotations

from sqlalchemy import Connection

from pointsman.fsm.refusals import Refusal
from pointsman.fsm.session import Session
from pointsman.server.documents import answers, effects, proofs, rows, sessions, waiting
from pointsman.server.replies import Stray
from pointsman.server.store.reading import read_session
from tests.server.documents.conftest import NOW, WORKING
from tests.server.http.api.offices import objects
from tests.server.tale import tale


def found(connection: Connection, name: str) -> Session:
    session = read_session(connection, name)
    assert session is not None
    return session


def test_a_session_is_told_with_its_record_and_the_path_it_took(connection: Connection) -> None:
    shown = sessions.document(connection, found(connection, "asking"))
    assert [step["state"] for step in objects(shown["path"])] == ["work", "review"]
    assert (shown["state"], shown["waiting_for"]) == ("review", {"actor": "human", "role": "reviewer"})
    assert "ended" not in shown
    over = sessions.document(connection, found(connection, "over"))
    assert isinstance(over["ended"], dict)
    assert (over["ended"]["outcome"], "waiting_for" in over) == ("cancelled", False)


def test_an_open_review_says_what_a_decision_is_bound_to(connection: Connection) -> None:
    session = found(connection, "asking")
    shown = waiting.document(connection, session, tale(), None, NOW)
    assert not isinstance(shown, Refusal)
    assert session.stay.review is not None
    assert (shown["stay"], shown["shown_digest"]) == (session.stay.number, session.stay.review.shown_digest)
    assert [one["event"] for one in objects(shown["decisions"])] == ["approve"]
    assert waiting.parts("asking") == ("asking", None)


def test_where_nothing_waits_that_is_said_with_where_the_session_is(connection: Connection) -> None:
    for name, told in (("working", "Session working is in work."), ("over", "Session over has ended in work.")):
        nothing = waiting.document(connection, found(connection, name), tale(), None, NOW)
        assert isinstance(nothing, Refusal)
        assert (nothing.code, nothing.message) == ("NOT_ALLOWED", f"There is nothing to decide. {told}")
    none = waiting.document(connection, found(connection, "working"), tale(), "7", NOW)
    assert isinstance(none, Refusal)
    assert none.message == "No call waits for the approval working.7."


def test_a_write_is_told_in_rows_and_in_words(connection: Connection) -> None:
    session = found(connection, "writing")
    [entry] = effects.page(connection, effects.EffectFilter(session)).items
    own, number = effects.parts(str(entry["id"]))
    shown = effects.document(connection, session, number)
    assert shown is not None
    assert (own, shown["status"], len(objects(shown["rows"]))) == ("writing", "intended", 1)
    assert [one["lines"] for one in objects(shown["story"])] == [["Intended by ada."]]
    for wrong in ("", "0", "1", "x", "9" * 30, "-1", "٣"):
        assert effects.document(connection, session, wrong) is None


def test_a_row_has_its_body_and_not_the_salt_of_it(connection: Connection) -> None:
    row = rows.document(connection, "working", 1)
    assert row is not None
    assert isinstance(row["body"], dict)
    assert "salt" not in row["body"]
    assert rows.document(connection, "working", 99) is None


def test_histories_verify_and_are_made_again(connection: Connection) -> None:
    proof = proofs.verified(connection)
    reports = objects(proof["items"])
    assert {str(one["session_id"]) for one in reports} == {*WORKING, "server"}
    assert all(one["ok"] for one in reports)
    assert (proof["ok"], proof["histories"], proof["faults"], proof["unproven"]) == (True, len(reports), 0, 0)
    assert proof["rows"] == sum(int(str(one["rows"])) for one in reports)
    few = proofs.verified(connection, most=2)
    assert {**few, "items": []} == {**proof, "items": []}
    assert len(objects(few["items"])) == 2
    whole = proofs.replayed(connection, "asking")
    assert whole is not None
    assert (whole["equal"], whole["differing"], "problem" in whole) == (True, [], False)
    part = proofs.replayed(connection, "asking", 2)
    assert part is not None
    assert (part["revision"], part["equal"]) == (2, None)
    assert proofs.replayed(connection, "nobody") is None


def test_what_cannot_be_made_again_says_why(connection: Connection) -> None:
    broken = proofs.replayed(connection, "server")
    assert broken is not None
    assert str(broken["problem"]).startswith("row 1: ")


def test_a_refusal_is_told_with_everything_that_is_unmet() -> None:
    refusal = Refusal("NOT_FOUND", "There is none.")
    assert answers.answered(Stray(refusal), None) == {
        "outcome": "refused",
        "refusal": {"code": "NOT_FOUND", "message": "There is none."},
    }
