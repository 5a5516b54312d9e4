"""The invoice workflow of the gallery (workflow format, "A complete example"): every way it can go."""

from pathlib import Path

import pytest

from pointsman.contracts.loading import load
from pointsman.contracts.values import JsonObject
from pointsman.fsm.session import Actor
from tests.contracts.invoice import FIELDS, SUMMARY

from .driver import MARIA, OUTSIDE, Story, with_tools

FILE = Path(__file__).parents[2] / "gallery" / "invoices" / "workflow.yaml"
DAY = 86_400_000

_CLOSED: JsonObject = {"type": "object", "additionalProperties": False}
_DEFINITIONS: dict[str, JsonObject] = {
    "docs.read": {**_CLOSED, "properties": {"document": {"type": "string"}}, "required": ["document"]}
}
INVOICES = with_tools(load(FILE.read_text("utf-8"), str(FILE)), _DEFINITIONS)

MANAGER = Actor("human", "maria", ("accounts_payable_manager",))
BUYER = Actor("human", "pat", ("procurement",))


@pytest.fixture
def story() -> Story:
    return Story(INVOICES, {"invoice_id": "INV-1001", "vendor_id": "V-7", "document": "inv-1001.txt"})


def extract(story: Story) -> Story:
    story.call("docs.read", {}, gives="text")
    story.send("submit_fields", FIELDS)
    assert story.state == "matching_pending"
    return story


def match(story: Story, *, po: object = None, receipt: object = None, ok: bool = False) -> Story:
    extract(story)
    story.settle("erp.find_purchase_order", gives={"order": po})
    story.settle("erp.find_receipt", gives={"receipt": receipt})
    story.settle("erp.compare", gives={"ok": ok})
    return story


def summarised(story: Story, *, total: int = 10) -> Story:
    match(story, po={"total": total}, receipt={"id": "R"})
    story.send("submit_summary", SUMMARY)
    story.settle("docs.read", gives="text")
    assert story.state == "awaiting_accounts_payable_review"
    return story


def test_a_clean_invoice_needs_nobody(story: Story) -> None:
    """An invoice that matches ends at once."""
    match(story, po={"total": 12}, receipt={"id": "R"}, ok=True)
    assert story.state == "matched_ready_for_standard_processing"
    assert story.session.ended is not None


@pytest.mark.parametrize(("po", "receipt"), [(None, {"id": "R"}), ({"total": 1}, None)])
def test_a_missing_record_goes_to_people(story: Story, po: object, receipt: object) -> None:
    """`record.po == null || record.receipt == null`."""
    match(story, po=po, receipt=receipt)
    assert story.state == "needs_manual_review_missing_record"


def test_fields_are_not_taken_before_the_document_was_read(story: Story) -> None:
    """Evidence."""
    story.send("submit_fields", FIELDS)
    assert story.code == "MISSING_EVIDENCE"


def test_a_reviewer_approves_another_route_and_it_is_written_once(story: Story) -> None:
    """The whole way of an exception."""
    summarised(story)
    assert story.path()[-2:] == ["exception_summary_validated", "awaiting_accounts_payable_review"]
    story.decide("approve", {"rationale": "vendor corrects it", "route": "standard"}, actor=MANAGER)
    write = story.open_call("erp.post_route")
    assert write.arguments == {
        "invoice_id": "INV-1001",
        "route": "standard",
        "summary": "The order says 10.",
        "approved_by": "maria",
    }
    story.settle("erp.post_route", gives={"write_id": "W-1"})
    assert (story.state, story.record["erp_write_id"]) == ("completed", "W-1")


def test_a_high_value_goes_to_a_person_directly(story: Story) -> None:
    """`record.po.total <= 10000`, otherwise always a person."""
    summarised(story, total=10_001)
    assert story.path()[-2:] == ["exception_summary_pending", "awaiting_accounts_payable_review"]


def test_low_confidence_goes_to_a_person_directly(story: Story) -> None:
    """`confidence: {floor: 0.8, …}`."""
    match(story, po={"total": 1}, receipt={"id": "R"})
    story.send("submit_summary", {**SUMMARY, "confidence": 0.5})
    assert story.path()[-2:] == ["exception_summary_pending", "awaiting_accounts_payable_review"]


def test_nobody_decides_a_session_of_their_own(story: Story) -> None:
    """`exclude: [=session.started_by]`."""
    summarised(story)
    story.decide("approve", {"rationale": "mine"}, actor=Actor("human", "ada", ("accounts_payable_manager",)))
    assert story.code == "FORBIDDEN"
    story.decide("approve", {"rationale": "no role"}, actor=MARIA)
    assert story.code in ("FORBIDDEN", "NOT_FOUND")


def test_a_write_back_is_tried_again_four_times_and_then_left_to_people(story: Story) -> None:
    """`visits.writeback_retry_pending > 4`."""
    summarised(story)
    story.decide("approve", {"rationale": "r"}, actor=MANAGER)
    for _ in range(4):
        story.settle("erp.post_route", outcome="failed")
        assert story.state == "writeback_retry_pending"
        story.pass_time(900_000)
        assert story.state == "approved_for_writeback"
    story.settle("erp.post_route", outcome="failed")
    assert story.state == "failed_writeback_manual_recovery"


def test_a_write_back_nobody_knows_the_outcome_of_is_left_to_people(story: Story) -> None:
    """`unknown: failed_writeback_manual_recovery`."""
    summarised(story)
    story.decide("approve", {"rationale": "r"}, actor=MANAGER)
    story.pass_time(14 * DAY)
    assert story.state == "approved_for_writeback"
    story.take_over("erp.post_route")
    assert story.state == "approved_for_writeback", "the ERP can be asked, so the next process finds out first"
    story.settle("erp.post_route", outcome="unknown", instance="two")
    assert story.state == "failed_writeback_manual_recovery"


def test_the_vendor_is_asked_and_answers(story: Story) -> None:
    """An external state between two reviews."""
    summarised(story)
    story.decide("request_clarification", {"question": "Which?", "rationale": "two prices"}, actor=MANAGER)
    assert story.state == "vendor_clarification_pending"
    story.send("vendor_answered", {"vendor_answer": "Ours is wrong"}, actor=OUTSIDE)
    story.settle("docs.read", gives="text")
    review = story.session.stay.review
    assert review is not None
    assert review.shown["vendor_answer"] == "Ours is wrong"
    assert story.session.path_confidence == 1


def test_silence_of_everybody_ends_with_people(story: Story) -> None:
    """Timers: the reviewers, then procurement, then by hand."""
    summarised(story)
    story.pass_time(2 * DAY)
    assert story.state == "procurement_escalation_pending"
    story.pass_time(5 * DAY)
    assert story.state == "manual_resolution_required"


def test_procurement_returns_it(story: Story) -> None:
    """A second review."""
    summarised(story)
    story.decide("escalate", {"rationale": "r"}, actor=MANAGER)
    story.decide("return_to_accounts_payable", {"rationale": "r"}, actor=BUYER)
    story.settle("docs.read", outcome="failed")
    review = story.session.stay.review
    assert review is not None
    assert review.shown["document"] == {"error": "it did not work"}


def test_three_invalid_outputs_are_allowed(story: Story) -> None:
    """`{invalid: 3, then: failed_invalid_model_output}`."""
    story.call("docs.read", {}, gives="text")
    for _ in range(3):
        story.send("submit_fields", {**FIELDS, "total": "twelve"})
        assert (story.code, story.state) == ("INVALID_FIELDS", "field_extraction_pending")
    story.send("submit_fields", {**FIELDS, "total": "twelve"})
    assert (story.code, story.state) == ("LIMIT_REACHED", "failed_invalid_model_output")


def test_eight_calls_are_allowed(story: Story) -> None:
    """`{calls: 8, then: needs_manual_data_entry}`."""
    for _ in range(8):
        story.call("docs.read", {}, gives="text")
        assert story.code is None
    story.call("docs.read", {}, gives="text")
    assert (story.code, story.state) == ("LIMIT_REACHED", "needs_manual_data_entry")


def test_an_agent_that_falls_silent_is_not_waited_for(story: Story) -> None:
    """`after: {in: 1d, to: needs_manual_data_entry}`."""
    story.pass_time(DAY)
    assert story.state == "needs_manual_data_entry"
