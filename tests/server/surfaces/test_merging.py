"""Actions that occur in several states, in one list: design, section 5."""

from __future__ import annotations

from pointsman.contracts.building import bound
from pointsman.contracts.loading import load
from pointsman.contracts.schemas import Contract
from pointsman.contracts.values import JsonObject
from pointsman.contracts.workflow import Workflow
from pointsman.fsm.allowed import Action
from pointsman.server.surfaces.merging import NAMED_STATES, merged, merged_actions
from tests.server.surfaces.governed import TEXT, definition

LETTERS = """
workflow: letters
version: 1
title: Letters
owner: nobody
goal: Letters are written.
record:
  subject: {type: string}
  page: {type: integer}
start: {requires: [subject]}
initial: writing
sources: {desk: {python: desk}}
tools: {desk.look: {effect: read}}
states:
  writing:
    actor: agent
    tools:
      - {use: desk.look, with: {where: =record.subject}}
    events:
      hand_in: {requires: [subject], payload: {tone: {enum: [kind]}}, next: checking}
      give_up: {next: dropped}
  checking:
    actor: agent
    tools: [desk.look]
    events:
      hand_in: {requires: [subject, page], payload: {tone: {enum: [firm]}}, next: sent}
      give_up: {next: dropped}
  sent: {final: success}
  dropped: {final: stopped}
"""


def letters() -> Workflow:
    look = definition("desk.look", "Look.", where=TEXT, what=TEXT)
    return bound(load(LETTERS.encode(), "letters.yaml"), {"desk.look": look})


def action(name: str) -> Action:
    return next(one for one in merged_actions(letters()) if one.name == name)


def properties(name: str) -> dict[str, object]:
    found = action(name).input_schema["properties"]
    assert isinstance(found, dict)
    return {**found}


def test_each_action_stands_once_in_the_order_of_the_file() -> None:
    assert [one.name for one in merged_actions(letters())] == ["desk.look", "hand_in", "give_up"]


def test_an_event_of_several_states_takes_what_any_of_them_takes_and_demands_what_all_demand() -> None:
    assert set(properties("hand_in")) == {"subject", "page", "tone", "rationale"}
    assert action("hand_in").input_schema["required"] == ["subject", "tone"]
    assert action("hand_in").input_schema["additionalProperties"] is False


def test_an_argument_whose_schemas_differ_may_be_either() -> None:
    assert properties("hand_in")["tone"] == {"anyOf": [{"enum": ["kind"]}, {"enum": ["firm"]}]}


def test_a_tool_whose_arguments_are_fixed_in_one_state_shows_them_for_the_other_and_demands_none_of_them() -> None:
    assert set(properties("desk.look")) == {"what", "where"}
    assert action("desk.look").input_schema["required"] == ["what"]


def test_a_description_names_the_states_and_tells_them_apart_where_they_differ() -> None:
    assert action("give_up").description == "Leads to dropped. Allowed in writing, checking only."
    assert action("hand_in").description == (
        "In writing: Leads to checking. Takes subject, tone, rationale. "
        "In checking: Leads to sent. Takes subject, page, tone, rationale."
    )
    assert action("desk.look").description == (
        "In writing: Look. Reads only. Takes what. In checking: Look. Reads only. Takes where, what."
    )


def test_a_description_does_not_grow_with_the_states() -> None:
    count = NAMED_STATES + 8
    after = [f"more{number}" for number in range(1, count)] + ["sent"]
    more = "".join(
        f"  more{number}: {{actor: agent, events: {{on: {{next: {then}}}, give_up: {{next: dropped}}}}}}\n"
        for number, then in enumerate(after)
    )
    last = "  sent: {final: success}\n"
    reached = LETTERS.replace("next: sent", "next: more0").replace(last, last + more)
    loaded = load(reached.encode(), "letters.yaml")
    told = next(one.description for one in merged_actions(loaded) if one.name == "give_up")
    assert told.count(",") == NAMED_STATES - 1
    assert "and 10 more only." in told


def test_schemas_that_refer_to_places_of_their_own_are_not_put_elsewhere() -> None:
    def schema(part: JsonObject) -> JsonObject:
        return {"type": "object", "properties": {"tree": part}, "required": []}

    one = schema({"$defs": {"leaf": {"type": "string"}}, "$ref": "#/properties/tree/$defs/leaf"})
    both = merged([one, schema({"type": "integer"})])
    contract = Contract(both)
    contract.require_valid()
    assert contract.unmet({"tree": "leaf"}) == contract.unmet({"tree": 1}) == ()


def test_other_keywords_stay_where_all_states_have_them_and_equal() -> None:
    one: JsonObject = {"type": "object", "properties": {}, "$defs": {"a": {}}, "additionalProperties": False}
    other: JsonObject = {"type": "object", "properties": {"x": {}}, "$defs": {"a": {}}}
    assert merged([one, other]) == {"type": "object", "properties": {"x": {}}, "$defs": {"a": {}}, "required": []}
