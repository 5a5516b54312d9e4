"""From what a file says of tools to their policies and contracts."""

from __future__ import annotations

import pytest

from pointsman.contracts.building import bound
from pointsman.contracts.schemas import InvalidSchema
from pointsman.contracts.workflow import AgentState, Key, Retry, ToolDefinition, ToolPolicy, Workflow
from tests.contracts.built import properties
from tests.contracts.scopes import GivenScope
from tests.contracts.town import HEAD, loaded

TOOLS = HEAD.splitlines()[-1] + "\n"


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
