"""Values of a script: literals, and CEL over the record and the last reply."""

import pytest

from pointsman.contracts.expressions import EvaluationError, ExpressionFault
from pointsman.contracts.values import Json
from pointsman.server.scripts.values import ScriptScope, compiled, rendered

SCOPE = ScriptScope({"total": 12, "name": "Acme"}, {"result": {"rows": [1, 2]}, "state": "here"})


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("plain", "plain"),
        ("==literal", "=literal"),
        ("=record.total > 10", True),
        ("=last.result.rows[1]", 2),
        ({"a": ["=record.name", 1]}, {"a": ["Acme", 1]}),
        (None, None),
    ],
)
def test_a_value_is_a_literal_or_what_its_expression_gives(value: Json, expected: Json) -> None:
    assert rendered({"x": value}, SCOPE) == {"x": expected}


def test_an_absent_value_is_an_error_and_never_a_guess() -> None:
    with pytest.raises(EvaluationError):
        rendered({"x": "=record.nothing"}, SCOPE)


@pytest.mark.parametrize("text", ["visits.x", "record.", "1 +"])
def test_only_the_record_and_the_last_reply_are_seen(text: str) -> None:
    with pytest.raises(ExpressionFault):
        compiled(text)
