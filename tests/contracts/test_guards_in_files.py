"""What `check` says of guards and expressions where they stand."""

from __future__ import annotations

import pytest

from tests.contracts.town import HEAD, codes, found, guarded, town


@pytest.mark.parametrize(
    "guard",
    [
        "record.size > 100",
        "record.size * 2.0 > 100.0",
        "record.count + 1 > 3",
        "record.count == 1.5",
        "record.size in [1, 2, 3.5]",
        "record.colour == 'red' && record.colour in ['red', 'green']",
        "record.maybe == null || record.maybe == 'x'",
        "record.any == 'x' || record.any == 1",
        "record.open",
        "has(record.open) && !record.open",
        "record.open ? record.count > 1 : record.size > 1.0",
        "record.place.street.startsWith('A') && record.place.number == 1",
        "record.place.other == 1",
        "record.tags.exists(tag, tag == 'x' && tag.size() > record.count)",
        "record.tags.all(record, record == 'x')",
        "size(record.tags) > 2",
        "record.mixed == 1 || record.mixed == 'a'",
        "record.level == 1",
        "record.fixed == 'x'",
        "done.t.read.count > 0 && done.t.read.at > '2026' && done.t.read.result.x == 1 && done.t.read.args == {}",
        "visits.begin > 1",
        "session.age_s > 60 && session.started_by != 'x'",
        "path_confidence > 0.5 && path_confidence > 0",
        "timestamp('2026-01-01T00:00:00Z') + duration('1h') > timestamp(record.name)",
        "record.name + 'x' == 'yx'",
        "'street' in record.place",
        "'x' in record.tags",
        "type(record.name) == string",
    ],
)
def test_a_guard_that_can_work_is_not_complained_of(guard: str) -> None:
    assert found(guarded(f'"{guard}"')) == ()


@pytest.mark.parametrize(
    ("guard", "code", "offset", "message"),
    [
        ("record.name > 5", "PM403", 12, "`>` compares text with a number, which is never what is meant"),
        ("record.name == null", "PM403", 12, "`==` compares text with null, which is never what is meant"),
        ("record.open == 'true'", "PM403", 12, "`==` compares a boolean with text, which is never what is meant"),
        ("record.tags == 'x'", "PM403", 12, "`==` compares a list with text, which is never what is meant"),
        ("record.place == 'x'", "PM403", 13, "`==` compares a map with text, which is never what is meant"),
        ("record.place.number == 'x'", "PM403", 20, "`==` compares a number with text, which is never what is meant"),
        ("record.level == 'x'", "PM403", 13, "`==` compares a number with text, which is never what is meant"),
        ("record.fixed == 1", "PM403", 13, "`==` compares text with a number, which is never what is meant"),
        ("record.yes == 1", "PM403", 11, "`==` compares a boolean with a number, which is never what is meant"),
        ("record.none == 1", "PM403", 12, "`==` compares null with a number, which is never what is meant"),
        ("record.list == 1", "PM403", 12, "`==` compares a list with a number, which is never what is meant"),
        ("record.map == 1", "PM403", 11, "`==` compares a map with a number, which is never what is meant"),
        ("record.name in [1]", "PM403", 16, "`in` compares text with a number, which is never what is meant"),
        ("visits.begin == 'x'", "PM403", 13, "`==` compares a number with text, which is never what is meant"),
        ("session.age_s == '1'", "PM403", 14, "`==` compares a number with text, which is never what is meant"),
        ("done.t.read.count == 'x'", "PM403", 18, "`==` compares a number with text, which is never what is meant"),
        ("record == 'x'", "PM403", 7, "`==` compares a map with text, which is never what is meant"),
        ("record.size * 2 > 3", "PM403", 12, "`*` cannot mix an integer and a number with decimals"),
        ("record.size - record.count > 3.0", "PM403", 12, "`-` cannot mix an integer and a number with decimals"),
        ("record.name + 1 == record.any", "PM403", 12, "`+` cannot join text and a number"),
        ("record.size * 2.0 > 20", "PM403", 18, "`>` cannot be applied to (double, int)"),
        ("'a' == 1", "PM403", 4, "`==` cannot be applied to (string, int)"),
        ("record.count && true", "PM403", 0, "`&&` needs a boolean, and this is a number"),
        ("!record.name", "PM403", 1, "`!` needs a boolean, and this is text"),
        ("record.count.startsWith('x')", "PM403", 23, "`startsWith` works on text, and this is a number"),
        ("record.tags.exists(tag, record.name == 1)", "PM403", 36, "`==` compares text with a number, which"),
        ("record.colour == 'blue'", "PM405", 17, "the field can never be `blue`"),
        ("'rad' != record.colour", "PM405", 0, "the field can never be `rad`"),
        ("record.colour in ['red', 'blu']", "PM405", 25, "the field can never be `blu`"),
        ("record.nam == 'x'", "PM404", 0, "there is no field `nam`"),
        ("record['nam'] == 'x'", "PM404", 0, "there is no field `nam`"),
        ("recrod.name == 'x'", "PM404", 0, "there is no `recrod`"),
        ("open", "PM404", 0, "there is no `open`"),
        ("true && zebra", "PM404", 8, "there is no `zebra`"),
        ("event.name == 'x'", "PM404", 0, "there is no `event` here"),
        ("confidence > 0.5", "PM404", 0, "there is no `confidence` here"),
        ("evidence.x.result == 1", "PM404", 0, "there is no `evidence` here"),
        ("visits.bgin > 1", "PM404", 0, "there is no state `bgin`"),
        ("session.name == 'x'", "PM404", 0, "there is no member of `session` `name`"),
        ("done.x.read.count > 0", "PM404", 0, "there is no source `x`"),
        ("done.t.reed.count > 0", "PM404", 0, "there is no tool that this workflow names in `t` `reed`"),
        ("done.t.read.cnt > 0", "PM404", 0, "there is no member of a call `cnt`"),
        ("decisions.begin.by == 'x'", "PM404", 0, "there is no human state `begin`"),
        ("record.size", "PM402", 0, "a guard must give true or false, and this gives a number"),
        ("record", "PM402", 0, "a guard must give true or false, and this gives a map"),
        ("size(record.tags)", "PM402", 0, "a guard must give true or false, and this gives a number"),
        ("type(record.name)", "PM402", 0, "a guard must give true or false, and this gives other"),
        ("record.open &&", "PM401", 14, "this is no CEL: Syntax error: mismatched input '<EOF>'"),
        ("", "PM401", 0, "this is no CEL: Syntax error: mismatched input '<EOF>'"),
        ("'" + "x" * 5000 + "' == 'a'", "PM401", 0, "this is no CEL: the expression is longer than 4096 bytes"),
    ],
)
def test_a_guard_that_cannot_work_is_found_where_it_breaks(guard: str, code: str, offset: int, message: str) -> None:
    (one,) = found(guarded(f'"{guard}"'))
    assert (one.code, one.column - len('        when: "') - 1) == (code, offset)
    assert one.message.startswith(message)


@pytest.mark.parametrize(
    ("written", "line", "column"),
    [
        ("record.nam == 'x'", 32, 15),
        ("'record.nam == ''x'''", 32, 16),
        ('"\\u0020record.nam == 1"', 32, 22),
        (">-\n          true &&\n          record.nam == 'x'", 34, 11),
        ('"true &&\n          record.nam == 1"', 33, 11),
    ],
)
def test_an_expression_that_is_written_otherwise_than_it_reads_is_found_where_it_is_written(
    written: str, line: int, column: int
) -> None:
    (one,) = found(guarded(written))
    assert (one.line, one.column) == (line, column)


def test_a_name_of_a_field_alone_is_hinted_at_as_a_field() -> None:
    (one,) = found(guarded("open"))
    assert one.hint == "Fields of the record are read as `record.open`."
    (one,) = found(guarded("recrod.open"))
    assert one.hint == "Did you mean `record`?"


TOOLS_AND_EVENTS = """\
  begin:
    actor: agent
    show: [name]
    unknown: end
    tools:
      - use: t.read
        with: {a: =record.name, b: {c: [=record.nam]}}
        when: args.a == 'x' && event.b
        limit: 2
        save: {any: =result.x, size: =args.b}
      - t.write
    events:
      go:
        requires: [name]
        accepts: [count]
        payload: {extra: {type: integer}, 'more?': {type: string}}
        when: event.name == 'x' && event.extra > 'y' && event.more == 'z' && event.rationale != '' && event.other == 1
        next:
          - {to: end, when: confidence > 0.5 && event.count * 1.5 > 1.0}
          - to: end
    after: {in: 1d, to: end, when: record.open && event.x}
"""


def test_each_place_has_its_own_names() -> None:
    assert [(one.code, one.message.partition(",")[0]) for one in found(town(TOOLS_AND_EVENTS))] == [
        ("PM404", "there is no field `nam`"),
        ("PM404", "there is no `event` here"),
        ("PM403", "`>` compares a number with text"),
        ("PM404", "there is no member of this event `other`"),
        ("PM403", "`*` cannot mix an integer and a number with decimals"),
        ("PM404", "there is no `event` here"),
    ]


REVIEWED = """\
  begin:
    actor: human
    review:
      role: clerk
      exclude: [=session.started_by, maria, =record.nam]
      show: [name, {call: t.read, with: {a: =recrd.name}, as: text}]
      edit: [count]
      due: {in: 1d, then: end}
    events:
      ok: {when: event.count > 1 && event.rationale != '' && confidence > 0.5, next: again}
  again:
    actor: system
    entry:
      - set: {any: =decisions.begin.by, name: =decisions.begin.why}
    next: end
    failed: end
"""


def test_reviews_and_steps_have_their_own_names() -> None:
    assert [(one.code, one.message) for one in found(town(REVIEWED))] == [
        ("PM404", "there is no field `nam`"),
        ("PM404", "there is no `recrd`"),
        ("PM404", "there is no `confidence` here"),
        ("PM404", "there is no member of a decision `why`"),
    ]


def test_reconciling_sees_arguments_and_the_result() -> None:
    tools = (
        "tools:\n  t.read: {effect: read}\n  t.write:\n    reconcile:\n      call: t.read\n"
        "      with: {a: =args.a, b: =result.b}\n      happened: result.ok && args.a == 1 && event.x\n"
    )
    head = HEAD.replace(HEAD.splitlines()[-1] + "\n", tools)
    assert codes(town("  begin: {actor: system, next: end}\n", head)) == ["PM404", "PM404"]


def test_an_expression_in_flow_style_that_yaml_cut_off_says_so() -> None:
    text = town("  begin:\n    actor: system\n    next: [{to: end, when: record.name in ['a'}, {to: end}]\n")
    assert [one.code for one in found(text)] == ["PM102"]
    text = town("  begin:\n    actor: system\n    next: [{to: end, when: (record.open}, {to: end}]\n")
    assert [one.code for one in found(text)] == ["PM108"]


def test_a_broken_expression_that_yaml_did_not_cut_off_is_no_trap() -> None:
    assert codes(guarded("(record.open")) == ["PM401"]
    assert codes(guarded("record.open && ) # (")) == ["PM401"]
    assert codes(guarded("(record.open[0] && 'x' == \"(\" # here")) == ["PM108"]
