"""Arguments may be called anything: a model is offered names that the API takes, and tools get their own."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from pointsman.contracts.schema_rules import subschemas
from pointsman.contracts.schemas import Contract
from pointsman.contracts.values import Json, JsonObject, digest
from pointsman.server.models.arguments import Names
from pointsman.server.scripts.messages_api import Call, Reply
from tests.tools.mcp.workshop import SERVER, pins_of

from .desks import opened_desk

LONG = "the_name_of_the_person_who_has_signed_" * 2 + "it"
TEXT: JsonObject = {"type": "string"}
LISTED: JsonObject = {
    "type": "object",
    "properties": {
        "filter[name]": {"type": "string", "description": "Whose.", "maxLength": 9},
        "$top": {"type": "integer"},
        "sort": {"type": "array", "items": {"type": "object", "properties": {"order by": TEXT}}},
        LONG: TEXT,
    },
    "required": ["filter[name]"],
}
WORKFLOW = """
workflow: desk
version: 1
owner: somebody
record: {{text: {{type: string}}, {long}: {{type: string}}}}
start: {{requires: [text]}}
initial: working
access: {{start: anyone, drive: starter, view: [starter]}}
sources: {{post: {{mcp: {{command: python, args: [raw_server.py, {wish}]}}}}}}
tools:
  post.echo: {{effect: read}}
  post.look: {{effect: read, redact: [args.{long}]}}
states:
  working:
    actor: model
    model: {{name: claude-opus-5-5, max_turns: 5, timeout: 10s}}
    show: [text]
    tools: [post.echo, post.look]
    events: {{submit: {{requires: [{long}], next: finished}}}}
    failed: broken
  finished: {{final: success}}
  broken: {{final: failed, owner: somebody}}
"""


def of(**members: Json) -> JsonObject:
    return {"type": "object", "properties": members}


def names(schema: JsonObject) -> set[str]:
    """The names of all properties in a schema."""
    found: set[str] = set()
    for _, part in subschemas(schema):
        members = part.get("properties")
        found |= members.keys() if isinstance(members, dict) else set()
    return found


def furnish(folder: Path) -> None:
    """Lay out a desk whose server has arguments that the API does not take."""
    shutil.copy(SERVER, folder / SERVER.name)
    tools: list[JsonObject] = [{"name": name, "inputSchema": LISTED} for name in ("echo", "look")]
    text = WORKFLOW.format(wish=json.dumps(json.dumps({"tools": tools})), long=LONG)
    (folder / "desk.yaml").write_text(text, encoding="utf-8")
    lock = {"version": 1, "sources": {"post": pins_of(tools).model_dump(mode="json")}}
    (folder / "pointsman.lock").write_text(json.dumps(lock), encoding="utf-8")


async def test_a_tool_gets_its_own_names_and_the_model_reads_on_under_those_it_has_used(tmp_path: Path) -> None:
    furnish(tmp_path)
    said: JsonObject = {"filter_name": "Ada", "top": 3, "sort": [{"order_by": "age"}]}
    submit = Call("submit", {LONG[:64]: "Ada", "rationale": "It says so."})
    answers = [Reply(calls=(Call("post_echo", said), Call("post_echo", {"top": 1}))), Reply(calls=(submit,))]
    async with opened_desk(tmp_path, answers) as desk:
        await desk.start()
        assert await desk.ended() == "finished"
        assert desk.api.count == 2
        echoed, refused = map(json.loads, desk.texts())
        assert echoed == {"filter[name]": "Ada", "$top": 3, "sort": [{"order by": "age"}]}
        assert (refused["refused"], "filter[name]" in str(refused)) == ("MISSING_FIELDS", True)
        told: Any = desk.api.requests[1].body["messages"]
        assert [block["input"] for block in told[1]["content"]] == [said, {"top": 1}]
        rows = await desk.rows()
        [first, _] = [row for row in rows if row["kind"] == "model"]
        assert json.dumps(said, sort_keys=True) in json.dumps(first, sort_keys=True)
        assert (await desk.session()).record[LONG] == "Ada"


async def test_what_is_redacted_by_its_own_name_is_not_kept_under_another(tmp_path: Path) -> None:
    furnish(tmp_path)
    look = Call("post_look", {"filter_name": "Ada", LONG[:64]: "hush-hush"})
    submit = Call("submit", {LONG[:64]: "Ada", "rationale": "It says so."})
    async with opened_desk(tmp_path, [Reply(calls=(look,)), Reply(calls=(submit,))]) as desk:
        await desk.start()
        assert await desk.ended() == "finished"
        assert "hush-hush" not in str(await desk.rows())
        assert "pid" in json.loads(desk.texts()[0])  # it was called all the same


def test_a_schema_whose_names_the_api_takes_stays_as_it_is() -> None:
    literal: JsonObject = {"const": {"properties": {"$top": 1}}}
    schema = of(a=TEXT, **{"b.c-d_E" + "f" * 57: literal})
    given: JsonObject = {"a": 1, "$top": [{"a[b]": 2}]}
    assert Names(schema).written() is schema
    assert Names(schema).read(given) is given


def test_descriptions_say_which_name_a_stand_in_is_for() -> None:
    referred: JsonObject = {"$ref": "#/$defs/page"}
    page: JsonObject = {"page": {**TEXT, "description": "A page."}}
    members: JsonObject = {"a b": TEXT, "c d": True, "e f": referred, "g h": False}
    written = Names({**of(**members), "$defs": page}).written()
    assert written["properties"] == {
        "a_b": {**TEXT, "description": "Its own name is `a b`."},
        "c_d": {"description": "Its own name is `c d`."},
        "e_f": {**referred, "description": "A page.\n\nIts own name is `e f`."},
        "g_h": False,
    }


def test_stand_ins_are_the_same_in_whatever_order_and_none_is_a_name_that_is_there() -> None:
    several = ("a b", "a[b]", "a_b", "$", "日本", "x" * 65, "x" * 66, "x" * 64)
    one, other = (Names(of(**dict.fromkeys(order, TEXT))).written() for order in (several, several[::-1]))
    assert digest(one) == digest(other)
    expected = {"a_b", "a_b_2", "a_b_3", "argument", "argument_2", "x" * 64, "x" * 62 + "_2", "x" * 62 + "_3"}
    assert names(one) == expected


PART = of(**{"a b": TEXT, "a_b": TEXT})
ITSELF: JsonObject = {"allOf": [{"$ref": "#"}]}
PLACES: dict[str, tuple[JsonObject, Json, Json]] = {
    "properties": (of(one=PART), {"one": {"a_b_2": "x", "a_b": "y"}}, {"one": {"a b": "x", "a_b": "y"}}),
    "items": (of(one={"items": PART}), {"one": [{"a_b_2": "x"}, 1]}, {"one": [{"a b": "x"}, 1]}),
    "prefix": (
        of(one={"prefixItems": [TEXT, PART], "items": of(**{"c d": TEXT})}),
        {"one": [{"a_b_2": "x"}, {"a_b_2": "x"}, {"c_d": "x"}, {"c_d": "x"}]},
        {"one": [{"a_b_2": "x"}, {"a b": "x"}, {"c d": "x"}, {"c d": "x"}]},
    ),
    "variants": (
        of(one={"anyOf": [PART, TEXT], "oneOf": [of(**{"c d": PART})]}),
        {"one": {"a_b_2": "x", "c_d": {"a_b_2": "y"}}},
        {"one": {"a b": "x", "c d": {"a b": "y"}}},
    ),
    "references": (
        {**of(one={"$ref": "#/$defs/$"}, two={"$ref": "#/properties/c~1d"}, **{"c/d": PART}), "$defs": {"$": PART}},
        {"one": {"a_b_2": "x"}, "two": {"a_b_2": "y"}, "c_d": {"a_b_2": "z"}},
        {"one": {"a b": "x"}, "two": {"a b": "y"}, "c/d": {"a b": "z"}},
    ),
    "itself": (of(**{"a b": ITSELF}), {"a_b": {"a_b": {}}}, {"a b": {"a b": {}}}),
    "others": (
        {**of(one=TEXT), "patternProperties": {"^a b$": PART}, "additionalProperties": PART},
        {"a_b_2": {"a_b_2": "x"}, "one": {"a_b_2": "x"}},
        {"a_b_2": {"a b": "x"}, "one": {"a_b_2": "x"}},
    ),
    "undeclared": ({**PART, "additionalProperties": True}, {"c": {"a_b_2": 1}}, {"c": {"a_b_2": 1}}),
    "both": (PART, {"a_b_2": "x", "a b": "y"}, {"a_b_2": "x", "a b": "y"}),
    "own": (PART, {"a b": "y"}, {"a b": "y"}),
    "depending": (
        {
            **of(**{"a b": TEXT, "c d": TEXT}),
            "dependentRequired": {"a b": ["c d"]},
            "dependentSchemas": {"a b": of(**{"e f": TEXT})},
            "if": {"required": ["c d"]},
            "then": of(two=PART),
        },
        {"a_b_2": "x", "c_d": "y", "e_f": "z", "two": {"a_b_2": "x"}},
        {"a b": "x", "c d": "y", "e f": "z", "two": {"a b": "x"}},
    ),
}


@pytest.mark.parametrize("place", PLACES)
def test_names_are_read_back_where_the_schema_has_them_and_nowhere_else(place: str) -> None:
    schema, said, meant = PLACES[place]
    assert isinstance(said, dict)
    assert isinstance(meant, dict)
    read = Names(schema)
    assert read.read(said) == meant
    assert read.read(meant) == meant  # a model that uses the own names is understood too
    written = Contract(read.written())
    written.require_valid()
    assert all(re.fullmatch("[a-zA-Z0-9_.-]{1,64}", name) for name in names(written.input_schema))
    if place not in ("both", "own"):
        assert bool(written.unmet(said)) == bool(Contract(schema).unmet(meant))


def test_what_is_demanded_is_demanded_under_the_stand_ins() -> None:
    schema: JsonObject = {
        **of(**{"a b": TEXT, "c d": TEXT}),
        "required": ["a b"],
        "dependentRequired": {"a b": ["c d"]},
        "dependentSchemas": {"c d": {"required": ["a b"]}},
        "default": {"a b": "as it is"},
        "additionalProperties": False,
    }
    written = Names(schema).written()
    assert written["required"] == ["a_b"]
    assert written["dependentRequired"] == {"a_b": ["c_d"]}
    assert written["dependentSchemas"] == {"c_d": {"required": ["a_b"]}}
    assert written["default"] == {"a b": "as it is"}
