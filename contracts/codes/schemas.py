"""PM8: the schemas of fields and payloads."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Final

from .rule import Rule


def _record(purpose: str) -> str:
    """Give a record in which one field has this schema."""
    return f"record:\n  amount: {{type: number}}\n  purpose: {purpose}\n"


SCHEMAS: Final[Mapping[str, Rule]] = {
    "PM801": Rule(
        title="No JSON Schema",
        meaning="The value is no JSON Schema of the dialect 2020-12: a type that does not exist, a bound that is no"
        " number, a reference to nothing.",
        matters="Nothing could be held to it.",
        wrong=_record("{type: text}"),
        right=_record("{type: string}"),
    ),
    "PM802": Rule(
        title="A reference that leaves the file",
        meaning="A `$ref` points at another file or an address. Only places in the same schema (`#/$defs/…`) can be"
        " referred to.",
        matters="The workflow would depend on a text that nobody reviewed with it, and reading it would reach into"
        " the network or the disk.",
        wrong=_record("{$ref: 'purposes.json'}"),
        right=_record("{$ref: '#/$defs/word', $defs: {word: {type: string}}}"),
    ),
    "PM803": Rule(
        title="A schema that expands past the bound",
        meaning="With every reference replaced by what it means, the schema has more than 10,000 nodes; or it is"
        " nested deeper than 64 levels.",
        matters="References to references multiply: a few lines can keep a validator busy for minutes.",
        wrong="record:\n  amount: {type: number}\n  purpose:\n    $ref: '#/$defs/a'\n    $defs:\n"
        + "".join(
            f"      {one}: {{allOf: [{{$ref: '#/$defs/{two}'}}, {{$ref: '#/$defs/{two}'}}]}}\n"
            for one, two in pairwise("abcdefghijklmn")
        )
        + "      n: {type: string}\n",
        right=_record("{type: array, items: {$ref: '#/$defs/e'}, $defs: {e: {type: string}}}"),
    ),
    "PM804": Rule(
        title="A pattern that does not run in linear time",
        meaning="The pattern looks ahead or behind, refers back to what it has matched, or is no pattern at all.",
        matters="Such patterns can take minutes on one hostile value. What runs here takes time in proportion to the"
        " text.",
        wrong=_record("{type: string, pattern: '^(?!test)[a-z]+$'}"),
        right=_record("{type: string, pattern: '^[a-z]+$'}"),
    ),
    "PM805": Rule(
        title="An unknown format or keyword of a schema",
        severity="warning",
        meaning="JSON Schema has no such keyword or format. Validators pass over what they do not know.",
        matters="A misspelt `maxLength` bounds nothing. Your own keywords may begin with `x-`.",
        wrong=_record("{type: string, maxLenght: 80}"),
        right=_record("{type: string, maxLength: 80}"),
    ),
}
