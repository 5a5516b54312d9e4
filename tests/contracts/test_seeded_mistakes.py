"""Mistakes in the invoice workflow, each found at its exact place (workflow format, "What `check` must find")."""

from __future__ import annotations

import pytest

from pointsman.contracts.loading import InvalidWorkflow, check, load
from tests.contracts.invoice import FILE, TEXT, Mistake, found_in

MANUAL = "manual_resolution_required"
REVIEW = "awaiting_accounts_payable_review"

MISTAKES = (
    Mistake("a tab", "    actor: agent\n    goal: Extract", "\tactor: agent\n    goal: Extract", "PM102", "|\tactor"),
    Mistake("a colon in a plain value", "title: Invoice", "title: Invoice: ", "PM102", "title: Invoice|: "),
    Mistake("an open bracket", "roles: [accounts", "roles: [[accounts", "PM102", "|access: {start"),
    Mistake(
        "a comma in flow style",
        "when: record.match.ok}",
        "when: size(record.line_items, 3) > 2}",
        "PM108",
        "when: size(record.line_items|, 3",
        also=("PM201",),
    ),
    Mistake("a tag", "when: record.match.ok}", "when: !record.match.ok }", "PM104", "!record.match.ok"),
    Mistake(
        "a comment in an expression",
        "{to: matched_ready_for_standard_processing, when: record.match.ok}",
        "to: matched_ready_for_standard_processing\n        when: record.summary == 'see #1'",
        "PM108",
        "record.summary == |'see",
    ),
    Mistake("a duplicate key", "approve: {next", "reject: {next: rejected}\n      reject: {next", "PM103",
            "reject: {next: approved", also=("PM103", "PM501")),
    Mistake("an anchor", "rejected:      ", "rejected: &end", "PM104", "&end"),
    Mistake("an unknown key", "forbid: Do not contact", "forbidden: Do not contact", "PM201", "forbidden:"),
    Mistake("an unknown key at the top", "owner: finance-operations", "ownr: finance-operations", "PM201", "ownr"),
    Mistake("an unknown key of a policy", "timeout: 10s", "timout: 10s", "PM201", "timout"),
    Mistake("a missing key", "{requires: [vendor_answer], next: ", "{requires: [vendor_answer], description: ",
            "PM202", "{requires: [vendor_answer]"),
    Mistake("no initial state", "initial: invoice_received\n", "", "PM202", "|workflow: invoice_exception"),
    Mistake("an unknown actor", "actor: external ", "actor: outside ", "PM203", "|actor: outside"),
    Mistake("a wrong number", "version: 1", "version: one", "PM203", "version: |one"),
    Mistake("a wrong duration", "after: {in: 7d", "after: {in: 7 days", "PM203", "7 days"),
    Mistake("a wrong limit", "- {calls: 60,", "- {calls: 0,", "PM203", "{calls: |0"),
    Mistake("two limits in one", "- {denials: 10,", "- {denials: 10, calls: 3,", "PM203", "{denials: 10, calls"),
    Mistake("a wrong effect", "erp.compare:             {effect: read}", "erp.compare: {effect: reads}", "PM203",
            "{effect: |reads}"),
    Mistake("a capital letter in a name", "  summary:        {type", "  Summary:        {type", "PM203", "Summary: ",
            also=("PM303", "PM303", "PM303", "PM404")),
    Mistake("an unknown state", "next: matching_pending", "next: matching_pendin", "PM301", "matching_pendin\n"),
    Mistake("an unknown state of a limit", "- {calls: 8, then: needs_manual_data_entry}", "- {calls: 8, then: manual}",
            "PM301", "{calls: 8, then: |manual}"),
    Mistake("an unknown state of a timer", f"after: {{in: 7d, to: {MANUAL}}}", "after: {in: 7d, to: manuel}", "PM301",
            "manuel"),
    Mistake("an unknown state of a due date", f"due: {{in: 5d, then: {MANUAL}}}", "due: {in: 5d, then: nobody}",
            "PM301", "nobody}"),
    Mistake("an unknown initial state", "initial: invoice_received", "initial: invoice_recieved", "PM301",
            "invoice_recieved"),
    Mistake("an unknown source", "call: erp.compare,", "call: epr.compare,", "PM302", "epr.compare",
            also=("PM309",)),
    Mistake("an unknown field", "requires: [vendor_answer]", "requires: [vendor_anser]", "PM303", "vendor_anser"),
    Mistake("an unknown field of a save", "save: {receipt: =", "save: {reciept: =", "PM303", "reciept: |=result"),
    Mistake("an unknown field of a start", "start: {requires: [invoice_id,", "start: {requires: [invoice_no,", "PM303",
            "invoice_no,"),
    Mistake("an unknown role", "role: procurement", "role: procurment", "PM304", "procurment"),
    Mistake("an unknown role of access", "drive: starter", "drive: clerk", "PM304", "clerk"),
    Mistake("a reserved name", "  question:       {type", "  rationale:      {type", "PM305", "|rationale:      {",
            also=("PM303", "PM303")),
    Mistake("a reserved event", "      submit_summary:", "      session_status:", "PM305", "session_status"),
    Mistake("an event called like a tool", "      submit_summary:", "      docs_read:", "PM306", "docs_read"),
    Mistake("two tools of one name on the wire", "  docs.read:               {effect: read}",
            "  docs.read:  {effect: read}\n  docs.re_ad: {effect: read}\n  docs.re.ad: {effect: read}",
            "PM306", "docs.re.ad", also=("PM307", "PM307", "PM309", "PM309")),
    Mistake("an unknown function", "call: erp.find_receipt", "call: erp.find_reciept", "PM307", "erp.find_reciept",
            also=("PM309", "PM702", "PM703")),
    Mistake("an unknown module", "pointsman.gallery.invoices.documents", "pointsman.gallery.invoices.papers", "PM308",
            "pointsman.gallery.invoices.papers"),
    Mistake("a tool that no state uses", "  erp.compare:  ", "  erp.post_many: {effect: write}\n  erp.compare:  ",
            "PM309", "erp.post_many", also=("PM307",)),
    Mistake("an unknown argument", "approved_by: =decisions", "approved_bye: =decisions", "PM310", "approved_bye",
            also=("PM310",)),
    Mistake("evidence nobody can give", "evidence: [docs.read]  ", "evidence: [erp.compare]", "PM311",
            "evidence: [|erp.compare]"),
    Mistake("a field twice", "requires: [summary, mismatch, route]", "requires: [summary, route, route]", "PM312",
            "[summary, route, |route]", also=("PM313",)),
    Mistake("a guard that ends early", "when: record.match.ok}", "when: record.match.ok &&}", "PM401",
            "record.match.ok &&|}"),
    Mistake("a guard that is a number", "when: record.match.ok}", "when: record.total}", "PM402", "record.total}"),
    Mistake("a number compared with text", "record.po.total <= 10000", "record.total <= '10000'", "PM403",
            "record.total |<= '"),
    Mistake("a field compared with null", "when: record.match.ok}", "when: record.vendor_name == null}", "PM403",
            "record.vendor_name |=="),
    Mistake("an integer times a number", "record.po.total <= 10000", "record.total * 2 <= 10000", "PM403",
            "record.total |* 2"),
    Mistake("a field no schema declares", "when: record.match.ok}", "when: record.mach.ok}", "PM404", "record.mach"),
    Mistake("a state no file has", "visits.writeback_retry_pending >", "visits.writeback_retry >", "PM404",
            "visits.writeback_retry >"),
    Mistake("a review nobody holds", "=decisions.awaiting_accounts_payable_review.by", "=decisions.completed.by",
            "PM404", "=|decisions.completed"),
    Mistake("a bare field", "when: record.match.ok}", "when: match.ok}", "PM404", "when: |match.ok"),
    Mistake("an event where there is none", "when: record.match.ok}", "when: event.ok}", "PM404", "event.ok"),
    Mistake("a value no field has", "when: record.match.ok}", "when: record.route == 'standart'}", "PM405",
            "'standart'", also=("PM313",)),
    Mistake("an unreachable state", "  rejected:  ", "  forgotten: {final: stopped}\n  rejected:  ", "PM501",
            "forgotten"),
    Mistake(
        "a dead end",
        "  vendor_clarification_pending:\n    actor: external                       # an answer from outside: webhook,"
        " mail bridge, another system\n    events:\n      vendor_answered: {requires: [vendor_answer],"
        f" next: {REVIEW}}}\n    after: {{in: 7d, to: {MANUAL}}}\n",
        "  vendor_clarification_pending:\n    actor: external\n    events:\n      vendor_answered: {requires:"
        " [vendor_answer], next: vendor_clarification_pending}\n",
        "PM502",
        "|vendor_clarification_pending:\n",
        also=("PM313",),
    ),
    Mistake("a cycle of the system", "failed: manual_resolution_required\n", "failed: field_extraction_validated\n",
            "PM503", "|field_extraction_validated:\n"),
    Mistake("a list that falls through", "      - {to: exception_summary_pending}\n", "", "PM504",
            "{to: matched_ready_for_standard_processing", also=("PM501",)),
    Mistake("a state without a way out", "    next: matching_pending\n", "\n", "PM505",
            "|field_extraction_validated:\n", also=("PM501", "PM502")),
    Mistake("an entry that is never tried", "when: record.match.ok}", "message: x}", "PM506",
            "{to: matched_ready_for_standard_processing, message"),
    Mistake("a review without a due date", f"      due: {{in: 5d, then: {MANUAL}}}\n", "", "PM601",
            "|review:\n      role: procurement"),
    Mistake("a review the starter could decide",
            "      role: procurement\n      exclude: [=session.started_by]\n", "      role: procurement\n", "PM602",
            "|review:\n      role: procurement"),
    Mistake("a floor that brings in nobody", f"below: {REVIEW}", f"below: {MANUAL}", "PM603", f"below: |{MANUAL}"),
    Mistake("a guard an agent can pass by itself",
            "{to: exception_summary_validated, when: record.po.total <= 10000}",
            "{to: completed, when: record.total <= 10000}", "PM604", "record.total <=", also=("PM501",)),
    Mistake("a final state without owner", "{final: manual, owner: ap-data-entry}", "{final: manual}", "PM605",
            "needs_manual_data_entry:  "),
    Mistake("no `failed`", "    failed: manual_resolution_required\n", "", "PM701", "matching_pending:\n"),
    Mistake("no `unknown`", "    unknown: failed_writeback_manual_recovery ", "    #", "PM702",
            "|approved_for_writeback:\n"),
    Mistake("a write without a key",
            "    key: {over: [invoice_id], deliver: {argument: idempotency_key}}    # the server makes the key,"
            " never the model\n    reconcile:                            # asked before any second attempt\n"
            "      call: erp.find_route\n      with: {invoice_id: =args.invoice_id}\n"
            "      happened: result.route == args.route      # of this posting, not of an earlier one\n",
            "", "PM703", "erp.post_route:\n", also=("PM309", "PM706")),
    Mistake("a key without over", "key: {over: [invoice_id], deliver", "key: {deliver", "PM704", "key: {deliver"),
    Mistake("two branches that save one field", "save: {receipt: =", "save: {po: =", "PM705", "{call: erp.find_receipt",
            also=("PM313", "PM313", "PM313")),
    Mistake("a misspelt type", "vendor_id:      {type: string}", "vendor_id:      {type: strin}", "PM801", "strin}"),
    Mistake("a reference out of the file", "items: {type: object}", "items: {$ref: 'lines.json'}", "PM802",
            "'lines.json'"),
    Mistake("a pattern that looks ahead", '"^INV-[0-9]+$"', '"^INV-(?=0)[0-9]+$"', "PM804", '"^INV-(?=0)'),
    Mistake("a misspelt format", "format: date}", "format: dat}", "PM805", "dat}"),
    Mistake("a misspelt keyword", "minItems: 1}\n  total", "minItem: 1}\n  total", "PM805", "minItem: "),
)  # fmt: skip


def test_the_invoice_workflow_is_without_faults() -> None:
    assert check(TEXT, FILE) == ()
    assert load(TEXT, FILE).name == "invoice_exception"


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_a_seeded_mistake_is_found_at_its_place(mistake: Mistake) -> None:
    assert mistake.place in [(one.line, one.column) for one in found_in(mistake, FILE) if one.code == mistake.code]


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_a_seeded_mistake_brings_no_findings_but_its_own(mistake: Mistake) -> None:
    assert sorted(one.code for one in found_in(mistake, FILE)) == sorted((mistake.code, *mistake.also))


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_a_file_with_an_error_is_not_loaded(mistake: Mistake) -> None:
    """A Python source is looked at by `check` alone, because loading depends on the text alone."""
    errors = [one for one in found_in(mistake, FILE) if one.severity == "error"]
    if all(one.code in ("PM307", "PM310") for one in errors):
        assert load(mistake.text, FILE).name == "invoice_exception"
        return
    with pytest.raises(InvalidWorkflow) as caught:
        load(mistake.text, FILE)
    left_to_check = mistake.code in ("PM307", "PM308", "PM310")
    assert left_to_check or mistake.code in {one.code for one in caught.value.findings}


def test_all_faults_are_found_in_one_run() -> None:
    text = TEXT
    apart = [
        one
        for one in MISTAKES
        if one.name in {"an unknown key", "a wrong duration", "an unknown field", "a bare field"}
    ]
    for mistake in apart:
        text = text.replace(mistake.old, mistake.new, 1)
    assert {one.code for one in check(text, FILE)} >= {mistake.code for mistake in apart}


def test_every_error_tells_how_to_mend_it_or_names_what_is_wrong() -> None:
    for mistake in MISTAKES:
        for one in found_in(mistake, FILE):
            assert one.message
            assert one.hint is None or one.hint[0].isupper() or one.hint[0] in "` $"
