"""PM2: keys and values that do not fit by themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .rule import Rule, snippet

KEYS: Final[Mapping[str, Rule]] = {
    "PM201": Rule(
        title="Unknown key",
        meaning="The format has no such key at this place. The hint has the key that was probably meant, or lists"
        " those there are.",
        matters="A key that nobody reads demands nothing: a misspelt `forbid` forbids nothing. So none is passed over.",
        wrong="ownr: finance\n",
        right="owner: finance\n",
    ),
    "PM202": Rule(
        title="A required key is missing",
        meaning="This mapping cannot do without the key that is named.",
        matters="There is no default for it that would be safe to assume.",
        wrong=snippet("""
            states:
              begin:
                actor: external
                events:
                  answered: {requires: [category]}
        """),
        right=snippet("""
            states:
              begin:
                actor: external
                events:
                  answered: {requires: [category], next: paid}
        """),
    ),
    "PM203": Rule(
        title="A value of the wrong form",
        meaning="The value is of another type than the key takes, not one of its words, or not written as it must be:"
        " a duration is `200ms`, `5s`, `10m`, `4h` or `2d`, a name has lower-case letters, digits and `_`, a tool is"
        " `source.tool`. Values that a `set` writes are held to their field's schema, too.",
        matters="What cannot be understood in exactly one way is not guessed at.",
        wrong=snippet("""
            states:
              begin:
                actor: system
                after: {in: 2 days, to: paid}
        """),
        right=snippet("""
            states:
              begin:
                actor: system
                after: {in: 2d, to: paid}
        """),
    ),
}
