"""What the places of a file say of each other: cases of the newer keys that the bank's counter does not have."""

from __future__ import annotations

from pathlib import Path

import pytest

from pointsman.contracts import rules
from pointsman.contracts.bounds import FINDINGS
from pointsman.contracts.loading import check, load
from tests.contracts.bank_counter import FILE, TEXT
from tests.contracts.town import HEAD, codes, found, town

TOOLS = HEAD.splitlines()[-1] + "\n"
READS = "tools: {t.read: {effect: read}, t.other: {effect: read}, t.write: {effect: write, key: {over: [a]}}}\n"
BOTH = HEAD.replace(TOOLS, READS)
AGENT = "  begin: {actor: agent, tools: [%s], unknown: end, events: {go: {%s, next: end}}}\n"


def policy(
    said: str, states: str = "  begin: {actor: system, next: end}\n", source: str = "command: town"
) -> list[str]:
    head = HEAD.replace(TOOLS, f"tools: {{t.read: {{effect: read}}, t.write: {{effect: write, {said}}}}}\n")
    return codes(town(states, head.replace("command: town", source)))


@pytest.mark.parametrize(
    ("tools", "event", "expected"),
    [
        ("t.read", "evidence: {seen: {call: t.read, until: [t.read, write]}}", []),
        ("t.read", "evidence: {seen: {call: t.read, until: [write, write]}}", ["PM312"]),
        ("t.read", "evidence: {seen: {call: t.read, until: t.other}}", ["PM714"]),
        ("t.read", "evidence: {seen: {call: t.read, until: zzz}}", ["PM714"]),
        ("t.read", "evidence: {seen: {call: t.other, fetch: true}, other: {call: t.read, until: t.other}}", []),
        ("t.read", "evidence: {seen: {call: t.other, within: session}, got: {call: t.other, fetch: true}}", []),
        (
            "t.read, t.other",
            "evidence: {a: {call: t.read, until: t.other}, b: {call: t.other, until: t.read}}",
            ["PM715"],
        ),
        ("t.read, t.other", "evidence: {a: {call: t.read, until: t.other}, b: {call: t.other}}", []),
        ("t.read", "evidence: {a: {call: t.read, with: {x: 1}}, b: {call: t.read, with: {x: 2}}}", []),
        ("{use: t.read, evidence: [t.other]}", "evidence: [t.read]", ["PM311"]),
        ("{use: t.read, evidence: {a: {call: t.read, within: session}}}", "evidence: [t.read]", ["PM311"]),
        ("{use: t.write, evidence: {a: {call: t.other, fetch: true}}}", "requires: [count]", []),
    ],
)
def test_evidence_must_be_possible(tools: str, event: str, expected: list[str]) -> None:
    assert codes(town(AGENT % (tools, event), BOTH)) == expected


def test_evidence_of_a_waiting_state_is_made_on_entry_or_before() -> None:
    states = "  begin:\n    actor: external\n    events: {go: {evidence: [t.read], next: end}}\n"
    (one,) = found(town(states, BOTH))
    assert one.hint == "Add it to the state's `entry`, or to a state before."
    assert (
        codes(town(states.replace("    events", "    entry: [{call: t.read}]\n    failed: end\n    events"), BOTH))
        == []
    )


@pytest.mark.parametrize(
    ("said", "source", "expected"),
    [
        ("key: {over: [a], deliver: {header: X}}", "url: 'https://town'", []),
        ("key: {over: [a], deliver: {meta: x}}", "command: town", []),
        ("key: {over: [a], deliver: {header: X}}", "command: town", ["PM710"]),
        ("key: {over: [a], deliver: {header: a b}}", "url: http://town/mcp", ["PM710"]),
        ("key: {over: [a], deliver: {header: Host}}", "url: http://town/mcp", ["PM710"]),
        ("key: {over: [a]}, retry: {attempts: 3, backoff: 1s}", "command: town", []),
        ("retry: {attempts: 3}, reconcile: {call: t.read, happened: result.ok}", "command: town", []),
        ("key: none, retry: {attempts: 2}", "command: town", ["PM706"]),
        ("retry: {attempts: 2}", "command: town", ["PM706"]),
    ],
)
def test_what_a_policy_says_must_have_an_effect(said: str, source: str, expected: list[str]) -> None:
    assert policy(said, source=source) == expected


@pytest.mark.parametrize(("way", "expected"), [("header: X", []), ("meta: x", ["PM710"]), ("argument: x", [])])
def test_an_operation_of_http_takes_headers_and_arguments(way: str, expected: list[str]) -> None:
    head = HEAD.replace("{mcp: {command: town}}", "{openapi: {document: 'https://town/api.json'}}")
    head = head.replace(TOOLS, f"tools: {{t.write: {{key: {{over: [a], deliver: {{{way}}}}}}}}}\n")
    assert codes(town("  begin: {actor: system, next: end}\n", head)) == expected


@pytest.mark.parametrize(
    ("redact", "state", "expected"),
    [
        ("[result.card]", "run: [{call: t.read, save: any}]", []),
        ("[result.card]", "run: [{call: t.read, save: {any: =result.card.number}}]", ["PM716"]),
        ("[result.*.card]", "run: [{call: t.read, save: {any: =result.first.card}}]", ["PM716"]),
        ("[result]", "run: [{call: t.read, save: {any: =result.x, size: 1.5, tags: [=args.y]}}]", ["PM716"]),
        ("[args.pin]", "run: [{call: t.read, with: {pin: x}, save: {any: =args.pim}}]", []),
        ("[args.pin]", "run: [{call: t.other, save: any}], after: {in: 1d, to: end, when: done.t.read.args.pin == 'x'}",
         ["PM716"]),
        ("[args.pin]", "run: [{call: t.other}], after: {in: 1d, to: end, when: done.t.read.args. == 'x'}", ["PM401"]),
        ("[args.pin]", "run: [{call: t.other}], after: {in: 1d, to: end, when: size(done.t) > size(done)}", []),
    ],
)  # fmt: skip
def test_what_is_redacted_is_not_read(redact: str, state: str, expected: list[str]) -> None:
    head = BOTH.replace("t.read: {effect: read}", f"t.read: {{effect: read, redact: {redact}}}")
    assert codes(town(f"  begin: {{actor: system, {state}, next: end, failed: end}}\n", head)) == expected


def test_all_arguments_redacted_hide_each_of_them() -> None:
    head = BOTH.replace("t.read: {effect: read}", "t.read: {effect: read, redact: [args]}")
    states = AGENT % ("t.read", "evidence: {seen: {call: t.read, with: {a: 1}}}, when: evidence.seen.args.a == 1")
    assert codes(town(states, head)) == ["PM708", "PM716"]
    assert codes(town(states.replace("when: evidence", "when: size(evidence) == 1 || evidence"), head)) == [
        "PM708",
        "PM716",
    ]


REVIEW = """\
  begin:
    actor: human
    review: {role: clerk, exclude: [=session.started_by], accept: [elicitation], due: {in: 1d, then: end}}
    events: {ok: {next: end}}
"""


@pytest.mark.parametrize(
    ("access", "exclude", "expected"),
    [
        ("", "=session.started_by", ["PM610"]),
        ("access: {drive: starter, view: clerk}\n", "=session.started_by", ["PM610"]),
        ("access: {drive: clerk, view: clerk}\n", "=session.started_by", []),
        ("", "maria", []),
        ("access: {view: starter}\n", "maria", ["PM612"]),
        ("access: {view: anyone}\n", "maria", []),
    ],
)
def test_somebody_must_be_able_to_decide_and_to_look(access: str, exclude: str, expected: list[str]) -> None:
    text = town(REVIEW.replace("=session.started_by", exclude), HEAD + access)
    assert sorted(codes(text)) == expected


def test_that_the_starter_could_decide_is_told_unless_the_workflow_asks_whoever_sits_at_the_client() -> None:
    others = REVIEW.replace("=session.started_by", "maria")
    assert codes(town(others.replace("[elicitation]", "[console, elicitation]"))) == []
    assert codes(town(others.replace("[elicitation]", "[console]"))) == ["PM602"]


@pytest.mark.parametrize(
    ("access", "expected"),
    [
        ("access: {start: []}\n", ["PM611"]),
        ("access: {start: []}\ntriggers: {schedule: {cron: 0 0 * * *, start: {name: x}}}\n", []),
        ("access: {start: []}\ntriggers: {webhook: {secret: '${S}', start: {name: =body.x}}}\n", []),
        ("access: {drive: []}\n", []),
        ("triggers: {webhook: {secret: '${S}', start: {name: =body.x}, dedupe: =body.id &&}}\n", ["PM401"]),
        ("triggers: {webhook: {secret: '${S}', start: {}}}\n", ["PM903"]),
        ("triggers: {webhook: {secret: '${S}'}}\n", ["PM203"]),
        ("triggers: {webhook: {secret: ['${A}', '${B}', '${C}'], start: {name: =body.x}}}\n", ["PM203"]),
        ("triggers: {webhook: {secret: ['${A}', '${B}'], start: {name: =body.x}}}\n", []),
        ("triggers: {webhook: {secret: '${S}', scheme: none, start: {name: =body.x}}}\n", ["PM203"]),
        ("triggers: {schedule: {cron: [], start: {name: x}}}\n", ["PM203"]),
        ("triggers: {schedule: {cron: 0 0 * * *, zone: ../../etc/passwd, start: {name: x}}}\n", ["PM902"]),
        ("triggers: {schedule: {cron: 0 0 * * *, start: {name: x, maybe: 3}}}\n", ["PM203"]),
    ],
)
def test_somebody_or_something_must_be_able_to_start(access: str, expected: list[str]) -> None:
    assert codes(town("  begin: {actor: system, next: end}\n", HEAD + access)) == expected


WEBHOOK = "{%s, secret: '${S}', start: {name: =body.x}}"


@pytest.mark.parametrize(
    ("webhooks", "expected"),
    [
        (["name: a", "name: b", "scheme: github"], []),
        (["name: a", "name: a"], ["PM905"]),
        (["scheme: github", "scheme: stripe"], ["PM905"]),
        (["scheme: mailgun"], []),
        (["scheme: mailgun, dedupe: =body.id"], ["PM906"]),
        (["scheme: basic, dedupe: =body.id"], []),
        (["scheme: mailgun, dedupe: same"], ["PM904"]),
    ],
)
def test_webhooks_have_addresses_and_what_tells_their_deliveries_apart(
    webhooks: list[str], expected: list[str]
) -> None:
    listed = ", ".join(WEBHOOK % said for said in webhooks)
    text = town("  begin: {actor: system, next: end}\n", HEAD + f"triggers: {{webhook: [{listed}]}}\n")
    assert codes(text) == expected


@pytest.mark.parametrize(
    ("deliver", "expected"),
    [
        ("session: =body.ref, event: came, with: {name: =body.x}", []),
        ("session: =body.ref, event: came, with: {name: =body.x, maybe: =body.y}", []),
        ("session: =body.ref, event: came, with: {name: =body.x, maybe: =body.y, weight: 3}", []),
        ("session: =body.ref, event: came", ["PM907"]),
        ("session: =body.ref, event: came, with: {name: =body.x, zzz: 3}", ["PM907"]),
        ("session: =body.ref, event: rang", []),
        ("session: =body.ref, event: rang, with: {name: =body.x}", ["PM907"]),
        ("session: =body.ref, event: cane, with: {name: =body.x}", ["PM907"]),
        ("session: abc, event: came, with: {name: =body.x}", ["PM907"]),
        ("session: =body.ref &&, event: came, with: {name: =body.x}", ["PM401"]),
        ("session: =record.name, event: came, with: {name: =record.name}", ["PM404", "PM404", "PM907"]),
        ("event: came, with: {name: =body.x}", ["PM202"]),
    ],
)
def test_what_is_delivered_is_an_event_of_a_state_that_waits_for_the_outside(deliver: str, expected: list[str]) -> None:
    states = (
        "  begin: {actor: external, events: {rang: {next: more}}, after: {in: 1d, to: end}}\n"
        "  more: {actor: external, events: {came: {requires: [name], accepts: [maybe],"
        " payload: {weight?: {type: number}}, next: end}}, after: {in: 1d, to: end}}\n"
    )
    text = town(states, HEAD + f"triggers: {{webhook: {{secret: '${{S}}', deliver: {{{deliver}}}}}}}\n")
    assert sorted(codes(text)) == expected


@pytest.mark.parametrize(
    ("drive", "triggers", "expected"),
    [
        ("starter", "schedule: {cron: 0 0 * * *, start: {name: x}}", ["PM908"]),
        ("starter", "webhook: {secret: '${S}', start: {name: =body.x}}", ["PM908"]),
        ("[starter, clerk]", "schedule: {cron: 0 0 * * *, start: {name: x}}", []),
        ("anyone", "schedule: {cron: 0 0 * * *, start: {name: x}}", []),
        ("[]", "schedule: {cron: 0 0 * * *, start: {name: x}}", ["PM611"]),
        ("starter", "webhook: {secret: '${S}', deliver: {session: =body.x, event: came}}", []),
    ],
)
def test_somebody_must_drive_what_a_trigger_starts(drive: str, triggers: str, expected: list[str]) -> None:
    states = (
        "  begin: {actor: agent, events: {go: {next: more}}, after: {in: 1d, to: end}}\n"
        "  more: {actor: external, events: {came: {next: end}}, after: {in: 1d, to: end}}\n"
    )
    head = HEAD + f"access: {{drive: {drive}}}\n" + f"triggers: {{{triggers}}}\n"
    assert sorted(codes(town(states, head))) == expected


def test_a_workflow_that_only_webhooks_move_can_be_started_by_nobody() -> None:
    deliver = "{session: =body.ref, event: came}"
    head = HEAD + "access: {start: []}\n" + f"triggers: {{webhook: {{secret: '${{S}}', deliver: {deliver}}}}}\n"
    states = "  begin: {actor: external, events: {came: {next: end}}, after: {in: 1d, to: end}}\n"
    assert codes(town(states, head)) == ["PM611"]


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("actor: system, next: end, limits: [{denials: 1, then: end}, {invalid: 1, then: end}]", ["PM507", "PM507"]),
        ("actor: agent, events: {go: {next: end}}, limits: [{calls: 1, then: end}]", ["PM507"]),
        ("actor: agent, tools: [t.read], events: {go: {next: end}}, limits: [{calls: 1, then: end}]", []),
        (
            "actor: agent, events: {go: {next: end}}, limits: [{duration: 1d, then: end}], after: {in: 1d, to: end}",
            ["PM507"],
        ),
        ("actor: system, after: [{in: 1d, to: end}, {in: 1d, to: begin}]", ["PM507"]),
        ("actor: system, after: [{in: 1d, to: end, when: record.open}, {in: 1d, to: begin}]", []),
        ("actor: agent, events: {go: {next: end}}, after: {in: 0s, to: end, when: record.open}", []),
        ("actor: system, after: {in: 0s, to: end}", []),
    ],
)
def test_limits_and_timers_can_be_reached(state: str, expected: list[str]) -> None:
    found_codes = [code for code in codes(town(f"  begin: {{{state}}}\n")) if code not in ("PM501", "PM503")]
    assert found_codes == expected


def test_a_limit_of_the_session_that_leads_on_may_stand_before_a_higher_one() -> None:
    head = HEAD + "limits: [{denials: 5, then: begin}, {denials: 9, then: end}]\n"
    assert codes(town("  begin: {actor: agent, events: {go: {next: end}}}\n", head)) == []
    assert codes(
        town("  begin: {actor: agent, events: {go: {next: end}}}\n", head.replace("then: begin", "then: end"))
    ) == ["PM507"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("command: town, env: {A: '${A} and ${B}'}", []),
        ("command: town, env: {A: '${A:-}${B:-here}'}", []),
        ("command: town, env: {A: '${A-here}'}", ["PM317"]),
        ("command: town, env: {A: '${}'}", ["PM317"]),
        ("command: town, env: {A: '${A'}", ["PM317"]),
        ("command: town, env: {A: 'cost $A, pa$$word, $5'}", ["PM317"]),
        ("command: town, args: ['${A}', '$A']", ["PM317"]),
        ("url: 'https://${HOST}/mcp'", []),
        ("url: 'https://town/?${ANTHROPIC_API_KEY}'", ["PM321"]),
        ("command: town, env: {A: '${ANTHROPIC_API_KEY:-none}', B: '${MY_ANTHROPIC_API_KEY}'}", ["PM321"]),
    ],
)
def test_the_environment_is_read_where_it_is_said(value: str, expected: list[str]) -> None:
    assert (
        codes(town("  begin: {actor: system, goal: 'Pay ${X}', next: end}\n", HEAD.replace("command: town", value)))
        == expected
    )


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ("api.json", []),
        ("below/api.json", ["PM316"]),
        ("/etc/passwd", ["PM316"]),
        ("..\\\\api.json", ["PM316"]),
        ("C:api.json", ["PM316"]),
        ("https://town/api.json", []),
    ],
)
def test_a_document_stands_beside_the_file(tmp_path: Path, document: str, expected: list[str]) -> None:
    (tmp_path / "api.json").write_text("{}", encoding="utf-8")
    head = HEAD.replace("{mcp: {command: town}}", f'{{openapi: {{document: "{document}"}}}}')
    text = town("  begin: {actor: system, next: end}\n", head)
    assert codes(text, str(tmp_path / "town.yaml")) == expected


@pytest.mark.parametrize("name", ["prompts/sortin.md", "prompt/sorting.md"])
def test_a_prompt_that_is_not_there_is_hinted_at_where_one_is_near(name: str) -> None:
    (one,) = check(TEXT.replace("prompts/sorting.md", name), FILE)
    near = name.startswith("prompts")
    assert one.hint == ("Did you mean `prompts/sorting.md`?" if near else "Paths count from the folder of this file.")


def test_a_prompt_may_stand_in_the_file_itself() -> None:
    assert check(TEXT.replace("prompts/sorting.md", "Sort it."), FILE) == ()


def test_in_a_file_too_large_to_follow_fields_are_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    text = TEXT.replace("show: [wish, channel]", "show: [wish, receipt]")
    assert [one.code for one in check(text, FILE)] == ["PM313"]
    monkeypatch.setattr(rules.fields, "FLOW_STEPS", 3)
    assert check(text, FILE) == ()


def test_a_field_that_nothing_writes_is_told_once_for_a_state_and_may_be_asked_for() -> None:
    head = HEAD.replace(", open, ", ", ")
    asked = "  begin: {actor: system, next: [{to: end, when: %s}, {to: end}]}\n"
    assert codes(town(asked % "has(record.open)", head)) == []
    assert codes(town(asked % "record.open && (record.open || true)", head)) == ["PM313"]
    (one,) = found(town(asked % "record.open", head))
    assert (
        one.hint == "Let an event require it, a step save it, or the `start` give it; or ask with `has(record.open)`."
    )


def test_groups_of_a_source_whose_policies_are_faulty_are_not_called_empty() -> None:
    head = HEAD.replace(TOOLS, "tools: {t.read: {effect: reads}}\n")
    assert codes(town(AGENT % ("{source: t, effect: read}", "requires: [count]"), head)) == ["PM203"]


def test_who_approves_may_view() -> None:
    workflow = load(
        TEXT.replace("view: [starter, team_lead, fraud_desk]", "start: anyone").replace("start: anyone, ", "", 1), FILE
    )
    assert workflow.access.view == ("starter", "fraud_desk", "team_lead")


def test_a_floor_in_force_without_other_people_to_go_to_lists_none() -> None:
    agent = "  begin: {actor: agent, events: {go: {next: end}}}\n"
    (one,) = found(town(agent, HEAD + "confidence: {floor: 0.5, below: end}\n"))
    assert (one.code, one.hint) == ("PM603", "Low confidence must bring in a person.")


def test_where_misspelt_keywords_are_many_the_rest_is_not_sought() -> None:
    properties = ", ".join(f"p{index}: {{minimun: 1}}" for index in range(FINDINGS + 20))
    text = town(
        "  begin: {actor: system, next: end}\n", HEAD.replace("any: {}", f"any: {{properties: {{{properties}}}}}")
    )
    assert codes(text) == ["PM805"] * FINDINGS
