"""Reading scripts: what they say, and what is wrong with them and where."""

from pathlib import Path

import pytest

from pointsman.server.scripts.script import (
    AdvanceStep,
    AwaitStep,
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
  - {await: there}
end: there
record: {a: 1}
"""


def test_each_step_is_told_by_what_is_done_in_it() -> None:
    """Workflow format, "A script"."""
    script = read_script(STEPS, "s.yaml")

    assert [type(step) for step in script.steps] == [CallStep, DecideStep, DeliverStep, AdvanceStep, AwaitStep]
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


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("{call: a, calls: [{call: b}]}", "not both"),
        ("{with: {x: 1}}", "belongs to `call`"),
        ("{}", "says or calls something"),
        ("{say: x, stop: soon}", "`stop`"),
        ("{fault: slow}", "`fault`"),
        ("{cal: a}", "unknown key `cal`"),
        ("{calls: [{with: {x: 1}}]}", "`call` is missing"),
    ],
)
def test_a_fault_of_a_models_answer_is_told_with_its_place(line: str, told: str) -> None:
    with pytest.raises(InvalidScript, match=r"s\.yaml:2:") as caught:
        read_script(f"model:\n  - {line}\nsteps: []\n".encode(), "s.yaml")
    assert told in str(caught.value)


def test_a_script_without_answers_asks_real_models_and_one_with_an_empty_list_none() -> None:
    assert read_script(b"steps: []\n", "s.yaml").model is None
    assert read_script(b"model: []\nsteps: []\n", "s.yaml").model == []
