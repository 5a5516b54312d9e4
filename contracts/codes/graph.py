"""PM5: the graph of states."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .rule import Rule, snippet

GRAPH: Final[Mapping[str, Rule]] = {
    "PM501": Rule(
        title="A state that cannot be reached",
        meaning="No event, `next`, timer, limit or failure leads from `initial` to this state.",
        matters="What the state was to do never happens. Often another state's `next` names the wrong one.",
        wrong=snippet("""
            states:
              begin: {actor: system, next: paid}
              refused: {final: stopped}
        """),
        right=snippet("""
            states:
              begin:
                actor: system
                next:
                  - {to: refused, when: record.amount > 500}
                  - to: paid
              refused: {final: stopped}
        """),
    ),
    "PM502": Rule(
        title="A state from which no final state can be reached",
        meaning="Whatever happens after this state, the session never ends. Limits of the whole session do not count"
        " as a way: they are there for emergencies.",
        matters="Sessions would pile up that nobody can finish.",
        wrong=snippet("""
            states:
              begin:
                actor: agent
                events:
                  submit: {next: paid}
                  ask: {next: waiting}
              waiting:
                actor: external
                events:
                  answered: {next: waiting}
        """),
        right=snippet("""
            states:
              begin:
                actor: agent
                events:
                  submit: {next: paid}
                  ask: {next: waiting}
              waiting:
                actor: external
                events:
                  answered: {next: begin}
        """),
    ),
    "PM503": Rule(
        title="A cycle that only the system drives and nothing ends",
        meaning="These states go on to each other by themselves, with no agent, person or timer in between, and no"
        " guard on `visits` or limit on `steps` ends it.",
        matters="A session in it would run as fast as the server can, for ever.",
        wrong=snippet("""
            states:
              begin:
                actor: system
                next:
                  - {to: paid, when: record.amount < 100}
                  - to: retry
              retry: {actor: system, next: begin}
        """),
        right=snippet("""
            states:
              begin:
                actor: system
                next:
                  - {to: paid, when: record.amount < 100}
                  - {to: paid, when: visits.begin > 3}
                  - to: retry
              retry: {actor: system, next: begin}
        """),
    ),
    "PM504": Rule(
        title="A `next` list that can fall through",
        meaning="Every entry of the list has a `when`, so there may be none that is true, and no timer covers the"
        " state.",
        matters="The session would stand still, or the event would be refused for a reason that the agent cannot mend.",
        wrong=snippet("""
            states:
              begin:
                actor: system
                next:
                  - {to: paid, when: record.amount < 100}
        """),
        right=snippet("""
            states:
              begin:
                actor: system
                next:
                  - {to: paid, when: record.amount < 100}
                  - to: refused
              refused: {final: stopped}
        """),
    ),
    "PM505": Rule(
        title="A state that nothing leaves",
        meaning="An agent's, a person's or an external state has no event, or a system state has neither `next` nor a"
        " timer without `when`.",
        matters="A session that enters it stays there.",
        wrong=snippet("""
            states:
              begin:
                actor: agent
                after: {in: 1d, to: paid}
        """),
        right=snippet("""
            states:
              begin:
                actor: agent
                events:
                  submit: {next: paid}
                after: {in: 1d, to: paid}
        """),
    ),
    "PM506": Rule(
        title="An entry of `next` that is never tried",
        meaning="The entries of a list are tried in order, and one before this has no `when`: it is always taken.",
        matters="The way behind it looks possible and is not.",
        wrong=snippet("""
            states:
              begin:
                actor: system
                next:
                  - to: paid
                  - {to: refused, when: record.amount > 500}
              refused: {final: stopped}
        """),
        right=snippet("""
            states:
              begin:
                actor: system
                next:
                  - {to: refused, when: record.amount > 500}
                  - to: paid
              refused: {final: stopped}
        """),
    ),
    "PM507": Rule(
        title="A limit or timer that is never reached",
        severity="warning",
        meaning="Something else always comes first, or what the limit counts does not happen here: calls where no tool"
        " is offered, costs where no model is asked, states entered within one state.",
        matters="It looks like a safeguard and is none.",
        wrong=snippet("""
            states:
              begin:
                actor: agent
                events:
                  submit: {next: paid}
                after:
                  - {in: 1d, to: paid}
                  - {in: 2d, to: refused}
              refused: {final: stopped}
        """),
        right=snippet("""
            states:
              begin:
                actor: agent
                events:
                  submit: {next: paid}
                after:
                  - {in: 1d, to: paid, when: record.amount < 10}
                  - {in: 2d, to: refused}
              refused: {final: stopped}
        """),
    ),
    "PM508": Rule(
        title="A timer that leaves nobody time",
        meaning="An `after` of no time takes the session out of the state before anybody can act, or into the same"
        " state again without end.",
        matters="The state's actor is never heard, or the server does nothing but enter one state.",
        wrong=snippet("""
            states:
              begin:
                actor: agent
                events:
                  submit: {next: paid}
                after: {in: 0s, to: paid}
        """),
        right=snippet("""
            states:
              begin:
                actor: agent
                events:
                  submit: {next: paid}
                after: {in: 1d, to: paid}
        """),
    ),
}
