"""No file makes the check raise, hang or print what a terminal would obey."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pointsman.contracts.bounds import FINDINGS
from pointsman.contracts.findings import as_text
from pointsman.contracts.loading import InvalidWorkflow, check, load
from pointsman.contracts.values import Json, canonical
from pointsman.contracts.visible import visible
from tests.contracts.invoice import FILE, TEXT
from tests.contracts.town import HEAD, town

LINES = TEXT.splitlines(keepends=True)
WORDS = sorted({word for line in LINES for word in line.replace("{", " ").replace("}", " ").replace(",", " ").split()})


def survives(text: str) -> None:
    found = check(text, FILE)
    shown = as_text(found, {FILE: text})
    assert visible(shown, lines=True) == shown
    if any(one.severity == "error" for one in found):
        return
    workflow = load(text, FILE)
    assert workflow.text == text


@settings(max_examples=60, deadline=None)
@given(st.integers())
def test_a_spoilt_invoice_workflow_is_checked_to_the_end(seed: int) -> None:
    """Lines lost, doubled, indented otherwise; words exchanged: what editing hands leave behind."""
    chance = random.Random(seed)
    lines = list(LINES)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(lines))
        match chance.randrange(5):
            case 0:
                del lines[at]
            case 1:
                lines.insert(at, lines[chance.randrange(len(lines))])
            case 2:
                lines[at] = chance.choice(["  ", "    ", "\t", "- "]) + lines[at].lstrip()
            case 3:
                words = lines[at].split(" ")
                words[chance.randrange(len(words))] = chance.choice(WORDS)
                lines[at] = " ".join(words).rstrip("\n") + "\n"
            case _:
                cut = chance.randrange(len(lines[at]))
                lines[at] = lines[at][:cut] + chance.choice(list("{}[]:,'\"!&*#=\x00\u202e\ud800é")) + lines[at][cut:]
    survives("".join(lines))


KEYS = (
    *("actor", "final", "next", "to", "when", "events", "tools", "use", "with", "save", "run", "call", "set", "all"),
    *("review", "role", "show", "edit", "due", "in", "then", "after", "limits", "calls", "steps", "requires"),
    *("payload", "evidence", "goal", "failed", "unknown", "entry", "key", "over", "a", "b"),
)

values: st.SearchStrategy[Json] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(
        ["end", "begin", "name", "t.read", "=record.name", "record.open", "=event.x", "off", "1d", "x y"]
    ),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(KEYS),
            inner,
            max_size=5,
        )
    ),
    max_leaves=25,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(["begin", "end", "other"]), values, max_size=3))
def test_states_of_any_form_are_checked_to_the_end(states: dict[str, Json]) -> None:
    head = HEAD + f"states: {canonical(states)}\n"
    survives(head)


@settings(max_examples=100, deadline=None)
@given(
    st.dictionaries(st.sampled_from(["type", "properties", "items", "$ref", "enum", "pattern", "$defs", "x"]), values)
)
def test_schemas_of_any_form_are_checked_to_the_end(schema: dict[str, Json]) -> None:
    head = HEAD.replace("any: {}", f"any: {canonical(schema)}")
    survives(town("  begin: {actor: system, run: [{set: {any: 1}}], next: end}\n", head))


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="record.name&|!=<>()[]{}'\"?:+-*/%, 019xé\\", max_size=40))
def test_guards_of_any_form_are_checked_to_the_end(guard: str) -> None:
    quoted = guard.replace("'", "''")
    survives(town(f"  begin: {{actor: system, next: [{{to: end, when: '{quoted}'}}, {{to: end}}]}}\n"))


def states(count: int) -> str:
    return "".join(f"  s{index}: {{actor: system, next: s{index + 1}}}\n" for index in range(count)) + (
        f"  s{count}: {{actor: system, next: [{{to: end, when: visits.s0 > 1}}, {{to: s0}}]}}\n"
    )


@pytest.mark.parametrize(
    "text",
    [
        town("  begin: {actor: system, next: s0}\n" + states(300)),
        town("".join(f"  s{index}: {{actor: system, next: nowhere{index}}}\n" for index in range(500))),
        town(
            "  begin:\n    actor: agent\n    events:\n      go: {"
            + "".join(f"k{n}: 1, " for n in range(2000))
            + "next: end}\n"
        ),
        town("  begin: {actor: system, next: end}\n", HEAD.replace("any: {}", f"any: {'{items: ' * 50}{'}' * 50}")),
        town("  begin: {actor: system, next: end, goal: " + "x" * 500_000 + "}\n"),
        "{" + ", ".join(f"k{index}: {{a: [1, 2]}}" for index in range(2000)) + "}",
    ],
    ids=["a long ring", "unknown states", "unknown keys", "a deep schema", "a long text", "no workflow"],
)
def test_a_large_file_is_checked_soon(text: str) -> None:
    begun = time.monotonic()
    found = check(text, "town.yaml")
    assert time.monotonic() - begun < 60
    assert len(found) <= FINDINGS


def test_what_a_file_holds_is_shown_and_not_obeyed() -> None:
    """Fault 36."""
    with pytest.raises(InvalidWorkflow) as caught:
        load(town('  begin: {actor: system, next: "end\\e[31m\\u202e"}\n'), "town.yaml")
    assert "\x1b" not in str(caught.value)
    assert "\u202e" not in str(caught.value)
    assert "\\x1b" in str(caught.value)
