"""Keys and values that do not fit the format, each told once."""

from __future__ import annotations

import pytest

from pointsman.contracts.document.part import DURATION_PATTERN
from pointsman.contracts.editor_schema import editor_schema
from pointsman.contracts.shape import MEANT
from pointsman.contracts.values import as_object
from tests.contracts.town import HEAD, codes, found, town

SIMPLE = "  begin: {actor: system, next: end}\n"
TOOLS = HEAD.splitlines()[-1] + "\n"
SOURCES = "sources: {t: {mcp: {command: town}}}\n"


def told(text: str) -> list[tuple[str, str, str | None]]:
    return [(one.code, one.message, one.hint) for one in found(text)]


@pytest.mark.parametrize("text", ["- a\n", "a\n", "12\n", "[]"])
def test_a_workflow_file_is_a_mapping(text: str) -> None:
    assert codes(text) == ["PM203"]


def test_a_file_that_lacks_its_states_is_told_so_and_no_more() -> None:
    assert told("workflow: x\nversion: 1\ninitial: a\n") == [
        ("PM202", "the key `states` is missing", "Add `states: …`.")
    ]
    assert codes("workflow: x\nversion: 1\ninitial: a\nstates: {}\n") == ["PM203"]


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        ("sources: {t: {python: town}}\n", ["PM308"]),
        ("sources: {t: {mcp: {url: 'https://town/mcp', headers: {a: b}}}}\n", []),
        ("sources: {t: {mcp: {}}}\n", ["PM203"]),
        ("sources: {t: {mcp: {command: a, url: b}}}\n", ["PM203"]),
        ("sources: {t: {mcp: {command: a}, python: b}}\n", ["PM203"]),
        ("sources: {t: {}}\n", ["PM203"]),
        ("sources: {t: {openapi: {document: 'https://a', base_url: b}}}\n", []),
        ("sources: {t: {openapi: {base_url: b}}}\n", ["PM202"]),
        ("sources: {T: {mcp: {command: a}}}\n", ["PM203", "PM302", "PM302"]),
    ],
)
def test_a_source_is_of_one_kind(sources: str, expected: list[str]) -> None:
    assert codes(town(SIMPLE, HEAD.replace(SOURCES, sources))) == expected


@pytest.mark.parametrize(
    ("tools", "expected"),
    [
        ("tools: {t.write: {key: none}}\n", []),
        ("tools: {t.write: {key: never}}\n", ["PM203"]),
        ("tools: {t.write: {key: none, rate: 10/m, success: result.ok, redact: [args.a]}}\n", []),
        ("tools: {t.write: {rate: 10 a minute, redact: [a]}}\n", ["PM203", "PM203"]),
        ("tools: {t.write: {key: {deliver: {header: a, meta: b}}}}\n", ["PM203"]),
        ("tools: {t.write: {key: {deliver: {}}}}\n", ["PM203"]),
        ("tools: {write: {effect: read}}\n", ["PM203"]),
        ("tools: {t.write: {retry: {attempts: 0}}}\n", ["PM203"]),
        ("tools: {t.write: {reconcile: {happened: result.ok}}}\n", ["PM202"]),
        ("tools: {t.write: {effect: read, timeout: 5}}\n", ["PM203"]),
        ("tools: [t.write]\n", ["PM203"]),
    ],
)
def test_policies_have_a_form(tools: str, expected: list[str]) -> None:
    assert codes(town(SIMPLE, HEAD.replace(TOOLS, tools))) == expected


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("{actor: nobody}", "a state has an `actor` (agent, model, system, human, external) or is `final`"),
        ("{}", "a state has an `actor` (agent, model, system, human, external) or is `final`"),
        ("12", "a state has an `actor` (agent, model, system, human, external) or is `final`"),
        ("{actor: [agent]}", "a state has an `actor` (agent, model, system, human, external) or is `final`"),
        ("{final: done}", "`done` must be `success`, `stopped`, `manual` or `failed`"),
        ("{actor: system, next: end, goal: 12}", "`12` must be text"),
        ("{actor: system, next: end, goal: null}", None),
        ("{actor: system, next: end, after: {in: 9999d, to: end}}", None),
        ("{actor: system, next: end, after: {in: 99999d, to: end}}", "`99999d` is no duration"),
        ("{actor: system, next: end, after: {in: 1 d, to: end}}", "`1 d` is no duration"),
        ("{actor: system, next: end, run: [{}]}", "a step is a `call`, a `set` or an `all`"),
        ("{actor: system, next: end, run: [x]}", "a step is a `call`, a `set` or an `all`"),
        ("{actor: system, next: end, run: [{call: t}]}", "`t` is no tool"),
        ("{actor: system, next: end, run: [{set: {}}]}", "this must not be empty"),
        ("{actor: system, next: end, run: {call: t.read}}", "this must be a list"),
        ("{actor: system, next: {to: end}}", "this must be a list"),
        ("{actor: system, next: [[end]]}", "this must be a mapping"),
        ("{actor: system, next: end, limits: [{calls: true, then: end}]}", "`true` must be an integer"),
        ("{actor: system, next: end, limits: [{calls: 1.5, then: end}]}", "`1.5` must be an integer"),
        ("{actor: system, next: end, limits: [{cost: x, then: end}]}", "`x` must be a number"),
        ("{actor: system, next: end, limits: [{cost: 0, then: end}]}", "`0` should be greater than 0"),
        ("{actor: system, next: end, limits: [{then: end}]}", "a limit is one of `calls`, `denials`,"),
        ("{actor: agent, events: {go: {next: []}}}", "this must not be empty"),
        ("{actor: agent, events: {go: {next: end, confidence: on}}}", "`on` must be `off`"),
        (f"{{actor: agent, events: {{{'g' * 129}: {{next: end}}}}}}", f"`{'g' * 60}` should have at most 128"),
        ("{actor: agent, events: {Go: {next: end}}}", "`Go` is no name"),
        ("{actor: agent, events: {go: {next: end}}, tools: [{use: t.read, save: 3}]}", "`3` must be text"),
    ],
)
def test_a_state_that_does_not_fit_is_told_once(state: str, expected: str | None) -> None:
    wrong = [one.message for one in found(town(f"  begin: {state}\n")) if one.code == "PM203"]
    assert len(wrong) == (0 if expected is None else 1)
    assert expected is None or wrong[0].startswith(expected)


def test_a_quoted_number_is_hinted_at() -> None:
    assert told(town(SIMPLE, HEAD.replace("version: 1", "version: 1\ntitle: 12"))) == [
        ("PM203", "`12` must be text", "Quote it.")
    ]
    assert told(town(SIMPLE, HEAD.replace("version: 1", "version: 1\ntitle: {a: b}"))) == [
        ("PM203", "this must be text", None)
    ]


@pytest.mark.parametrize(
    ("state", "hint"),
    [
        ("{actor: model, model: claude-sonnet-5, failed: end, events: {go: {next: end}}}", "{name: claude-sonnet-5}`."),
        ("{actor: system, next: end, limits: [{cost: $0.05, then: end}]}", "US dollars, such as `0.05`."),
        ("{actor: system, next: end, limits: [{duration: 30, then: end}]}", "Durations look like `30s`."),
        ("{actor: system, next: end, after: {in: 30, to: end}}", "Durations look like `30s`."),
        ("{actor: system, next: end, after: {in: '30', to: end}}", "Durations look like "),
        ("{actor: system, next: end, goal: 30}", "Quote it."),
    ],
)
def test_a_hint_says_how_what_is_meant_is_written(state: str, hint: str) -> None:
    hints = [one.hint or "" for one in found(town(f"  begin: {state}\n")) if one.code == "PM203"]
    assert [hint in one for one in hints] == [True]


def test_every_duration_of_the_format_is_known_as_one() -> None:
    """The hint goes by the key, and the schema for editors says which keys are durations."""
    definitions = as_object(editor_schema()["definitions"])
    properties = [(key, one) for part in definitions.values() for key, one in as_object(part).items()]
    durations = {
        key
        for name, members in properties
        if name == "properties"
        for key, one in as_object(members).items()
        if as_object(one).get("pattern") == DURATION_PATTERN
    }
    assert {key for kind, key in MEANT if kind == "string_type"} == durations


def test_a_script_is_not_taken_for_a_workflow() -> None:
    assert told("start: {}\nsteps: []\nend: done\n") == [
        ("PM203", "this is a script, and no workflow", "To play it: `pointsman run WORKFLOW --script SCRIPT`.")
    ]


def test_an_unknown_key_without_a_near_one_lists_what_is_known() -> None:
    (one,) = told(town("  begin: {actor: system, next: end, zzz: 1}\n"))
    assert one[2] is not None
    assert one[2].startswith("Known here: goal, forbid, entry, exit, after,")


def test_a_misspelt_key_is_not_also_missing() -> None:
    assert codes(town("  begin: {actor: agent, events: {go: {nxt: end}}}\n")) == ["PM201"]


def test_hidden_characters_in_names_are_refused_and_shown() -> None:
    """Fault 16."""
    (one,) = [one for one in found(town(SIMPLE, HEAD.replace("  any: {}", '  "an\u200dy": {}'))) if one.code == "PM203"]
    assert "`an\\u200dy` is no name" in one.message


def test_a_fault_does_not_hide_another_elsewhere() -> None:
    text = town(
        "  begin:\n    actor: system\n    goal: 12\n    next: [{to: nowhere}, {when: x}]\n"
        "  other: {actor: agent, events: {go: {requires: [nothing], next: end}}}\n"
    )
    assert codes(text) == ["PM203", "PM301", "PM202", "PM303"]


def test_faults_behind_one_another_in_a_list_keep_their_places() -> None:
    text = town(
        "  begin:\n    actor: system\n    next:\n      - {when: a}\n      - {to: 3}\n      - {to: nowhere}\n"
        "      - {to: end}\n"
    )
    assert [(one.line, one.code) for one in found(text)] == [(31, "PM202"), (32, "PM203"), (33, "PM301")]
