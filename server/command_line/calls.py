"""Calls of tools that wait for a person, as people see them at the command line, printed from their documents."""

from __future__ import annotations

from pointsman.contracts.values import JsonObject

from .output import moment, print_heading, print_pairs, value_text
from .whereabouts import claim_in_words


def show(document: JsonObject, *, err: bool) -> None:
    """Print a waiting call for people."""
    due, goal, arguments = document["due"], document["goal"], document["arguments"]
    print_pairs(
        [
            ("call", str(document["id"])),
            ("tool", str(document["tool"])),
            ("effect", str(document["effect"])),
            ("workflow", f"{document['workflow']}, version {document['version']}"),
            ("state", str(document["state"])),
            ("goal", None if goal is None else str(goal)),
            ("role", str(document["role"])),
            ("asked by", f"{document['asked_by']}, with {document['client'] or 'a client without a name'}"),
            ("started by", str(document["started_by"])),
            ("open since", moment(str(document["opened_at"]))),
            ("due", None if due is None else moment(str(due))),
            ("claimed by", claim_in_words(document)),
            ("shown digest", str(document["shown_digest"])),
        ],
        err=err,
    )
    print_heading("Arguments (exactly these, once)", err=err)
    if isinstance(arguments, dict):
        print_pairs([(name, value_text(value)) for name, value in arguments.items()], err=err)
    print_heading("Decisions", err=err)
    print_pairs(
        [("approve", "the call runs, in this process"), ("reject", "it does not; the agent is told who and why")],
        err=err,
    )
