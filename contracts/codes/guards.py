"""PM4: guards and expressions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .rule import Rule


def _guarded(guard: str) -> str:
    """Give states whose only guard is this one."""
    return (
        "states:\n  begin:\n    actor: system\n    next:\n"
        f"      - to: paid\n        when: {guard}\n      - to: refused\n  refused: {{final: stopped}}\n"
    )


_CATEGORY: Final = "start: {requires: [amount, category]}\n"

GUARDS: Final[Mapping[str, Rule]] = {
    "PM401": Rule(
        title="An expression that does not compile",
        meaning="The text is no CEL, or goes beyond the bounds of a guard (4 KB, 32 levels).",
        matters="A guard that cannot be judged never passes, so no session would ever go this way.",
        wrong=_guarded("record.amount > 100 &&"),
        right=_guarded("record.amount > 100 && record.amount < 500"),
    ),
    "PM402": Rule(
        title="A guard that is not boolean",
        meaning="A guard gives something other than true or false.",
        matters="Only the boolean `true` lets a guard pass: a number or a text never does, not even `1` or `yes`.",
        wrong=_guarded("record.amount"),
        right=_guarded("record.amount > 100"),
    ),
    "PM403": Rule(
        title="Values of unlike types",
        meaning="An operator is given types that it cannot compare or join, judged by the schemas of the fields: a"
        " number and a text, a whole number and one with decimals, a field and a `null` that it can never be.",
        matters="At run time that is an error, and an error in an ordered list stops the list: the session goes"
        " nowhere, or to `failed`.",
        wrong=_guarded("record.amount > '100'"),
        right=_guarded("record.amount > 100"),
    ),
    "PM404": Rule(
        title="A name that nothing declares",
        meaning="An expression reads a name that is not there: a field without `record.` before it, one that no schema"
        " declares, a state or tool that the file does not have, or a root that has no meaning at this place (`event`"
        " outside of an event, `result` before the call).",
        matters="Reading what is absent is an error at run time, and an error never lets a guard pass.",
        wrong=_guarded("amount > 100"),
        right=_guarded("record.amount > 100"),
    ),
    "PM405": Rule(
        title="A value that the field can never have",
        meaning="A field with an `enum` or a `const` is compared with a text that is not one of its values.",
        matters="The comparison always comes out the same, so one of the ways can never be taken.",
        wrong=_CATEGORY + _guarded("record.category == 'meal'"),
        right=_CATEGORY + _guarded("record.category == 'meals'"),
    ),
}
