"""What the places of a file say of each other: the cases the invoice workflow does not have."""

from __future__ import annotations

import pytest

from pointsman.contracts.bounds import FINDINGS
from pointsman.contracts.loading import check
from tests.contracts.town import HEAD, codes, found, town

SIMPLE = "  begin: {actor: system, next: end}\n"


def messages(text: str) -> list[str]:
    return [f"{one.line} {one.code} {one.message}" for one in found(text)]


def test_the_town_is_without_faults() -> None:
    assert messages(town(SIMPLE)) == []


# --- Names. -------------------------------------------------------------------------------------------------------


def test_names_stand_once_in_a_list() -> None:
    text = town(
        "  begin:\n    actor: agent\n    show: [name, name]\n    tools: [t.read, t.read]\n    events:\n"
        "      go: {requires: [count], accepts: [count, size, size], evidence: [t.read, t.read], next: end}\n",
        HEAD.replace("roles: [clerk]", "roles: [clerk, clerk]"),
    )
    assert codes(text) == ["PM312"] * 6


def test_a_file_without_roles_or_sources_has_no_hint_of_them() -> None:
    head = HEAD.replace("roles: [clerk]\n", "").replace("sources: {t: {mcp: {command: town}}}\n", "")
    head = head.replace(HEAD.splitlines()[-1] + "\n", "")
    text = town("  begin:\n    actor: system\n    run: [{call: t.read}]\n    next: end\n    failed: end\n", head)
    assert [(one.code, one.hint) for one in found(text)] == [("PM302", None)]


def test_access_is_granted_to_anyone_the_starter_or_roles() -> None:
    head = HEAD + "access: {start: [clerk, anyone], drive: [starter, clerk], view: anyone}\n"
    assert codes(town(SIMPLE, head)) == []
    head = HEAD + "access: {start: starter, view: [nobody]}\n"
    assert codes(town(SIMPLE, head)) == ["PM304", "PM304"]


def test_payloads_have_names_of_their_own() -> None:
    text = town(
        "  begin:\n    actor: external\n    events:\n      go:\n        requires: [name]\n"
        "        payload: {name: {}, 'session?': {}, other: {}}\n        next: end\n"
    )
    assert codes(text) == ["PM306", "PM305"]


def test_what_a_reviewer_sees_has_one_name_each() -> None:
    text = town(
        "  begin:\n    actor: human\n    review:\n      role: clerk\n      exclude: [=session.started_by]\n"
        "      due: {in: 1d, then: end}\n      show: [name, {call: t.read}, {call: t.read, as: name}, {call: t.read}]\n"
        "    events: {ok: {next: end}}\n"
    )
    assert codes(text) == ["PM306", "PM306"]


# --- The graph. ---------------------------------------------------------------------------------------------------


def test_states_that_only_unreached_ones_lead_to_are_not_told_again() -> None:
    text = town(
        SIMPLE
        + "  lost: {actor: system, next: lost_too}\n  lost_too: {actor: system, next: [{to: ring, when: record.open},"
        " {to: end}]}\n  ring: {actor: system, next: [{to: end, when: visits.ring > 1}, {to: ring}]}\n"
    )
    assert messages(text) == ["29 PM501 nothing leads from `begin` to `lost`"]


def test_unreached_states_in_a_ring_are_told_once() -> None:
    text = town(
        SIMPLE + "  one: {actor: system, next: [{to: end, when: visits.one > 1}, {to: two}]}\n"
        "  two: {actor: system, next: one}\n"
    )
    assert messages(text) == ["29 PM501 nothing leads from `begin` to `one`"]


def test_a_floor_leads_to_the_state_below() -> None:
    review = (
        "  judged:\n    actor: human\n"
        "    review: {role: clerk, exclude: [=session.started_by], due: {in: 1d, then: end}}\n"
        "    events: {ok: {next: end}}\n"
    )
    head = HEAD + "confidence: {floor: 0.5, below: judged}\n"
    agent = "  begin:\n    actor: agent\n    events: {go: {next: end}}\n"
    assert codes(town(agent + review, head)) == []
    assert codes(town(agent.replace("{next", "{confidence: off, next") + review, head)) == ["PM706", "PM501"]
    assert codes(town(agent.replace("agent\n", "agent\n    confidence: off\n") + review, head)) == ["PM706", "PM501"]
    assert codes(town(agent, HEAD + "confidence: {floor: 0.5, below: nowhere}\n")) == ["PM301"]
    asked_anyway = agent.replace("next: end", "next: judged")
    assert codes(town(asked_anyway + review, head)) == ["PM706"]
    assert (
        codes(town(asked_anyway.replace("judged", "[{to: judged, when: visits.begin > 1}, {to: end}]") + review, head))
        == []
    )


def test_a_limit_of_the_session_reaches_its_state_and_is_no_way_to_an_end() -> None:
    head = HEAD + "limits: [{duration: 1d, then: spent}, {steps: 25, then: spent}]\n"
    text = town(
        "  begin:\n    actor: agent\n    events: {go: {next: begin}}\n  spent: {final: failed, owner: us}\n", head
    )
    assert messages(text) == [
        "29 PM502 no final state can be reached from `begin`",
        "33 PM501 nothing leads from `begin` to `end`",
    ]


def test_an_unknown_state_is_told_once_and_may_be_any() -> None:
    text = town("  begin:\n    actor: system\n    next: zzzzzz\n  other: {actor: system, next: end}\n")
    assert codes(text) == ["PM301"]


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("actor: agent", ["PM505"]),
        ("actor: external", ["PM505"]),
        ("actor: system", ["PM505"]),
        ("{actor: system, after: {in: 1d, to: end}}", []),
        ("{actor: system, after: {in: 1d, to: end, when: record.open}}", ["PM505"]),
        ("{actor: system, after: [{in: 1d, to: end}], next: [{to: end, when: record.open}]}", []),
        (
            "{actor: system, after: {in: 1d, to: end, when: record.open}, next: [{to: end, when: record.open}]}",
            ["PM504"],
        ),
        ("{actor: agent, events: {go: {next: [{to: end, when: record.open}]}}}", ["PM504"]),
        ("{actor: agent, events: {go: {next: [{to: end}, {to: end, when: record.open}]}}}", ["PM506"]),
    ],
)
def test_every_state_needs_a_way_out(state: str, expected: list[str]) -> None:
    found_codes = [one for one in codes(town(f"  begin:\n    {state}\n")) if one not in ("PM501", "PM502")]
    assert found_codes == expected


# --- Cycles. ------------------------------------------------------------------------------------------------------

START = HEAD[HEAD.index("start:") : HEAD.index("\ninitial:")]

RING = """\
  begin: {actor: system, next: one}
  one:
    actor: system
    next: [{to: end, when: record.open}, {to: two}]
  two:
    actor: system
"""


@pytest.mark.parametrize(
    ("two", "limits", "expected"),
    [
        ("    next: one\n", "", ["PM503"]),
        ("    next: one\n", "limits: [{duration: 1d, then: end}]\n", ["PM503"]),
        ("    next: one\n", "limits: [{steps: 50, then: end}]\n", []),
        ("    next: [{to: end, when: visits.two > 3}, {to: one}]\n", "", []),
        ("    after: {in: 1m, to: one}\n", "", ["PM503"]),
        ("    after: {in: 1m, to: one}\n", "limits: [{duration: 1d, then: end}]\n", []),
        ("    after: [{in: 1m, to: end, when: visits.two > 3}, {in: 2m, to: one}]\n", "", []),
        ("    next: [{to: end, when: broken broken}, {to: one}]\n", "", ["PM401"]),
        ("    next: two\n", "", ["PM502", "PM503"]),
    ],
)
def test_a_cycle_of_the_system_must_end(two: str, limits: str, expected: list[str]) -> None:
    assert codes(town(RING + two, HEAD + limits)) == expected


def test_a_cycle_that_asks_an_agent_is_none_of_the_system() -> None:
    text = town(
        "  begin: {actor: system, next: asked}\n"
        "  asked: {actor: agent, events: {again: {next: begin}, done: {next: end}}}\n"
    )
    assert codes(text) == []


def test_the_cycle_is_named_from_its_first_state() -> None:
    (one,) = found(town(RING + "    next: one\n"))
    assert one.message.endswith("one -> two -> one")


# --- People. ------------------------------------------------------------------------------------------------------


def skipping(begin: str, more: str = "") -> str:
    return town(
        f"  begin:\n{begin}"
        "  hop: {actor: system, next: judged}\n"
        "  judged:\n    actor: human\n    review: {role: clerk, exclude: [=session.started_by], edit: [size],"
        " due: {in: 1d, then: end}}\n    events: {ok: {accepts: [tags], next: end}}\n" + more
    )


@pytest.mark.parametrize(
    ("guard", "expected"),
    [
        ("record.place.number > 1", ["PM604"]),
        ("event.name == 'x'", ["PM604"]),
        ("event.extra > 1", ["PM604"]),
        ("record.name == 'x'", []),
        ("record.size > 1", []),
        ("record.tags == []", []),
        ("record.level == 1", []),
        ("record.any == 1", []),
        ("record.colour == 'red'", []),
        ("confidence > 0.9", []),
    ],
)
def test_a_guard_on_what_only_an_agent_said_must_not_skip_a_person(guard: str, expected: list[str]) -> None:
    """`place` is written by the agent alone; each other field also by the start, a tool, a person or the outside."""
    head_start = "start: {requires: [name]}"
    begin = (
        "    actor: agent\n    tools: [{use: t.read, save: {any: =result}}]\n    events:\n"
        "      go:\n        requires: [place, name]\n        payload: {extra: {type: integer}}\n        next:\n"
        f'          - {{to: end, when: "{guard}"}}\n          - to: hop\n'
        "      wait: {requires: [size, tags, level, colour, any], next: outside}\n"
    )
    more = (
        "  outside: {actor: external, events: {said: {requires: [level], next: noted}}}\n"
        "  noted: {actor: system, run: [{set: {colour: red}}, {call: t.read, save: maybe}], next: end, failed: end}\n"
    )
    text = skipping(begin, more)
    assert codes(text.replace(START, head_start)) == expected


def test_a_system_state_may_not_skip_a_person_on_an_agents_word_either() -> None:
    begin = (
        "    actor: agent\n    events: {go: {requires: [place], next: sort}}\n"
        "  sort:\n    actor: system\n    next: [{to: hop, when: record.place.number > 1}, {to: end}]\n"
    )
    assert codes(skipping(begin).replace(START, "start: {}")) == ["PM604"]


def test_a_system_state_that_may_end_does_not_bring_a_person() -> None:
    begin = (
        "    actor: agent\n    events:\n      go:\n        requires: [place]\n"
        "        next: [{to: sort, when: record.place.number > 1}, {to: judged}]\n"
        "  sort: {actor: system, next: [{to: hop, when: record.open}, {to: end}]}\n"
    )
    assert codes(skipping(begin).replace(START, "start: {requires: [open]}")) == ["PM604"]


def test_an_exclude_that_does_not_compile_excludes_nobody() -> None:
    text = town(
        "  begin:\n    actor: human\n    review: {role: clerk, exclude: [=session., maria], due: {in: 1d, then: end}}\n"
        "    events: {ok: {next: end}}\n"
    )
    assert codes(text) == ["PM602", "PM401"]


# --- Tools. -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("{actor: system, run: [{set: {name: x}}], next: end}", []),
        ("{actor: system, run: [{set: {name: =record.name}}], next: end}", ["PM701"]),
        ("{actor: model, model: {name: m}, events: {go: {next: end}}}", ["PM701"]),
        ("{actor: system, entry: [{set: {any: {a: [=record.name]}}}], next: end}", ["PM701"]),
        ("{actor: system, run: [{all: [{call: t.write}]}], next: end, failed: end}", ["PM702"]),
        ("{actor: system, run: [{call: t.write}], next: end, failed: end, unknown: end}", []),
        ("{actor: agent, tools: [t.read], events: {go: {next: end}}}", []),
        ("{actor: agent, tools: [t.write], events: {go: {next: end}}}", ["PM702"]),
        ("{actor: agent, tools: [t.other], unknown: end, events: {go: {next: end}}}", ["PM703"]),
        ("{actor: agent, entry: [{call: t.read}], failed: end, events: {go: {evidence: [t.read], next: end}}}", []),
        ("{actor: external, events: {go: {evidence: [t.read], next: end}}}", ["PM311"]),
        ("{actor: external, events: {go: {evidence: {a: {call: t.read, within: session}}, next: end}}}", ["PM311"]),
    ],
)
def test_steps_and_tools_need_their_ways_out(state: str, expected: list[str]) -> None:
    assert codes(town(f"  begin: {state}\n")) == expected


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        ("[t.read]", []),
        ("[t.write]", ["PM311"]),
        ("{seen: {call: t.write}}", ["PM311"]),
        ("{seen: {call: t.write, within: session}}", []),
        ("{seen: {call: t.far, fetch: true}}", []),
    ],
)
def test_evidence_is_given_by_groups_earlier_states_and_the_server(evidence: str, expected: list[str]) -> None:
    """Workflow format, "evidence": `within: session` reaches back, and the server makes what `fetch` says."""
    text = town(
        "  begin: {actor: agent, tools: [{source: t, effect: write}], unknown: end, events: {go: {next: later}}}\n"
        "  later: {actor: agent, tools: [{source: t, effect: read}], events: {go: {evidence: "
        f"{evidence}, next: end}}}}}}\n"
    )
    text = text.replace("t.write: {", "t.far: {effect: read}, t.write: {")
    assert [code for code in codes(text) if code != "PM712"] == expected


def test_a_tool_of_a_group_is_used() -> None:
    text = town("  begin: {actor: agent, tools: [{source: t, effect: read}], events: {go: {next: end}}}\n")
    unused = [one.message for one in check(text, "town.yaml") if one.code == "PM309"]
    assert unused == ["no state uses the tool `t.write`"]


def test_branches_that_set_one_field_are_found() -> None:
    text = town(
        "  begin:\n    actor: system\n    run:\n      - all:\n          - set: {name: x}\n"
        "          - {call: t.read, save: {name: =result, any: =result}}\n          - {call: t.read, save: any}\n"
        "          - {call: t.read}\n    next: end\n    failed: end\n"
    )
    assert codes(text) == ["PM705", "PM705"]


# --- Schemas and literals. ----------------------------------------------------------------------------------------


def test_payload_schemas_are_judged_like_the_records() -> None:
    text = town(
        "  begin:\n    actor: external\n    events:\n      go:\n"
        "        payload: {a: {type: strin}, b: {minLenght: 1}}\n        next: end\n"
    )
    assert codes(text) == ["PM801", "PM805"]


def test_extensions_of_schemas_are_let_be() -> None:
    assert codes(town(SIMPLE, HEAD.replace("any: {}", "any: {x-hint: 1, format: 3}"))) == ["PM801"]
    assert codes(town(SIMPLE, HEAD.replace("any: {}", "any: {x-hint: 1}"))) == []


def test_values_the_file_writes_must_fit_their_fields() -> None:
    text = town(
        "  begin:\n    actor: agent\n    entry: [{set: {colour: blue, name: ==x, any: {a: =record.name}}}]\n"
        "    failed: end\n    tools: [{use: t.read, save: {level: 3, size: =result.x}}, {use: t.read-2, save: any}]\n"
        "    unknown: end\n    events: {go: {next: then}}\n"
        "  then: {actor: system, run: [{call: t.read, save: {count: x, nope: 1}}], failed: end, next: end}\n"
    )
    assert [one for one in messages(text) if " PM703 " not in one] == [
        '30 PM203 colour must be "red" or "green"',
        "32 PM203 level must be 1 or 2",
        "35 PM203 count must be an integer",
        "35 PM303 there is no field `nope`",
    ]


def test_a_literal_for_a_field_whose_schema_is_broken_is_not_judged() -> None:
    text = town(
        "  begin: {actor: system, run: [{set: {any: 1}}], next: end}\n", HEAD.replace("any: {}", "any: {type: x}")
    )
    assert codes(text) == ["PM801"]


def test_where_findings_are_many_the_rest_is_not_sought() -> None:
    text = town("".join(f"  s{index}: {{actor: system, next: nowhere{index}}}\n" for index in range(FINDINGS + 20)))
    assert len(found(text)) == FINDINGS
