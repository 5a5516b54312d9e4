"""Pictures of workflows: every way to move is in them, and no text of a file is markup."""

import json
import re
from xml.etree import ElementTree as ET

from pointsman.contracts.loading import load
from pointsman.contracts.workflow import Workflow
from pointsman.gallery import path
from pointsman.server.graph import Trail, mermaid
from pointsman.server.graph.colours import EDGES
from pointsman.server.graph.picture import ANYWHERE, Arrow, picture_of
from pointsman.server.graph.svg import svg
from pointsman.server.moves import span

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


def ways(arrow: Arrow) -> tuple[str, str, str, tuple[str, ...]]:
    return arrow.source, arrow.target, arrow.line, tuple(label.text for label in arrow.labels)


def test_the_picture_has_every_way_in_which_a_session_can_move() -> None:
    arrows = [ways(arrow) for arrow in picture_of(invoices()).arrows]
    review, manual = "awaiting_accounts_payable_review", "manual_resolution_required"
    expected = [
        ("invoice_received", "field_extraction_pending", "chosen", ()),
        ("field_extraction_pending", "needs_manual_data_entry", "chosen", ("report_missing_fields",)),
        ("field_extraction_pending", "needs_manual_data_entry", "timed", ("after 1d",)),
        ("field_extraction_pending", "needs_manual_data_entry", "limited", ("calls > 8",)),
        ("matching_pending", "matched_ready_for_standard_processing", "chosen", ("[record.match.ok]",)),
        ("matching_pending", "exception_summary_pending", "chosen", ("[else]",)),
        ("exception_summary_pending", review, "limited", ("calls > 10",)),
        ("exception_summary_pending", review, "below", ("confidence < 0.8",)),
        (review, "procurement_escalation_pending", "timed", ("due 2d",)),
        ("approved_for_writeback", "writeback_retry_pending", "failed", ("failed",)),
        ("approved_for_writeback", "failed_writeback_manual_recovery", "unknown", ("unknown",)),
        (ANYWHERE, manual, "limited", ("calls > 60", "denials > 10", "duration > 14d")),
    ]
    assert [arrow for arrow in expected if arrow not in arrows] == []


def test_durations_are_written_as_in_the_file() -> None:
    assert [span(ms) for ms in (200, 5_000, 900_000, 5_400_000, 172_800_000)] == ["200ms", "5s", "15m", "90m", "2d"]


def test_long_guards_are_shortened_and_whole_in_the_full_text() -> None:
    guard = "record.a == 'x' || " * 9 + "true"
    arrows = picture_of(small(guard=guard)).arrows
    (label,) = [label for arrow in arrows for label in arrow.labels if "…" in label.text]
    assert label.text.startswith("go [record.a == 'x' || ")
    assert len(label.text) < 60
    assert label.full == f"go [{guard}]"


def test_mermaid_marks_the_current_state_and_no_identifier_is_a_word_of_mermaids() -> None:
    text = mermaid(small(), Trail("end"))
    assert "class s_end now" in text
    assert not re.search(r"^\s+end\b", text, re.MULTILINE)
    assert "class" not in mermaid(small()).split("classDef")[0]
    assert " now" not in mermaid(small())


def test_text_of_the_file_is_never_markup_in_mermaid() -> None:
    text = mermaid(small(guard=f"record.a == '''{NASTY}'''"))
    assert "<script>" not in text
    assert "evil" not in re.sub(r'"[^"]*"', "", text)


def test_the_svg_stands_alone_and_has_every_state_and_label() -> None:
    root = ET.fromstring(svg(invoices(), Trail("matching_pending", frozenset({"matching_pending"}))))
    said = " ".join(element.text or "" for element in root.iter(f"{SVG}text"))
    for name in invoices().states:
        assert name in said.replace("_ ", "_")
    assert {element.tag for element in root.iter()} <= {
        f"{SVG}{tag}" for tag in ("svg", "title", "style", "defs", "marker", "path", "rect", "text", "g", "circle")
    }
    whole = ET.tostring(root, encoding="unicode")
    assert "href" not in whole
    assert set(re.findall(r"url\(([^)]*)\)", whole)) <= {f"#pm-{line}" for line in EDGES}
    assert len(root.findall(f".//{SVG}rect[@class='here now']")) == 1


def test_text_of_the_file_is_never_markup_in_svg() -> None:
    root = ET.fromstring(svg(small(title=NASTY + "\u202e", guard=f"record.a == '''{NASTY}'''")))
    assert root.find(f"{SVG}title") is not None
    assert not list(root.iter(f"{SVG}script"))
    assert "\u202e" not in ET.tostring(root, encoding="unicode")
