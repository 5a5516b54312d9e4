"""Why a confidence floor has brought a person in, as people see it at the command line."""

from __future__ import annotations

from pointsman.contracts.values import JsonObject, as_objects

from ..documents.exceptions import missed_in_words
from .output import json_text, print_heading, print_pairs, value_text
from .whereabouts import call_in_words, texts


def show(exception: JsonObject, *, err: bool) -> None:
    """Print the exception package of a review for people."""
    print_heading("Why a person decides", err=err)
    path = ", ".join(f"{one['confidence']} in {one['state']}" for one in as_objects(exception["path"]))
    rationale, alternatives = exception["rationale"], exception["alternatives"]
    print_pairs(
        [
            ("missed", "\n".join(missed_in_words(exception["missed"]))),
            ("instead of", str(exception["instead_of"])),
            ("confidence", str(exception["confidence"])),
            ("path", f"{exception['path_confidence']}: {path}"),
            ("rationale", None if rationale is None else str(rationale)),
            ("alternatives", value_text(alternatives) if alternatives else None),
            ("left out", ", ".join(texts(exception["left_out"])) or None),
        ],
        err=err,
    )
    given = exception["input"]
    if isinstance(given, dict) and given:
        print_heading("What it started from", err=err)
        print_pairs([(name, _field(one)) for name, one in given.items() if isinstance(one, dict)], err=err)
    evidence = as_objects(exception["evidence"])
    if evidence:
        print_heading("What it rests on", err=err)
        print_pairs([(call_in_words(one), _arguments(one)) for one in evidence], err=err)


def _field(field: JsonObject) -> str:
    return f"{value_text(field['value'])} (row {field['revision']})"


def _arguments(call: JsonObject) -> str:
    return "see its row" if call["arguments"] is None else json_text(call["arguments"])
