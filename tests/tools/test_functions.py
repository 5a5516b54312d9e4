"""Types and docstring become the contract (workflow format, `sources`)."""

from __future__ import annotations

from typing import Any

import pytest

from pointsman.tools.errors import SourceError
from pointsman.tools.functions import function_tool

from .workshop import Workshop, call, schema_of

TYPED = """
    from __future__ import annotations
    from dataclasses import dataclass
    from datetime import date
    from decimal import Decimal
    from typing import Annotated, Any, Literal
    from pydantic import BaseModel, ConfigDict, Field
    from pointsman.tools import CallContext

    class Address(BaseModel):
        city: str

    class Open(BaseModel):
        model_config = ConfigDict(extra="allow")
        city: str

    @dataclass
    class Line:
        sku: str
        qty: int = 1

    def many(day: date, price: Decimal, kind: Literal["a", "b"], lines: list[Line], json: int = 3,
             note: Annotated[str | None, Field(max_length=5)] = None, *, copy: bool = False) -> dict[str, Any]:
        '''Take many.

        Args:
            day: When.
            note: What.
        '''
        return {"day": day, "price": price, "kind": kind, "lines": lines, "json": json, "note": note, "copy": copy}

    def address(to: Address) -> Address:
        return to

    def either(first: Open, second: Address | None = None) -> Any:
        return first

    def anything(value):
        return value

    def number(value: float) -> float:
        return value

    def count(value: int) -> int:
        return value

    def context(word: str, call: CallContext) -> Any:
        return {"word": word, "call": call}
"""


async def test_types_defaults_and_descriptions_become_a_closed_schema(workshop: Workshop) -> None:
    source = workshop.source(TYPED)
    schema = await schema_of(source, "many")
    assert schema == {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "day": {"type": "string", "format": "date", "description": "When."},
            "price": {"anyOf": [{"type": "number"}, {"type": "string"}]},
            "kind": {"type": "string", "enum": ["a", "b"]},
            "lines": {"type": "array", "items": {"$ref": "#/$defs/Line"}},
            "json": {"type": "integer", "default": 3},
            "note": {"anyOf": [{"type": "string", "maxLength": 5}, {"type": "null"}], "description": "What."},
            "copy": {"type": "boolean", "default": False},
        },
        "required": ["day", "price", "kind", "lines"],
        "$defs": {
            "Line": {
                "type": "object",
                "additionalProperties": False,
                "properties": {"sku": {"type": "string"}, "qty": {"type": "integer", "default": 1}},
                "required": ["sku"],
            }
        },
    }


async def test_arguments_arrive_as_the_types_say_and_the_result_goes_back_as_json(workshop: Workshop) -> None:
    source = workshop.source(TYPED)
    arguments: Any = {"day": "2026-05-02", "price": 1.10, "kind": "a", "lines": [{"sku": "A", "qty": 2}]}
    result = await call(source, "many", arguments)
    assert result.result == {
        "day": "2026-05-02",
        "price": "1.1",
        "kind": "a",
        "lines": [{"sku": "A", "qty": 2}],
        "json": 3,
        "note": None,
        "copy": False,
    }


async def test_the_description_is_the_docstring_and_the_result_has_a_schema(workshop: Workshop) -> None:
    definitions = {one.name: one for one in await workshop.source(TYPED).definitions()}
    assert definitions["shop.many"].description == "Take many."
    assert definitions["shop.address"].output_schema == {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
    }
    assert definitions["shop.anything"].output_schema is None
    assert definitions["shop.anything"].input_schema["properties"] == {"value": {}}


async def test_every_problem_of_the_arguments_is_named_with_its_path(workshop: Workshop) -> None:
    """Design, section 4: everything that is unmet."""
    arguments: Any = {"day": "soon", "price": "1", "kind": "c", "lines": [{"sku": "A", "qty": True}], "more": 1}
    result = await call(workshop.source(TYPED), "many", arguments)
    assert (result.outcome, result.attempts, result.result) == ("failed", 0, None)
    assert result.error is not None
    for problem in ("day: ", "kind: ", "lines[0].qty: ", "more: "):
        assert problem in result.error


@pytest.mark.parametrize(("tool", "value"), [("count", True), ("number", True), ("count", "1"), ("count", 1.5)])
async def test_a_boolean_or_a_text_is_no_number(workshop: Workshop, tool: str, value: Any) -> None:  # noqa: ANN401
    result = await call(workshop.source(TYPED), tool, {"value": value})
    assert (result.outcome, result.attempts) == ("failed", 0)


@pytest.mark.parametrize("value", [float("nan"), 10**5000, "\ud800"], ids=["nan", "digits", "surrogate"])
async def test_arguments_that_have_no_json_text_are_refused(workshop: Workshop, value: Any) -> None:  # noqa: ANN401
    result = await call(workshop.source(TYPED), "anything", {"value": value})
    assert (result.outcome, result.attempts) == ("failed", 0)


async def test_a_model_is_closed_unless_it_says_that_it_is_open(workshop: Workshop) -> None:
    source = workshop.source(TYPED)
    assert (await call(source, "address", {"to": {"city": "Bern", "zip": 1}})).outcome == "failed"
    assert (await call(source, "either", {"first": {"city": "Bern", "zip": 1}})).result == {"city": "Bern", "zip": 1}
    assert (await schema_of(source, "either"))["$defs"]["Open"]["additionalProperties"] is True
    assert (await schema_of(source, "address"))["$defs"]["Address"]["additionalProperties"] is False


async def test_a_parameter_named_call_receives_the_context_and_is_not_shown(workshop: Workshop) -> None:
    source = workshop.source(TYPED)
    assert list((await schema_of(source, "context"))["properties"]) == ["word"]
    result = await call(source, "context", {"word": "x"})
    assert result.result == {
        "word": "x",
        "call": {"session": "s-1", "call": "7", "key": None, "attempt": 1, "who": "ada", "on_late": None},
    }
    assert (await call(source, "context", {"word": "x", "call": {}})).outcome == "failed"


@pytest.mark.parametrize(
    ("signature", "says"),
    [
        ("*values: int", "Name every parameter"),
        ("value: int, /", "Name every parameter"),
        ("value: NotThere", "NotThere"),
        ("value: os.nothing", "Annotate it with others"),
        ("value: os.PathLike[bytes] | threading.Thread", "Annotate it with others"),
    ],
)
async def test_a_function_that_cannot_be_a_tool_says_why(workshop: Workshop, signature: str, says: str) -> None:
    source = workshop.source(
        f"from __future__ import annotations\nimport os, threading\ndef it({signature}) -> None: ..."
    )
    with pytest.raises(SourceError, match=says):
        await source.definitions()


def test_a_name_outside_the_identifiers_is_refused() -> None:
    """Design, section 12: identifiers are `[A-Za-z0-9_.-]{1,128}`; a look-alike is none."""
    with pytest.raises(SourceError, match="cannot name a tool"):
        function_tool("shop.p\u0430y", print)
