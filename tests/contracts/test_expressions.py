"""Guards fail closed; expressions see only what they name and give plain JSON."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pointsman.contracts.bounds import GUARD_BYTES
from pointsman.contracts.expressions import (
    EvaluationError,
    Expression,
    ExpressionFault,
    Guard,
    Template,
    expression_text,
    has_expression,
    programs_of,
)
from pointsman.contracts.numbers import DOUBLE, Numbers, numbers_of, with_numbers
from pointsman.contracts.values import Json
from tests.contracts.scopes import GivenScope


@pytest.mark.parametrize(
    ("text", "record"),
    [
        ("record.total > 100", {"total": 101}),
        ("record.total > 100", {"total": 100.5}),
        ("record.total == 12", {"total": 12.0}),
        ("has(record.po) && record.po == null", {"po": None}),
        ("record.name.lowerAscii() == 'acme'", {"name": "ACME"}),
        ("record.lines.exists(line, line.qty > 2)", {"lines": [{"qty": 1}, {"qty": 3}]}),
        ("record['a b'] == 1", {"a b": 1}),
    ],
)
def test_a_guard_passes_on_the_boolean_true(text: str, record: Json) -> None:
    verdict = Guard.compile(text).judge(GivenScope(record=record))
    assert verdict.passed
    assert verdict.error is None


def test_a_guard_that_is_false_does_not_pass_and_has_no_error() -> None:
    verdict = Guard.compile("record.total > 100").judge(GivenScope(record={"total": 1}))
    assert not verdict.passed
    assert verdict.error is None


@pytest.mark.parametrize(
    ("text", "record"),
    [
        ("record.total > 100", {}),
        ("record.total > 100", {"total": "101"}),
        ("record.total > 100", {"total": True}),
        ("record.total > 100", {"total": None}),
        ("record.ok", {"ok": "true"}),
        ("record.ok", {"ok": 1}),
        ("record.ok", {"ok": {"error": "x"}}),
        ("record.a.b.c == 1", {"a": 1}),
        ("record.name == 'a'", {"name": "\ud800"}),
        ("record.total == 1", {"total": 2**80}),
        ("record.total + 9223372036854775807 > 0", {"total": 9223372036854775807}),
        ("record.name.matches(record.name)", {"name": "("}),
        ("record.list.all(x, record.list.all(y, record.list.all(z, x == y && y == z)))", {"list": [1] * 40}),
    ],
)
def test_whatever_cannot_be_judged_does_not_pass(text: str, record: Json) -> None:
    """An error, a missing value, a wrong type or an exhausted budget never passes (workflow format, Expressions)."""
    verdict = Guard.compile(text).judge(GivenScope(record=record))
    assert not verdict.passed
    assert verdict.error


def test_a_name_its_scope_does_not_have_does_not_pass() -> None:
    verdict = Guard.compile("event.ok").judge(GivenScope(record={}))
    assert not verdict.passed
    assert verdict.error == "'event.ok' reads 'event', which does not exist here"


def test_a_number_too_large_for_a_double_does_not_pass() -> None:
    guard = Guard.compile("record.total > 1", {"record": Numbers(None, {"total": DOUBLE})})
    assert not guard.judge(GivenScope(record={"total": 10**400})).passed


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(alphabet=st.characters(codec=None))


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(["a", "b"]), scalars | st.lists(scalars, max_size=2)))
def test_no_value_makes_a_guard_raise(record: dict[str, Json]) -> None:
    verdict = Guard.compile("record.a == record.b || record.a > 1").judge(GivenScope(record=record))
    assert verdict.passed is False or verdict.error is None


@pytest.mark.parametrize(
    ("text", "needs"),
    [
        ("record.po.total > 1", {"record": {"po"}}),
        ("done.docs.read.args == done.erp.find.args", {"done": {"docs", "erp"}}),
        ('done["fs"]["read-file"].count > 0', {"done": {"fs"}}),
        ("has(record.x)", {"record": {"x"}}),
        ("record[args.x] == 1", {"record": None, "args": {"x"}}),
        ("record == args && record.x == 1", {"record": None, "args": None}),
        ("record.list.exists(item, item.a == record.b)", {"record": {"list", "b"}}),
        ("record.list.exists(record, record.a == 1)", {"record": {"list"}}),
        ("{'a': record.b, record.c: 1} == result", {"record": {"b", "c"}, "result": None}),
        ("confidence > 0.5 && path_confidence > 0.5", {"confidence": None, "path_confidence": None}),
        ("type(record.a) == string", {"record": {"a"}}),
        ("true", {}),
    ],
)
def test_an_expression_tells_what_it_reads(text: str, needs: dict[str, set[str] | None]) -> None:
    assert dict(Guard.compile(text).needs) == needs


def test_a_guard_is_handed_only_what_it_names() -> None:
    scope = GivenScope(record={"a": 1, "large": "x" * 1000}, visits={})
    Guard.compile("record.a == 1").judge(scope)
    assert scope.asked == [("record", frozenset({"a"}))]


@pytest.mark.parametrize(
    ("text", "offset"),
    [("record.a == ", 12), ("nope", 0), ("true &&\n  nope", 10), ("'a' == 1", 4), ("x" * (GUARD_BYTES + 1), 0)],
)
def test_what_is_no_cel_is_refused_with_its_place(text: str, offset: int) -> None:
    with pytest.raises(ExpressionFault) as caught:
        Guard.compile(text)
    assert caught.value.offset == offset


@pytest.mark.parametrize("text", ["size(record)", "'true'", "record.a.size()", "[true]", "(" * 40 + "true" + ")" * 40])
def test_a_guard_that_can_never_be_a_boolean_is_refused(text: str) -> None:
    with pytest.raises(ExpressionFault):
        Guard.compile(text)


def test_a_lone_surrogate_is_no_expression() -> None:
    with pytest.raises(ExpressionFault):
        Guard.compile("record.a == '\ud800'")


def test_numbers_of_the_record_calculate_the_same_however_they_were_written() -> None:
    """`record.tax * 2.0` behaves the same for 12 and 12.5; an integer stays one."""
    numbers = numbers_of(
        {
            "type": "object",
            "properties": {
                "tax": {"type": "number"},
                "count": {"type": "integer"},
                "name": {"type": "string"},
                "lines": {"type": "array", "items": {"type": "object", "properties": {"price": {"type": "number"}}}},
                "rates": {"type": "array", "items": {"type": ["number", "null"]}},
            },
        }
    )
    assert numbers is not None
    guard = Guard.compile(
        "record.tax * 2.0 == 24.0 && record.count + 1 == 4 && record.lines[0].price * 2.0 == 6.0"
        " && record.rates[0] * 2.0 == 2.0",
        {"record": numbers},
    )
    written: list[dict[str, Json]] = [
        {"tax": 12, "count": 3, "lines": [{"price": 3, "sku": "A"}], "rates": [1, None]},
        {"tax": 12.0, "count": 3.0, "lines": [{"price": 3.0}], "rates": [1.0]},
    ]
    for record in written:
        assert guard.judge(GivenScope(record=record)).error is None
        assert guard.judge(GivenScope(record=record)).passed


def test_values_that_are_no_numbers_stay_as_they_are() -> None:
    assert with_numbers(True, DOUBLE) is True
    assert with_numbers("12", DOUBLE) == "12"
    assert with_numbers([1], DOUBLE) == [1]
    assert with_numbers({"a": 1}, DOUBLE) == {"a": 1}
    assert with_numbers(1.5, Numbers("int")) == 1.5
    assert numbers_of(True) is None
    assert numbers_of({"type": "string"}) is None


def test_confidence_is_always_a_double() -> None:
    assert Guard.compile("confidence * 2.0 == 2.0").judge(GivenScope(confidence=1)).passed


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("record.a", 2.0),
        ("record.a + 0.5", 2.5),
        ("[record.a, null, true, 'x']", [2, None, True, "x"]),
        ("{'a': record.a}", {"a": 2}),
        ("'%s'.format([record.a])", "2"),
    ],
)
def test_an_expression_gives_plain_json(text: str, value: Json) -> None:
    assert Expression.compile(text).evaluate(GivenScope(record={"a": 2.0})) == value


@pytest.mark.parametrize(
    "text",
    [
        "1.0 / 0.0",
        "b'a'",
        "[b'a']",
        "{1: 2}",
        "duration('1h')",
        "timestamp('2026-01-01T00:00:00Z')",
        "type(1)",
        "record.absent",
        "1 / 0",
    ],
)
def test_what_json_has_no_value_for_is_an_error(text: str) -> None:
    with pytest.raises(EvaluationError):
        Expression.compile(text).evaluate(GivenScope(record={}))


def test_only_a_single_equals_sign_begins_an_expression() -> None:
    assert expression_text("=record.a") == "record.a"
    assert expression_text("==record.a") is None
    assert expression_text("record.a") is None
    assert expression_text(1) is None


@pytest.mark.parametrize(
    ("given_value", "value"),
    [
        ("=record.a", 1),
        ("==a", "=a"),
        ("a", "a"),
        (None, None),
        (3, 3),
        ({"x": ["=record.a", "==b", 1]}, {"x": [1, "=b", 1]}),
        ({"x": ["==b", 1]}, {"x": ["=b", 1]}),
        ([], []),
    ],
)
def test_a_value_of_the_file_is_read_as_expression_or_literal_at_any_depth(given_value: Json, value: Json) -> None:
    assert Expression.of(given_value).evaluate(GivenScope(record={"a": 1})) == value


def test_an_expression_with_parts_needs_what_its_parts_need() -> None:
    expression = Expression.of({"x": ["=record.a"], "y": "=record.b", "z": "=args"})
    assert dict(expression.needs) == {"record": {"a", "b"}, "args": None}
    assert [program.text for program in programs_of(expression)] == ["record.a", "record.b", "args"]


def test_a_template_renders_literals_and_expressions() -> None:
    template = Template.of({"channel": "#sales", "invoice": "=record.id", "more": {"deep": ["=record.id", "==x"]}})
    assert template.names == ("channel", "invoice", "more")
    assert template.render(GivenScope(record={"id": "INV-1"})) == {
        "channel": "#sales",
        "invoice": "INV-1",
        "more": {"deep": ["INV-1", "=x"]},
    }
    assert [program.text for program in programs_of(template)] == ["record.id", "record.id"]


def test_a_template_with_an_absent_value_gives_none_at_all() -> None:
    with pytest.raises(EvaluationError, match=r"record\.id"):
        Template.of({"a": 1, "invoice": "=record.id"}).render(GivenScope(record={}))


def test_expressions_are_found_at_any_depth() -> None:
    assert has_expression({"a": [1, {"b": "=x"}]})
    assert not has_expression({"a": [1, {"b": "==x"}]})


def test_a_guard_may_be_judged_in_many_threads() -> None:
    guard = Guard.compile("record.n % 2 == 0")

    def judged(number: int) -> bool:
        return guard.judge(GivenScope(record={"n": number})).passed

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(judged, range(2000))) == [number % 2 == 0 for number in range(2000)]


def test_an_evaluation_error_says_how_to_mend_it() -> None:
    assert "has()" in str(EvaluationError())
