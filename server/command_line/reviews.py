"""Open reviews as people see them at the command line, printed from their documents."""

from __future__ import annotations

import click

from pointsman.contracts.values import Json, JsonObject, as_objects
from pointsman.contracts.visible import visible

from ..documents.readings import reader_in_words, side_by_side
from ..table.demands import demands
from . import exceptions
from .columns import Column
from .output import moment, print_heading, print_pairs, print_table, value_text
from .whereabouts import claim_in_words, texts, votes_in_words, was_in_words


def show(document: JsonObject, *, err: bool) -> None:
    """Print an open review for people."""
    due, goal, shown = document["due"], document["goal"], document["shown"]
    print_pairs(
        [
            ("session", str(document["session"])),
            ("workflow", f"{document['workflow']}, version {document['version']}"),
            ("state", str(document["state"])),
            ("goal", None if goal is None else str(goal)),
            ("role", str(document["role"])),
            ("started by", str(document["started_by"])),
            ("open since", moment(str(document["opened_at"]))),
            ("due", None if due is None else moment(str(due))),
            ("claimed by", claim_in_words(document)),
            ("shown digest", str(document["shown_digest"])),
            ("may edit", ", ".join(texts(document["edit"])) or "nothing"),
            ("rationale", str(document["rationale"])),
        ],
        err=err,
    )
    print_heading("Shown (frozen)", err=err)
    if isinstance(shown, dict):
        print_pairs([(name, value_text(value)) for name, value in shown.items()], err=err)
    exception = document["exception"]
    if not isinstance(exception, dict) and not isinstance(document["readings"], dict):
        _print_reason(document["reason"], err=err)
    _print_proposal(document["proposal"], err=err, whole=exception is None)
    if isinstance(exception, dict):
        exceptions.show(exception, err=err)
    _print_readings(document["readings"], err=err)
    _print_edits(document["edited"], err=err)
    print_heading("Decisions", err=err)
    for one in as_objects(document["decisions"]):
        _print_decision(one, err=err)
    votes = votes_in_words(document)
    if votes:
        print_heading("Votes so far", err=err)
        click.echo(visible("\n".join(votes), lines=True), err=err)


def _print_reason(reason: Json, *, err: bool) -> None:
    """Print why a person is asked, where no event of an agent has led here."""
    if not isinstance(reason, dict) or reason["words"] is None:
        return
    print_heading("Why a person decides", err=err)
    step = reason["step"]
    print_pairs(
        [
            ("here because", str(reason["words"])),
            ("step", f"{step['tool']}, row {step['revision']}" if isinstance(step, dict) else None),
            ("error", None if reason["error"] is None else str(reason["error"])),
        ],
        err=err,
    )


def _print_proposal(proposal: Json, *, err: bool, whole: bool) -> None:
    """Print what an agent has proposed, and, of the `whole`, how sure it was and why, which an exception has, too."""
    if not isinstance(proposal, dict):
        return
    print_heading("Proposed", err=err)
    writes, confidence = proposal["writes"], proposal["confidence"]
    reasons: list[tuple[str, str | None]] = [
        ("confidence", None if confidence is None else f"{confidence}, of the path {proposal['path_confidence']}"),
        ("rationale", None if proposal["rationale"] is None else str(proposal["rationale"])),
        ("alternatives", None if proposal["alternatives"] is None else value_text(proposal["alternatives"])),
    ]
    print_pairs(
        [
            ("by", f"{proposal['actor_id']} ({proposal['actor_kind']}), row {proposal['revision']}"),
            ("event", f"{proposal['event']} in {proposal['state']}"),
            *(reasons if whole else ()),
            *((name, value_text(value)) for name, value in (writes.items() if isinstance(writes, dict) else ())),
        ],
        err=err,
    )


def _print_readings(readings: Json, *, err: bool) -> None:
    """Print two readings side by side."""
    if not isinstance(readings, dict):
        return
    print_heading("Read twice, and not the same", err=err)
    both = [[(name, reader_in_words(readings[name])), *_reasons(readings[name])] for name in ("first", "second")]
    print_pairs([pair for one in both for pair in one], err=err)
    click.echo(err=err)
    rows = [
        [
            one.name,
            *(value_text(given[0]) if given else "(not given)" for given in one.given),
            "differs" if one.differs else "equal",
        ]
        for one in side_by_side(readings)
    ]
    print_table([Column("field", whole=True), "first", "second", Column("", whole=True)], rows, err=err)


def _reasons(reading: Json) -> list[tuple[str, str | None]]:
    """Give why a reader read what it read, and what else it saw."""
    if not isinstance(reading, dict):
        return []
    rationale, alternatives = reading["rationale"], reading["alternatives"]
    return [
        ("  reason", None if rationale is None else str(rationale)),
        ("  alternatives", value_text(alternatives) if alternatives else None),
    ]


def _print_edits(edited: Json, *, err: bool) -> None:
    """Print what stood there before a person edited it."""
    if isinstance(edited, dict) and edited:
        print_heading("Edited before, from", err=err)
        print_pairs([(name, was_in_words(was)) for name, was in edited.items() if isinstance(was, dict)], err=err)


def _print_decision(decision: JsonObject, *, err: bool) -> None:
    """Print a decision: where it leads, what it is, what it takes."""
    targets, approvals = " or ".join(texts(decision["leads_to"])), decision["approvals"]
    takes = "" if approvals == 1 else f" ({approvals} persons must decide the same)"
    name = click.style(visible(str(decision["event"])), bold=True)
    click.echo(f"{name} → {visible(targets)}{takes}", err=err)
    if decision["description"]:
        print_pairs([("  ", str(decision["description"]))], err=err)
    schema = decision["input_schema"]
    lines = list(demands(schema)) if isinstance(schema, dict) else []
    if lines:
        print_pairs([(f"  {name} ({need})", said) for name, need, said in lines], err=err)
