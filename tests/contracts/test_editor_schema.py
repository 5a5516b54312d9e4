"""The schema for editors says what the reader of files says: no more and no less."""

from __future__ import annotations

import copy
import json
import random
import re
from functools import cache
from pathlib import Path

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pointsman.contracts.editor_schema import EXACTLY_ONE, WORDS, editor_schema, parts
from pointsman.contracts.findings import Findings
from pointsman.contracts.positions import plain
from pointsman.contracts.shape import read_document
from pointsman.contracts.values import Json
from pointsman.contracts.yaml_reader import parse
from tests.contracts.files import ALL_FILES, EXAMPLES, FILES, ROOT
from tests.contracts.test_seeded_mistakes import MISTAKES

SCHEMA = editor_schema()
DOCUMENT = ROOT / "contracts" / "document"


@cache
def validator() -> jsonschema_rs.Draft7Validator:
    return jsonschema_rs.Draft7Validator(SCHEMA)


@cache
def without_fields() -> jsonschema_rs.Draft7Validator:
    """The schema without the schemas of fields, which the reader of files leaves to a rule."""
    schema = json.loads(json.dumps(SCHEMA))
    schema["definitions"]["field"] = True
    return jsonschema_rs.Draft7Validator(schema)


def reader_takes(text: str) -> bool | None:
    """Whether the reader takes the keys and values of a text; None where it is no YAML."""
    root = parse(text, Findings("w.yaml"))
    if root is None:
        return None
    findings = Findings("w.yaml")
    read_document(root, findings)
    return not findings.sorted()


def value_of(text: str) -> Json:
    root = parse(text, Findings("w.yaml"))
    assert root is not None
    return plain(root)


def test_it_is_a_schema_of_draft_07() -> None:
    jsonschema_rs.meta.validate(SCHEMA)
    assert SCHEMA["$schema"] == "http://json-schema.org/draft-07/schema#"
    text = json.dumps(SCHEMA)
    assert "$defs" not in text.replace('"$defs"', "")
    references = set(re.findall(r'"\$ref": "([^"]*)"', text))
    definitions = SCHEMA["definitions"]
    assert isinstance(definitions, dict)
    assert references == {f"#/definitions/{name}" for name in definitions}


def test_every_key_says_what_it_is_for() -> None:
    """Add the words of a new key to contracts/editor_schema/file_words.py or state_words.py."""
    for part in parts():
        known = {key for base in part.__mro__ for key in WORDS.get(base, {})}
        keys = {field.alias or name for name, field in part.model_fields.items()}
        assert keys - known == set(), part.__name__
        assert known - keys == set(), part.__name__
    assert all(text[0] in "`…$" or text[0].isupper() for words in WORDS.values() for text in words.values())
    assert all(text.endswith((".", "…", "`", ":")) for words in WORDS.values() for text in words.values())


def test_a_rule_in_code_is_said_in_the_schema_too() -> None:
    """Add the part to `EXACTLY_ONE` of contracts/editor_schema, or say there what its validator demands."""
    judged = {
        part
        for part in parts()
        if any(one.info.mode == "after" for one in part.__pydantic_decorators__.model_validators.values())
    }
    assert judged == EXACTLY_ONE.keys()


def test_a_short_form_is_named_where_it_is_read() -> None:
    """`BeforeValidator` needs `json_schema_input_type`: the forms that the file may have."""
    for path in DOCUMENT.glob("*.py"):
        for call in re.findall(r"BeforeValidator\((.*)", path.read_text(encoding="utf-8")):
            assert "json_schema_input_type=" in call, f"{path.name}: {call}"


@pytest.mark.parametrize("path", ALL_FILES)
def test_every_file_of_the_repository_fits(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert reader_takes(text)
    assert [error.message for error in validator().iter_errors(value_of(text))] == []


@pytest.mark.parametrize("name", [name for name in EXAMPLES if name.endswith("right")])
def test_every_right_example_fits(name: str) -> None:
    assert [error.message for error in validator().iter_errors(value_of(EXAMPLES[name]))] == []


@pytest.mark.parametrize(
    "text",
    [
        *(pytest.param(text, id=name) for name, text in EXAMPLES.items() if name.endswith("wrong")),
        *(pytest.param(mistake.text, id=mistake.name) for mistake in MISTAKES),
    ],
)
def test_it_refuses_what_the_reader_refuses(text: str) -> None:
    taken = reader_takes(text)
    if taken is not None:
        assert without_fields().is_valid(value_of(text)) is taken


TEXTS = (*(path.read_text(encoding="utf-8") for path in FILES), *EXAMPLES.values())
TAKEN = [text for text in TEXTS if reader_takes(text)]
KEYS = sorted({key for words in WORDS.values() for key in words} | {"unknown_key"})


def mappings(value: Json) -> list[dict[str, Json]]:
    """Every mapping in a value that is not an author's own: neither a schema nor arguments."""
    if isinstance(value, list):
        return [found for item in value for found in mappings(item)]
    if not isinstance(value, dict):
        return []
    inner = [item for key, item in value.items() if key not in {"record", "payload", "with", "save", "set", "start"}]
    return [value, *mappings(inner)]


VALUES: tuple[Json, ...] = (
    None,
    True,
    0,
    -1,
    3,
    0.5,
    "",
    "x",
    "a.b",
    "off",
    "1d",
    "read",
    [],
    ["x"],
    [{}],
    {},
    {"to": "x"},
)


@settings(max_examples=400, deadline=None)
@given(st.integers(min_value=0))
def test_both_say_the_same_of_a_file_that_is_spoilt_anyhow(seed: int) -> None:
    chance = random.Random(seed)
    value = value_of(chance.choice(TAKEN))
    for _ in range(chance.randint(1, 2)):
        mapping = chance.choice(mappings(value))
        key = chance.choice(list(mapping) or ["x"])
        match chance.randrange(4):
            case 0:
                mapping.pop(key, None)
            case 1:
                mapping[chance.choice(KEYS)] = copy.deepcopy(chance.choice(VALUES))
            case 2:
                mapping[chance.choice(KEYS)] = mapping.pop(key, None)
            case _:
                mapping[key] = copy.deepcopy(chance.choice(VALUES))
    text = json.dumps(value)
    assert without_fields().is_valid(value) is reader_takes(text), text
