"""The path of a session on a terminal, a line for each thing that happens, as it happens."""

from __future__ import annotations

from typing import Final

import click

from pointsman.contracts.times import iso
from pointsman.contracts.visible import visible
from pointsman.fsm.facts import Accepted, Decided, Denied, Entered, Fact, Intended, Settled, TimerFired
from pointsman.fsm.model_turns import Turned
from pointsman.fsm.session import OpenApproval

from ..documents.reasons import reason_in_words

_MESSAGE_CHARACTERS: Final = 200


class LivePath:
    """Prints what happens. `unasked` says why a model could not be asked, where that is what came of it last."""

    def __init__(self) -> None:
        self.unasked: str | None = None

    def row(self, revision: int, fact: Fact) -> None:
        """Print a row, if it says something new to whoever watches."""
        if isinstance(fact.body, Accepted | Decided | TimerFired):
            self.unasked = None  # somebody else has gone on
        elif isinstance(fact.body, Turned):
            self.unasked = f"{fact.body.model}: {fact.body.error}" if _is_unasked(fact, fact.body) else None
        line = _line(fact)
        if line is not None:
            click.echo(f"{revision:>5}  {visible(line)}")

    def waits(self, at_most_ms: int) -> None:
        """Say why nothing happens yet: beside the rows, on stderr."""
        within = f"within {at_most_ms / 1000:g} s"
        click.echo(f"Another process is at work on this session. If it has ended, this one goes on {within}.", err=True)

    def asks_again(self, why: str, wait_ms: int) -> None:
        """Say why an answer takes so long."""
        click.echo(f"{'':>5}    asking again in {wait_ms / 1000:.1f} s{visible(_said(why))}")


def _line(fact: Fact) -> str | None:
    body = fact.body
    match body:
        case Entered():
            how = "" if body.ending is None else f" ({body.ending})"
            return f"→ {fact.state_after}{how}{_because(fact, body)}{_said(body.error)}"
        case Turned():
            return f"  {_turn(fact, body)}"
        case Settled():
            again = " (made before)" if body.repeats is not None else ""
            reading = "" if body.reading is None else ", as the second reading"
            return f"  {fact.action or 'set'}: {fact.outcome}{again}{reading}{_said(body.error)}"
        case Accepted():
            sure = "" if body.confidence is None else f", confidence {body.confidence:g}"
            return f"  {fact.action}: {_accepted(fact, body)}{sure}{_said(body.rationale)}"
        case Intended(approval=approval) if approval is not None:
            return f"  {approval.tool}: {_waits(approval)}"
        case Decided():
            return f"  {fact.action}, by {fact.actor_id}{_said(body.rationale)}"
        case Intended(turn=turn) if turn is not None and not turn.answered:
            return f"  asking {turn.model}…"
        case Denied():
            return f"  {fact.action}: {fact.code}{_said(body.message)}"
        case _:
            return None


def _accepted(fact: Fact, body: Accepted) -> str:
    if fact.outcome != "held":
        return fact.outcome or ""
    return "held, until there is a second reading" if body.reading == 1 else "held, as the second reading"


def _waits(approval: OpenApproval) -> str:
    until = "" if approval.expires_at is None else f", until {iso(approval.expires_at)}"
    return f"waits until a person with the role {approval.role} approves it{until}"


def _because(fact: Fact, body: Entered) -> str:
    words = None if body.because == "start" else reason_in_words(body, fact.state_before)
    return "" if words is None else f", because {words}"


def _turn(fact: Fact, body: Turned) -> str:
    seconds = (fact.duration_ms or 0) / 1000
    if _is_unasked(fact, body):
        how = "no answer" if body.attempts else "not asked"
        return f"{body.model}, turn {body.turn}: {how}{_said(body.error)}"
    cost = "" if body.cost_usd is None else f", ${body.cost_usd:.4f}"
    read = body.tokens.total - body.tokens.output
    late = ", too late: nothing in it is done" if fact.outcome == "late" else ""
    return (
        f"{body.model}, turn {body.turn}: {read:,} tokens in, {body.tokens.output:,} out{cost}, {seconds:.1f} s{late}"
        f"{_said(body.error or body.invalid)}"
    )


def _is_unasked(fact: Fact, body: Turned) -> bool:
    """Whether a turn brought no answer at all."""
    return fact.outcome == "failed" and not body.content


def _said(text: str | None) -> str:
    """What somebody has said, on the same line and cut."""
    if not text:
        return ""
    line = " ".join(text.split())
    return f": {line}" if len(line) <= _MESSAGE_CHARACTERS else f": {line[:_MESSAGE_CHARACTERS]}…"
