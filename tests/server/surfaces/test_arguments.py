"""Our own arguments beside a tool's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.contracts.values import JsonObject
from pointsman.fsm.refusals import Refusal
from pointsman.server.surfaces.arguments import Asked, take_apart, unfit
from pointsman.server.surfaces.names import Names
from tests.server.surfaces.governed import workflow


def test_session_and_expected_revision_are_taken_out() -> None:
    asked = take_apart({"session": "abc", "expected_revision": 4, "total": 1})
    assert asked == Asked("abc", 4, {"total": 1})


def test_arguments_without_ours_stay_as_they_are() -> None:
    assert take_apart({"total": 1}) == Asked(None, None, {"total": 1})


def test_a_tool_keeps_an_argument_of_its_own_called_session() -> None:
    """Design, section 5: ours is written `pointsman_session` then."""
    names = Names([workflow()])
    for name in ("desk.label", "desk_label"):
        given: JsonObject = {"session": "theirs", "pointsman_session": "ours"}
        assert take_apart(given, names.meant(name).clashing) == Asked("ours", None, {"session": "theirs"})
    assert names.ours("desk_label", "session") == "pointsman_session"
    assert names.ours("desk_weigh", "session") == "session"


@pytest.mark.parametrize(
    ("arguments", "path"),
    [
        ({"session": 5}, "session"),
        ({"session": ["a"]}, "session"),
        ({"expected_revision": "4"}, "expected_revision"),
        ({"expected_revision": True}, "expected_revision"),
        ({"expected_revision": 1.5}, "expected_revision"),
    ],
)
def test_ours_of_another_type_are_refused(arguments: dict[str, object], path: str) -> None:
    refusal = take_apart(arguments)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - on purpose
    assert isinstance(refusal, Refusal)
    assert (refusal.code, refusal.unmet[0].path) == ("INVALID_FIELDS", path)


@pytest.mark.parametrize(
    "name",
    ["", "a" * 129, "d\u043ecs.read", "docs\u202eread", "docs\u200dread", "docs\0read", "docs\ud800", "a b", "a\n"],
)
def test_names_with_anything_but_plain_characters_are_refused_and_not_repeated(name: str) -> None:
    """Fault 16: homoglyph, bidi, ZWJ, NUL, surrogate."""
    refusal = unfit(name, "name")
    assert refusal is not None
    assert refusal.code == "MALFORMED"
    assert len(name) < 2 or name not in refusal.message


@given(st.from_regex(r"[A-Za-z0-9_.-]{1,128}", fullmatch=True))
def test_every_identifier_passes(name: str) -> None:
    assert unfit(name, "name") is None


def test_a_session_that_is_no_identifier_is_refused() -> None:
    refusal = take_apart({"session": "../../etc"})
    assert isinstance(refusal, Refusal)
    assert refusal.code == "MALFORMED"
