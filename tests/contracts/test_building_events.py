"""From what a file says of events to their contracts."""

from __future__ import annotations

from pointsman.contracts.building.demands import embedded
from pointsman.contracts.values import Json, JsonObject
from pointsman.contracts.workflow import After, CallStep, Due, ExternalState, Floors, Workflow
from tests.contracts.built import agent, human, properties
from tests.contracts.scopes import GivenScope
from tests.contracts.town import HEAD, loaded


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
