"""Editing JSON as text: one value changes, and everything else stays byte for byte."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.contracts.values import Json, JsonObject
from pointsman.server.install.text import UnreadableConfiguration, Value, added, read, removed, replaced

COMMENTED = """{
  // what the team uses
  "servers": {
    "files": {"command": "npx"}, // by the vendor
    /* mail is off
       until spring */
    "mail": {"command": "uvx"}, // asks a lot
  },
  "inputs": [], // none yet
}
"""
SCALARS = st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8)
OBJECTS = st.dictionaries(st.text(), VALUES, max_size=4)


def plain(text: str) -> Any:  # noqa: ANN401 -- whatever stands there
    return read(text, comments=True).value


def is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def held(text: str, key: str) -> Value:
    part = read(text, comments=True).member(key)
    assert part is not None
    return part.value


def test_comments_and_last_commas_are_read_where_they_are_allowed_and_refused_elsewhere() -> None:
    assert plain(COMMENTED)["servers"] == {"files": {"command": "npx"}, "mail": {"command": "uvx"}}
    with pytest.raises(UnreadableConfiguration, match=r"line 2, column 3\. Comments have no place"):
        read(COMMENTED, comments=False)
    with pytest.raises(UnreadableConfiguration, match="line 1, column 9"):
        read('{"a": 1,}', comments=False)


def test_a_new_member_comes_last_and_every_comment_stays_on_its_line() -> None:
    text = added(COMMENTED, held(COMMENTED, "servers"), "ours", {"command": "pointsman"}, 2)

    lines = text.splitlines()
    assert lines[6:10] == [
        '    "mail": {"command": "uvx"}, // asks a lot',
        '    "ours": {',
        '      "command": "pointsman"',
        "    }",
    ]
    assert [line for line in lines if line not in lines[7:10]] == COMMENTED.splitlines()


def test_a_first_item_opens_its_list_and_leaves_what_is_said_in_it() -> None:
    text = added('{\n  "inputs": [ // later\n  ]\n}', held('{\n  "inputs": [ // later\n  ]\n}', "inputs"), None, 1, 2)
    assert text == '{\n  "inputs": [ // later\n    1\n  ]\n}'


def test_what_is_replaced_is_written_as_the_file_is() -> None:
    text = '{\r\n\t"a": 1, // one\r\n\t"b": 2\r\n}'
    assert replaced(text, held(text, "a"), {"c": 3}, 1) == '{\r\n\t"a": {\r\n\t\t"c": 3\r\n\t}, // one\r\n\t"b": 2\r\n}'


@pytest.mark.parametrize("name", ["files", "mail"])
def test_a_removed_member_takes_its_line_with_it_and_no_other(name: str) -> None:
    holder = held(COMMENTED, "servers")
    part = holder.member(name)
    assert part is not None
    kept = [line for line in COMMENTED.splitlines() if f'"{name}"' not in line]
    assert removed(COMMENTED, holder, part).splitlines() == kept


def test_the_comma_before_a_last_member_goes_with_it_where_none_may_be_left() -> None:
    text = '{"a": 1, "b": 2}'
    part = read(text, comments=False).member("b")
    assert part is not None
    left = removed(text, read(text, comments=False), part)
    assert read(left, comments=False).value == {"a": 1}


@given(OBJECTS, st.text(), VALUES, st.sampled_from([None, 1, 4, "\t"]))
def test_added_and_removed_again_a_member_leaves_the_values_as_they_were(
    document: JsonObject, name: str, value: Json, indent: int | str | None
) -> None:
    text = json.dumps(document, indent=indent, ensure_ascii=False)
    if name in document:
        return
    longer = added(text, read(text, comments=False), name, value, 1)
    assert read(longer, comments=False).value == {**document, name: value} == json.loads(longer)
    part = read(longer, comments=False).member(name)
    assert part is not None
    shorter = removed(longer, read(longer, comments=False), part)
    assert read(shorter, comments=False).value == document == json.loads(shorter)


@given(VALUES, st.sampled_from([None, 2]))
def test_what_python_writes_is_read_as_python_reads_it(value: Json, indent: int | None) -> None:
    text = json.dumps(value, indent=indent)
    assert read(text, comments=False).value == json.loads(text)


@given(st.text(alphabet='{}[]",:/*\\ \n1ae-.', max_size=40), st.booleans())
def test_a_text_is_read_or_refused_and_nothing_python_takes_is_refused(text: str, comments: bool) -> None:
    try:
        mine = read(text, comments=comments).value
    except UnreadableConfiguration as error:
        refused = str(error)
    else:
        assert comments or json.loads(text) == mine
        return
    assert "twice" in refused or not is_json(text)
