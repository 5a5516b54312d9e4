"""The path of a session on a terminal, a line for each thing that happens, as it happens."""

from __future__ import annotations

from typing import Final

import click

from pointsman.contracts.visible import visible
from pointsman.fsm.facts import Accepted, Denied, Entered, Fact, Settled
from pointsman.fsm.model_turns import Turned

_MESSAGE_CHARACTERS: Final = 200


class LivePath:
    """Prints what happens."""

    def row(self, revision: int, fact: Fact) -> None:
        """Print a row, if it says something new to whoever watches."""
        line = _line(fact)
        if line is not None:
            click.echo(f"{revision:>5}  {visible(line)}")


def _line(fact: Fact) -> str | None:
    body = fact.body
    match body:
        case Entered():
            how = "" if body.ending is None else f" ({body.ending})"
            why = "" if body.because in ("next", "start") else f", because of {body.because}"
            return f"→ {fact.state_after}{how}{why}{_said(body.error)}"
        case Turned():
            return f"  {_turn(fact, body)}"
        case Settled():
            again = " (made before)" if body.repeats is not None else ""
            return f"  {fact.action or 'set'}: {fact.outcome}{again}{_said(body.error)}"
        case Accepted():
            sure = "" if body.confidence is None else f", confidence {body.confidence:g}"
            return f"  {fact.action}: {fact.outcome}{sure}{_said(body.rationale)}"
        case Denied():
            return f"  {fact.action}: {fact.code}{_said(body.message)}"
        case _:
            return None


def _turn(fact: Fact, body: Turned) -> str:
    seconds = (fact.duration_ms or 0) / 1000
    if fact.outcome == "failed" and not body.content:
        return f"{body.model}, turn {body.turn}: no answer after {body.attempts} attempts{_said(body.error)}"
    cost = "" if body.cost_usd is None else f", ${body.cost_usd:.4f}"
    read = body.tokens.total - body.tokens.output
    return (
        f"{body.model}, turn {body.turn}: {read:,} tokens in, {body.tokens.output:,} out{cost}, {seconds:.1f} s"
        f"{_said(body.error or body.invalid)}"
    )


def _said(text: str | None) -> str:
    """What somebody has said, on the same line and cut."""
    if not text:
        return ""
    line = " ".join(text.split())
    return f": {line}" if len(line) <= _MESSAGE_CHARACTERS else f": {line[:_MESSAGE_CHARACTERS]}…"
