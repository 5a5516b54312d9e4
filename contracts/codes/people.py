"""PM6: people, and what must not go past them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .rule import Rule, snippet

_REVIEW: Final = """\
  begin:
    actor: human
    review:
      role: manager
      exclude: [=session.started_by]
      due: {in: 2d, then: refused}
    events:
      approve: {next: paid}
      reject: {next: refused}
  refused: {final: stopped}
"""

_AFTER_AN_AGENT: Final = """\
states:
  begin:
    actor: agent
    events:
      submit:
        requires: [category]
        next:
          - {to: paid, when: GUARD}
          - to: review
  review:
    actor: human
    review: {role: manager, exclude: [=session.started_by], due: {in: 2d, then: paid}}
    events:
      approve: {next: paid}
"""

PEOPLE: Final[Mapping[str, Rule]] = {
    "PM601": Rule(
        title="A review without `due`",
        severity="warning",
        meaning="The review does not say by when it must be decided, and what happens if nobody does.",
        matters="People are ill, on leave, or have never been told. A review without a date waits for ever.",
        wrong="states:\n" + _REVIEW.replace("      due: {in: 2d, then: refused}\n", ""),
        right="states:\n" + _REVIEW,
    ),
    "PM602": Rule(
        title="A review that its starter could decide",
        severity="warning",
        meaning="`exclude` does not name who started the session, so that person may decide it if the role is theirs.",
        matters="Four eyes are the point of most reviews. Leave it only where one person's word is enough.",
        wrong="states:\n" + _REVIEW.replace("      exclude: [=session.started_by]\n", ""),
        right="states:\n" + _REVIEW,
    ),
    "PM603": Rule(
        title="`below` is no human state",
        meaning="Where an agent's confidence is too low, the session goes to the state `below`, and that is not one in"
        " which a person decides.",
        matters="A floor for confidence is there to bring in a person. It must never be a way past one.",
        wrong=snippet("""
            confidence: {floor: 0.8, below: refused}
            states:
              begin:
                actor: agent
                events:
                  submit: {next: paid}
              refused: {final: stopped}
        """),
        right=snippet("""
            confidence: {floor: 0.8, below: review}
            states:
              begin:
                actor: agent
                events:
                  submit: {next: paid}
              review:
                actor: human
                review: {role: manager, exclude: [=session.started_by], due: {in: 2d, then: paid}}
                events:
                  approve: {next: paid}
        """),
    ),
    "PM604": Rule(
        title="A guard that skips a person on a field only an agent wrote",
        severity="warning",
        meaning="Of two ways, one leads to a person and one does not, and which is taken hangs on nothing but fields"
        " that the agent itself writes.",
        matters="An agent that writes the right value avoids the review. Let the guard read what a tool, a person or"
        " the start of the session has given.",
        wrong=_AFTER_AN_AGENT.replace("GUARD", "record.category == 'meals'"),
        right=_AFTER_AN_AGENT.replace("GUARD", "record.amount < 100"),
    ),
    "PM605": Rule(
        title="A final state without owner",
        meaning="A final state with the outcome `manual` or `failed` does not say who takes over.",
        matters="Somebody has to go on where the workflow ends, and nobody would know who.",
        wrong=snippet("""
            states:
              begin:
                actor: system
                next:
                  - {to: paid, when: record.amount < 100}
                  - to: by_hand
              by_hand: {final: manual}
        """),
        right=snippet("""
            states:
              begin:
                actor: system
                next:
                  - {to: paid, when: record.amount < 100}
                  - to: by_hand
              by_hand: {final: manual, owner: accounting}
        """),
    ),
}
