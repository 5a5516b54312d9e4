"""Reading scripts: what they say, and what is wrong with them and where."""

from pathlib import Path

import pytest

from pointsman.server.scripts.script import (
    AdvanceStep,
    CallStep,
    DecideStep,
    DeliverStep,
    InvalidScript,
    load_script,
    read_script,
    with_start,
)

STEPS = b"""
start: {a: 1}
steps:
  - {call: docs.read, with: {x: "=record.a"}, expect: GUARD_FAILED, state: here}
  - {decide: approve, with: {route: y}, rationale: because, as: maria}
  - {deliver: answered}
  - {advance: 90m}
end: there
record: {a: 1}
"""


def test_each_step_is_told_by_what_is_done_in_it() -> None:
    """Workflow format, "A script"."""
    script = read_script(STEPS, "s.yaml")

    assert [type(step) for step in script.steps] == [CallStep, DecideStep, DeliverStep, AdvanceStep]
    assert isinstance(script.steps[1], DecideStep)
    assert script.steps[1].person == "maria"
    assert (script.start, script.end, script.record) == ({"a": 1}, "there", {"a": 1})


def test_other_fields_to_start_with_take_the_place_of_the_scripts_and_the_rest_stays() -> None:
    script = read_script(b"start: {a: 1, b: 2}\nsteps: []\n", "s.yaml")
    assert with_start(script, {"b": 3, "c": 4}).start == {"a": 1, "b": 3, "c": 4}


@pytest.mark.parametrize(
    ("line", "place", "told"),
    [
        ("{call: x, wiht: {a: 1}}", "2:15", "unknown key `wiht`"),
        ("{calls: y}", "2:5", "exactly one thing"),
        ("{call: a, decide: b}", "2:5", "exactly one thing"),
        ("just text", "2:5", "exactly one thing"),
        ("{call: 1}", "2:12", "`call`"),
        ("{call: a, expect: NOPE}", "2:23", "code of a refusal"),
        ("{call: a, with: {x: [1, '=recor.x']}}", "2:29", "undeclared reference"),
        ("{advance: 1 day}", "2:15", "`advance`"),
        ("{call: a, with: 3}", "2:21", "`with`"),
        ("{call: &a b}", "2:12", "anchors"),
    ],
)
def test_a_fault_is_told_with_its_place(line: str, place: str, told: str) -> None:
    with pytest.raises(InvalidScript) as raised:
        read_script(f"steps:\n  - {line}\n".encode(), "s.yaml")
    assert f"s.yaml:{place} " in str(raised.value)
    assert told in str(raised.value)


@pytest.mark.parametrize("text", [b"", b"\xff", b"[]", b"start: {}\n", b"steps: [\n"])
def test_what_is_no_script_is_refused(text: bytes) -> None:
    with pytest.raises(InvalidScript, match=r"s\.yaml:\d"):
        read_script(text, "s.yaml")


def test_a_script_that_is_not_there_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load_script(tmp_path / "s.yaml")
