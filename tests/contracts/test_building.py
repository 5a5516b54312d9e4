"""From a file without faults to the workflow the machine reads."""

from __future__ import annotations

import pytest

from pointsman.contracts.building import bound
from pointsman.contracts.building.demands import embedded
from pointsman.contracts.document.part import duration_ms
from pointsman.contracts.expressions import Template
from pointsman.contracts.loading import InvalidWorkflow, check, load
from pointsman.contracts.schemas import InvalidSchema
from pointsman.contracts.values import Json, JsonObject, digest_text
from pointsman.contracts.workflow import (
    Access,
    After,
    AgentState,
    AllStep,
    CallStep,
    Delivery,
    Due,
    ExternalState,
    FinalState,
    Floors,
    HumanState,
    Key,
    Limit,
    Retry,
    Schedule,
    SetStep,
    SystemState,
    ToolDefinition,
    ToolPolicy,
    Transition,
    Webhook,
    Workflow,
)
from tests.contracts.invoice import FILE, TEXT
from tests.contracts.scopes import GivenScope
from tests.contracts.town import HEAD, loaded, town

TOOLS = HEAD.splitlines()[-1] + "\n"


@pytest.fixture(scope="module")
def invoice() -> Workflow:
    return load(TEXT.encode(), FILE)


def agent(workflow: Workflow, name: str) -> AgentState:
    state = workflow.states[name]
    assert isinstance(state, AgentState)
    return state


def human(workflow: Workflow, name: str) -> HumanState:
    state = workflow.states[name]
    assert isinstance(state, HumanState)
    return state


def system(workflow: Workflow, name: str) -> SystemState:
    state = workflow.states[name]
    assert isinstance(state, SystemState)
    return state


def properties(schema: JsonObject) -> list[str]:
    found = schema["properties"]
    assert isinstance(found, dict)
    return list(found)


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


def test_every_tool_that_is_named_has_a_policy(invoice: Workflow) -> None:
    assert set(invoice.tools) == {
        "docs.read", "erp.find_purchase_order", "erp.find_receipt", "erp.compare", "erp.find_route", "erp.post_route",
    }  # fmt: skip
    post = invoice.tools["erp.post_route"]
    assert (post.effect, post.timeout_ms, post.retry) == ("write", 10_000, Retry(3, 1000))
    assert post.key == Key(("invoice_id",), "session", ("argument", "idempotency_key"))
    assert post.reconcile is not None
    assert post.reconcile.call == "erp.find_route"
    assert post.reconcile.arguments.render(GivenScope(args={"invoice_id": "INV-1"})) == {"invoice_id": "INV-1"}
    happened = post.reconcile.happened
    assert happened.judge(GivenScope(args={"route": "standard"}, result={"route": "standard"})).passed
    assert not happened.judge(GivenScope(args={"route": "standard"}, result={"route": "write_off"})).passed


def test_a_tool_without_a_policy_counts_as_a_write() -> None:
    workflow = loaded("  begin: {actor: agent, tools: [t.other], unknown: end, events: {go: {next: end}}}\n")
    assert workflow.tools["t.other"] == ToolPolicy("t.other", "write", 30_000, Retry())


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("{}", Key()),
        ("{over: [a], scope: stay}", Key(("a",), "stay")),
        ("{over: [a], deliver: {header: X-Key}}", Key(("a",), "session", ("header", "X-Key"))),
        ("{over: [a], deliver: {meta: key}}", Key(("a",), "session", ("meta", "key"))),
    ],
)
def test_a_key_is_delivered_as_the_file_says(written: str, key: Key) -> None:
    head = HEAD.replace(TOOLS, f"tools: {{t.write: {{key: {written}}}}}\n").replace(
        "command: town", "url: 'https://town'"
    )
    states = "  begin: {actor: agent, tools: [t.write], unknown: end, events: {go: {next: end}}}\n"
    assert loaded(states, head).tools["t.write"].key == key


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


def test_the_contract_of_an_event_is_closed_and_made_of_the_records_schemas(invoice: Workflow) -> None:
    event = agent(invoice, "field_extraction_pending").events["submit_fields"]
    assert event.floors is None
    assert [(one.name, one.tool) for one in event.evidence] == [("docs.read", "docs.read")]
    assert event.contract.input_schema["additionalProperties"] is False
    assert properties(event.contract.input_schema) == [*event.fields, "rationale"]
    assert event.contract.input_schema["required"] == list(event.fields)


def test_where_floors_are_in_force_an_event_requires_confidence_and_rationale(invoice: Workflow) -> None:
    event = agent(invoice, "exception_summary_pending").events["submit_summary"]
    assert event.floors == Floors(0.8, 0.7, "awaiting_accounts_payable_review")
    assert event.fields == ("summary", "mismatch", "route", "question")
    assert properties(event.contract.input_schema)[4:] == ["confidence", "rationale", "alternatives"]
    assert event.contract.input_schema["required"] == ["summary", "mismatch", "route", "confidence", "rationale"]
    good: JsonObject = {"summary": "x", "mismatch": "total", "route": "standard", "confidence": 0.9, "rationale": "y"}
    assert event.contract.unmet(good) == ()
    assert [one.path for one in event.contract.unmet({**good, "confidence": 1.5})] == ["confidence"]
    assert [one.path for one in event.contract.unmet({**good, "confidence": True})] == ["confidence"]


def test_confidence_may_be_off_for_one_event() -> None:
    states = (
        "  begin: {actor: agent, events: {sure: {confidence: off, next: end}, unsure: {next: end}}}\n"
        "  judged:\n    actor: human\n"
        "    review: {role: clerk, exclude: [=session.started_by], due: {in: 1d, then: end}}\n"
        "    events: {ok: {next: end}}\n"
    )
    events = agent(loaded(states, HEAD + "confidence: {floor: 0.5, below: judged}\n"), "begin").events
    assert events["sure"].floors is None
    assert events["unsure"].floors == Floors(0.5, 0.0, "judged")


def test_a_reviewers_event_also_takes_what_may_be_edited_and_a_rationale(invoice: Workflow) -> None:
    state = human(invoice, "awaiting_accounts_payable_review")
    review = state.review
    assert (review.role, review.edit, review.rationale_required) == ("accounts_payable_manager", ("route",), True)
    assert review.accept == {"console", "api", "cli"}
    assert review.due == Due(172_800_000, "procurement_escalation_pending", 86_400_000)
    assert [one.evaluate(GivenScope(session={"started_by": "eva"})) for one in review.exclude] == ["eva"]
    shown = review.show[0]
    assert isinstance(shown, CallStep)
    assert (shown.tool, shown.shown_as) == ("docs.read", "document")
    assert review.show[1:3] == ("po", "receipt")
    approve = state.events["approve"]
    assert approve.fields == ("route",)
    assert approve.contract.input_schema["required"] == ["rationale"]
    ask = state.events["request_clarification"]
    assert ask.fields == ("question", "route")
    assert ask.contract.input_schema["required"] == ["question", "rationale"]


def test_an_event_from_outside_takes_no_rationale(invoice: Workflow) -> None:
    state = invoice.states["vendor_clarification_pending"]
    assert isinstance(state, ExternalState)
    assert properties(state.events["vendor_answered"].contract.input_schema) == ["vendor_answer"]
    assert state.after == (After(7 * 86_400_000, "manual_resolution_required"),)


def test_a_payload_is_judged_and_not_kept() -> None:
    states = (
        "  begin:\n    actor: agent\n    events:\n      go:\n        requires: [name]\n"
        "        payload: {extra: {type: number}, 'more?': {type: string}}\n        when: event.extra * 2.0 > 3.0\n"
        "        message: too little\n        next: end\n"
    )
    event = agent(loaded(states), "begin").events["go"]
    assert event.fields == ("name",)
    assert event.contract.input_schema["required"] == ["name", "extra"]
    assert properties(event.contract.input_schema) == ["name", "extra", "more", "rationale"]
    assert event.when is not None
    assert event.when.message == "too little"
    assert event.when.guard.judge(GivenScope(event={"extra": 2})).passed


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


READ = ToolDefinition(
    "t.read",
    "Read.",
    {
        "type": "object",
        "properties": {"a": {"type": "string"}, "b": {"$ref": "#/$defs/b"}, "key": {"type": "string"}},
        "required": ["a", "b", "key"],
        "$defs": {"b": {"type": "integer"}},
    },
)
OFFERED = "  begin: {actor: agent, tools: [{use: t.read, with: {a: x}}], unknown: end, events: {go: {next: end}}}\n"


def test_the_contract_of_a_tool_leaves_out_what_the_state_fixes() -> None:
    workflow = bound(loaded(OFFERED), {"t.read": READ, "t.unused": READ})
    contract = workflow.tool_contracts["begin", "t.read"]
    assert workflow.definitions["t.read"] is READ
    assert properties(contract.input_schema) == ["b", "key"]
    assert contract.input_schema["required"] == ["b", "key"]
    assert [one.path for one in contract.unmet({"b": 1, "key": "k", "a": "y"})] == ["a"]
    assert [one.path for one in contract.unmet({"b": "1", "key": "k"})] == ["b"]


def test_the_contract_of_a_tool_leaves_out_the_argument_of_the_key() -> None:
    """The server makes the key, never the model (design, section 6)."""
    head = HEAD.replace(TOOLS, "tools: {t.read: {key: {over: [a], deliver: {argument: key}}}}\n")
    contract = bound(loaded(OFFERED, head), {"t.read": READ}).tool_contracts["begin", "t.read"]
    assert contract.input_schema["required"] == ["b"]
    head = HEAD.replace(TOOLS, "tools: {t.read: {key: {over: [a], deliver: {meta: key}}}}\n")
    contract = bound(loaded(OFFERED, head), {"t.read": READ}).tool_contracts["begin", "t.read"]
    assert contract.input_schema["required"] == ["b", "key"]


def test_a_group_stands_for_the_tools_of_its_effect_and_what_is_offered_by_name_stays() -> None:
    states = (
        "  begin:\n    actor: agent\n    unknown: end\n"
        "    tools: [{source: t, effect: read}, {use: t.read, with: {a: x}}]\n"
        "    events: {go: {next: end}}\n  more:\n    actor: agent\n    unknown: end\n"
        "    tools: [{source: t, effect: write}]\n    events: {go: {next: end}}\n"
    ).replace("events: {go: {next: end}}", "events: {go: {next: more}}", 1)
    workflow = bound(loaded(states), {"t.read": READ, "t.write": READ, "t.new": READ})
    offered = {name: state.tools for name, state in workflow.states.items() if isinstance(state, AgentState)}
    assert {name: sorted(tools) for name, tools in offered.items()} == {
        "begin": ["t.read"],
        "more": ["t.new", "t.write"],
    }
    assert offered["begin"]["t.read"].fixed.names == ("a",)


def test_a_definition_may_leave_its_arguments_open() -> None:
    definition = ToolDefinition("t.read", "", {"type": "object", "additionalProperties": True})
    contract = bound(loaded(OFFERED), {"t.read": definition}).tool_contracts["begin", "t.read"]
    assert contract.unmet({"anything": 1}) == ()


def test_a_tool_that_no_source_defines_has_no_contract() -> None:
    assert bound(loaded(OFFERED), {}).tool_contracts == {}


def test_a_definition_without_a_schema_is_refused() -> None:
    with pytest.raises(InvalidSchema):
        bound(loaded(OFFERED), {"t.read": ToolDefinition("t.read", "", {"type": "thing"})})


def test_references_of_a_field_lead_to_the_same_places_inside_a_contract() -> None:
    head = HEAD.replace(
        "any: {}",
        "any: {$id: 'https://town/any', $defs: {a/b: {type: integer}}, properties: {x: {$ref: '#/$defs/a~1b'},"
        " again: {$ref: '#'}, const: {$ref: '#/$defs/a~1b'}}, enum: [{x: 1}, {x: y}, {again: {x: y}}, {const: z}]}",
    )
    workflow = loaded("  begin: {actor: external, events: {go: {requires: [any], next: end}}}\n", head)
    state = workflow.states["begin"]
    assert isinstance(state, ExternalState)
    contract = state.events["go"].contract
    assert contract.unmet({"any": {"x": 1}}) == ()
    wrong: list[Json] = [{"x": "y"}, {"again": {"x": "y"}}, {"const": "z"}]
    assert [contract.unmet({"any": value})[0].path for value in wrong] == ["any.x", "any.again.x", "any.const"]


def test_data_in_a_schema_is_not_taken_for_references() -> None:
    schema: Json = {"const": {"$ref": "#/x"}, "allOf": [{"$ref": "#"}, True]}
    assert embedded(schema, "#/properties/a") == {
        "const": {"$ref": "#/x"},
        "allOf": [{"$ref": "#/properties/a"}, True],
    }


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
