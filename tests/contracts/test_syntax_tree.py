"""Reading the serialised tree of cel-expr-python."""

from __future__ import annotations

import pytest

from pointsman.contracts.expressions import compile_program
from pointsman.contracts.syntax_tree import Call, Collection, Constant, Macro, Member, Name, children, path_of, paths


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("1", "int"),
        ("1u", "int"),
        ("1.5", "double"),
        ("'a'", "string"),
        ("b'a'", "bytes"),
        ("true", "bool"),
        ("null", "null"),
        ("[1]", "list"),
        ("{'a': 1}", "map"),
        ("record", "dyn"),
        ("duration('1s')", "time"),
        ("type(1)", "other"),
        ("google.protobuf.BoolValue{value: true}", "dyn"),
        ("google.protobuf.Any{}", "dyn"),
    ],
)
def test_the_checker_tells_the_kind_of_the_whole(text: str, kind: str) -> None:
    tree = compile_program(text).tree
    assert tree.kinds.get(tree.root.id, "dyn") == kind


def test_each_kind_of_node_is_told_from_the_others() -> None:
    def root(text: str) -> object:
        return compile_program(text).tree.root

    assert isinstance(root("record"), Name)
    assert isinstance(root("record.a"), Member)
    assert isinstance(root("1.5"), Constant)
    assert isinstance(root("record.a + 1"), Call)
    assert isinstance(root("[record]"), Collection)
    assert isinstance(root("google.protobuf.BoolValue{value: true}"), Collection)
    assert isinstance(root("args.list.map(each, each.a)"), Macro)


def test_has_is_a_member_that_is_asked_for() -> None:
    node = compile_program("has(record.a)").tree.root
    assert isinstance(node, Member)
    assert node.tested
    assert path_of(node) == ("record", ("a",))


def test_a_path_with_a_computed_index_is_none() -> None:
    node = compile_program("record[args.x].y").tree.root
    assert path_of(node) is None
    assert [(root, members) for _, root, members in paths(node)] == [("record", ()), ("args", ("x",))]


def test_positions_count_code_points() -> None:
    tree = compile_program("'\U0001f600é' == record.name").tree
    assert tree.offsets[tree.root.id] == 5


def test_the_variable_of_a_macro_is_no_root_name() -> None:
    tree = compile_program("args.list.exists(each, each.a == record.b && each.list.all(x, x == each))").tree
    assert {(root, members) for _, root, members in paths(tree.root)} == {("args", ("list",)), ("record", ("b",))}
    assert children(tree.root)


def test_a_name_has_nothing_below_it() -> None:
    assert children(compile_program("record").tree.root) == ()


def test_a_large_number_is_read_whole() -> None:
    tree = compile_program(" " * 300 + "record.a == 9223372036854775807").tree
    assert tree.offsets[tree.root.id] == 309
