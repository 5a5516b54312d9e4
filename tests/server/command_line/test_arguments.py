from pathlib import Path

import click
import pytest

from pointsman.contracts.values import Json, JsonObject
from pointsman.server.command_line.arguments import assigned, read_input

SCHEMA: JsonObject = {
    "type": "object",
    "properties": {
        "text": {"type": "string"},
        "number": {"type": "number"},
        "route": {"enum": ["standard", "short_pay"]},
        "level": {"enum": [1, 2]},
        "mixed": {"type": ["string", "null"]},
        "lines": {"type": "array"},
        "fixed": {"const": "12"},
        "anything": True,
    },
}


@pytest.mark.parametrize(
    ("assignment", "value"),
    [
        ("text=12", "12"),
        ("text=", ""),
        ("text=a=b", "a=b"),
        ("number=12.5", 12.5),
        ("route=standard", "standard"),
        ("level=2", 2),
        ("mixed=null", None),
        ("mixed=none of it", "none of it"),
        ('lines=[{"sku": "A"}]', [{"sku": "A"}]),
        ("fixed=12", "12"),
        ("anything=12", 12),
        ("anything=twelve", "twelve"),
        ("unknown=true", True),
    ],
)
def test_a_value_is_a_text_where_the_field_is_one_and_json_elsewhere(assignment: str, value: Json) -> None:
    assert list(assigned([assignment], SCHEMA).values()) == [value]


@pytest.mark.parametrize(
    ("assignment", "said"),
    [
        ("number=twelve", "the field is number"),
        ("number=NaN", "NaN is not a JSON number"),
        ('lines={"a": 1, "a": 2}', "the member stands there twice"),
        ("text", "write FIELD=VALUE"),
        ("=x", "write FIELD=VALUE"),
    ],
)
def test_a_value_that_cannot_be_meant_is_refused(assignment: str, said: str) -> None:
    with pytest.raises(click.UsageError, match=said):
        assigned([assignment], SCHEMA)


def test_a_field_is_set_once() -> None:
    with pytest.raises(click.UsageError, match="given twice"):
        assigned(["text=a", "text=b"], SCHEMA)


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"[1]", "one JSON object"), (b"{", "not JSON"), (b'{"a":' + b" " * 2**20 + b"1}", "longer than")],
)
def test_an_input_is_one_object_within_the_bounds(tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / "input.json"
    file.write_bytes(content)
    with pytest.raises(click.UsageError, match=said):
        read_input(str(file))
