"""From a file without faults to the workflow the machine reads."""

from __future__ import annotations

import pytest

from pointsman.contracts.document.part import duration_ms
from pointsman.contracts.expressions import Template
from pointsman.contracts.loading import InvalidWorkflow, check, load
from pointsman.contracts.values import digest_text
from pointsman.contracts.workflow import (
    Access,
    AllStep,
    CallStep,
    Delivery,
    FinalState,
    Limit,
    Schedule,
    SetStep,
    Transition,
    Webhook,
    Workflow,
)
from tests.contracts.built import system
from tests.contracts.invoice import FILE, TEXT
from tests.contracts.scopes import GivenScope
from tests.contracts.town import HEAD, loaded, town


def test_the_head_of_a_workflow_is_what_the_file_says(invoice: Workflow) -> None:
    assert (invoice.name, invoice.version, invoice.owner) == ("invoice_exception", 1, "finance-operations")
    assert (invoice.text, invoice.digest) == (TEXT, digest_text(TEXT))
    assert invoice.initial == "invoice_received"
    assert invoice.start_fields == ("invoice_id", "vendor_id", "document")
    assert invoice.start.input_schema["required"] == ["invoice_id", "vendor_id", "document"]
    assert len(invoice.states) == 20
    assert list(invoice.record)[:2] == ["invoice_id", "vendor_id"]
    assert invoice.limits == (
        Limit("calls", 60, "manual_resolution_required"),
        Limit("denials", 10, "manual_resolution_required"),
        Limit("duration", 14 * 24 * 3_600_000, "manual_resolution_required"),
    )


def test_text_and_bytes_give_the_same_workflow(invoice: Workflow) -> None:
    assert load(TEXT, FILE).digest == invoice.digest


def test_sources_keep_their_settings(invoice: Workflow) -> None:
    assert (invoice.sources["docs"].kind, invoice.sources["docs"].settings) == (
        "python",
        "pointsman.gallery.invoices.documents",
    )
    head = HEAD.replace("{mcp: {command: town}}", "{mcp: {command: python, args: [-m, town], env: {A: '${A}'}}}")
    source = loaded("  begin: {actor: system, next: end}\n", head).sources["t"]
    assert (source.kind, source.settings) == (
        "mcp",
        {"command": "python", "args": ["-m", "town"], "env": {"A": "${A}"}},
    )


def test_where_the_file_is_silent_the_starter_and_the_reviewers_view() -> None:
    states = (
        "  begin:\n    actor: human\n"
        "    review: {role: clerk, exclude: [=session.started_by], due: {in: 1d, then: end}}\n"
        "    events: {ok: {next: end}}\n"
    )
    assert loaded(states).access == Access(("anyone",), ("starter",), ("starter", "clerk"))
    said = HEAD + "access: {start: clerk, drive: [clerk], view: anyone}\n"
    assert loaded(states, said).access == Access(("clerk",), ("clerk",), ("anyone",))


def test_steps_lose_their_short_forms(invoice: Workflow) -> None:
    branches, compare = system(invoice, "matching_pending").run
    assert isinstance(branches, AllStep)
    assert isinstance(compare, CallStep)
    assert compare.save is not None
    assert {name: one.text for name, one in compare.save.fields.items()} == {"match": "result"}
    post = system(invoice, "approved_for_writeback").run[0]
    assert isinstance(post, CallStep)
    assert post.save is not None
    assert post.save.fields["erp_write_id"].evaluate(GivenScope(result={"write_id": "W"})) == "W"
    workflow = loaded("  begin: {actor: system, entry: [{set: {name: x}}], next: end}\n")
    (step,) = system(workflow, "begin").entry
    assert isinstance(step, SetStep)
    assert step.fields["name"].evaluate(GivenScope()) == "x"


def test_transitions_keep_their_order_and_guards(invoice: Workflow) -> None:
    first, second, third = system(invoice, "matching_pending").next
    assert first.when is not None
    assert first.when.guard.text == "record.po == null || record.receipt == null"
    assert (second.to, third) == (
        "matched_ready_for_standard_processing",
        Transition("exception_summary_pending"),
    )
    assert system(invoice, "matching_pending").failed == "manual_resolution_required"
    assert system(invoice, "approved_for_writeback").unknown == "failed_writeback_manual_recovery"
    assert invoice.states["completed"] == FinalState("completed", outcome="success")


def test_limits_are_counts_milliseconds_or_dollars() -> None:
    head = HEAD + (
        "limits: [{steps: 9, then: end}, {invalid: 3, then: end}, {cost: 2.5, then: end}, {duration: 4h, then: end}]\n"
    )
    assert loaded("  begin: {actor: system, next: end}\n", head).limits == (
        Limit("steps", 9, "end"),
        Limit("invalid", 3, "end"),
        Limit("cost", 2.5, "end"),
        Limit("duration", 14_400_000, "end"),
    )


@pytest.mark.parametrize(
    ("text", "milliseconds"), [("200ms", 200), ("5s", 5000), ("10m", 600_000), ("4h", 14_400_000), ("2d", 172_800_000)]
)
def test_durations_are_in_milliseconds(text: str, milliseconds: int) -> None:
    assert duration_ms(text) == milliseconds


@pytest.mark.parametrize(
    ("guard", "remembered"),
    [
        ("done.t.read.count > 0", {"t.read"}),
        ("done.t['read'].result.x == 1", {"t.read"}),
        ("done.t[record.name].count > 0", {"t.read", "t.write"}),
        ("done[record.name].read.count > 0", {"t.read", "t.write"}),
        ("record.open", set[str]()),
    ],
)
def test_only_the_tools_an_expression_asks_for_are_remembered(guard: str, remembered: set[str]) -> None:
    states = f'  begin:\n    actor: system\n    next:\n      - {{to: end, when: "{guard}"}}\n      - to: end\n'
    assert loaded(states).remembered == remembered


def test_a_file_with_errors_is_one_exception_that_lists_them_all() -> None:
    text = town("  begin: {actor: system, next: nowhere, goal: 3}\n")
    with pytest.raises(InvalidWorkflow) as caught:
        load(text.encode(), "town.yaml")
    assert [one.code for one in caught.value.findings] == [one.code for one in check(text, "town.yaml")]
    assert "PM203 `3` must be text" in str(caught.value)
    assert "PM301 there is no state `nowhere`" in str(caught.value)
    assert "begin: {actor: system" in str(caught.value)


def test_a_file_that_is_no_text_is_not_loaded() -> None:
    with pytest.raises(InvalidWorkflow, match="PM101"):
        load(b"\xff", "town.yaml")


def test_triggers_are_read_with_their_short_forms() -> None:
    triggers = """\
triggers:
  webhook:
    - {secret: "${NEW}", start: {name: =body.who}}
    - name: mail
      scheme: basic
      secret: ["${NEW}", "${OLD}"]
      dedupe: =body.id
      deliver: {session: =body.ref, event: came, with: {name: =body.who}}
  schedule: {cron: 0 7 * * *, start: {name: x}}
"""
    states = "  begin: {actor: external, events: {came: {requires: [name], next: end}}, after: {in: 1d, to: end}}\n"
    starts, mail, schedule = load(town(states, HEAD + triggers).encode(), "town.yaml").triggers
    scope = GivenScope(body={"who": "Ada", "ref": "abc", "id": 7})
    assert isinstance(starts, Webhook)
    assert isinstance(starts.purpose, Template)
    assert (starts.name, starts.scheme, starts.secrets, starts.dedupe) == (None, "standard", ("NEW",), None)
    assert starts.purpose.render(scope) == {"name": "Ada"}
    assert isinstance(mail, Webhook)
    assert isinstance(mail.purpose, Delivery)
    assert mail.dedupe is not None
    assert (mail.name, mail.scheme, mail.secrets, mail.purpose.event) == ("mail", "basic", ("NEW", "OLD"), "came")
    assert (mail.purpose.session.evaluate(scope), mail.purpose.fields.render(scope)) == ("abc", {"name": "Ada"})
    assert mail.dedupe.evaluate(scope) == 7
    assert isinstance(schedule, Schedule)
    assert schedule.text == '{"cron":"0 7 * * *","start":{"name":"x"},"zone":"UTC"}'


def test_a_workflow_with_warnings_is_loaded() -> None:
    assert loaded("  begin: {actor: system, next: end}\n").initial == "begin"


def test_json_with_the_same_keys_is_the_same_document() -> None:
    text = (
        '{"workflow": "town", "version": 1, "initial": "begin", "states":'
        ' {"begin": {"actor": "system", "next": "end"}, "end": {"final": "success"}}}'
    )
    assert check(text, "town.json") == ()
    assert load(text, "town.json").states["end"] == FinalState("end", outcome="success")
