"""Pictures of workflows: every way to move is in them, and no text of a file is markup."""

import json
import re
from xml.etree import ElementTree as ET

from pointsman.contracts.loading import load
from pointsman.contracts.workflow import Workflow
from pointsman.gallery import path
from pointsman.server.graph import mermaid
from pointsman.server.graph.picture import ANYWHERE, Arrow, picture_of, span
from pointsman.server.graph.svg import svg

NASTY = '<script>alert(1)</script>" --> evil & "'
SVG = "{http://www.w3.org/2000/svg}"


def invoices() -> Workflow:
    file = path("invoices")
    return load(file.read_bytes(), str(file))


def small(title: str = "Small", guard: str = "record.a == 'x'") -> Workflow:
    text = f"""
workflow: small
version: 1
title: {json.dumps(title)}
record: {{a: {{type: string}}}}
initial: end
states:
  end:
    actor: agent
    events:
      again: {{next: end}}
      go: {{requires: [a], next: [{{to: over, when: {json.dumps(guard)}}}, {{to: end}}]}}
    after: {{in: 90m, to: over, when: has(record.a)}}
  over: {{final: stopped}}
"""
    return load(text.encode(), "small.yaml")


def test_the_picture_has_every_way_in_which_a_session_can_move() -> None:
    arrows = picture_of(invoices()).arrows
    review, manual = "awaiting_accounts_payable_review", "manual_resolution_required"
    expected = [
        Arrow("invoice_received", "field_extraction_pending", "chosen", ()),
        Arrow("field_extraction_pending", "needs_manual_data_entry", "chosen", ("report_missing_fields",)),
        Arrow("field_extraction_pending", "needs_manual_data_entry", "timed", ("after 1d",)),
        Arrow("field_extraction_pending", "needs_manual_data_entry", "troubled", ("calls > 8",)),
        Arrow("matching_pending", "matched_ready_for_standard_processing", "chosen", ("[record.match.ok]",)),
        Arrow("matching_pending", "exception_summary_pending", "chosen", ("[else]",)),
        Arrow("exception_summary_pending", review, "troubled", ("confidence < 0.8", "calls > 10")),
        Arrow(review, "procurement_escalation_pending", "timed", ("due 2d",)),
        Arrow("approved_for_writeback", "writeback_retry_pending", "troubled", ("failed",)),
        Arrow("approved_for_writeback", "failed_writeback_manual_recovery", "troubled", ("unknown",)),
        Arrow(ANYWHERE, manual, "troubled", ("calls > 60", "denials > 10", "duration > 14d")),
    ]
    assert [arrow for arrow in expected if arrow not in arrows] == []


def test_durations_are_written_as_in_the_file() -> None:
    assert [span(ms) for ms in (200, 5_000, 900_000, 5_400_000, 172_800_000)] == ["200ms", "5s", "15m", "90m", "2d"]


def test_long_guards_are_shortened() -> None:
    arrows = picture_of(small(guard="record.a == 'x' || " * 9 + "true")).arrows
    (label,) = [label for arrow in arrows for label in arrow.labels if "…" in label]
    assert label.startswith("go [record.a == 'x' || ")
    assert len(label) < 60


def test_mermaid_marks_the_current_state_and_no_identifier_is_a_word_of_mermaids() -> None:
    text = mermaid(small(), "end")
    assert "class s_end now" in text
    assert not re.search(r"^\s+end\b", text, re.MULTILINE)
    assert "class" not in mermaid(small()).split("classDef")[0]
    assert " now" not in mermaid(small())


def test_text_of_the_file_is_never_markup_in_mermaid() -> None:
    text = mermaid(small(guard=f"record.a == '''{NASTY}'''"))
    assert "<script>" not in text
    assert "evil" not in re.sub(r'"[^"]*"', "", text)


def test_the_svg_stands_alone_and_has_every_state_and_label() -> None:
    root = ET.fromstring(svg(invoices(), "matching_pending"))
    said = " ".join(element.text or "" for element in root.iter(f"{SVG}text"))
    for name in invoices().states:
        assert name in said.replace("_ ", "_")
    assert {element.tag for element in root.iter()} <= {
        f"{SVG}{tag}" for tag in ("svg", "title", "defs", "marker", "path", "rect", "text", "g", "circle")
    }
    assert "href" not in ET.tostring(root, encoding="unicode")
    assert len(root.findall(f".//{SVG}rect[@class='now']")) == 1


def test_text_of_the_file_is_never_markup_in_svg() -> None:
    root = ET.fromstring(svg(small(title=NASTY + "\u202e", guard=f"record.a == '''{NASTY}'''")))
    assert root.find(f"{SVG}title") is not None
    assert not list(root.iter(f"{SVG}script"))
    assert "\u202e" not in ET.tostring(root, encoding="unicode")
