"""PM7: what can happen to calls, and what the workflow says then."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .rule import Rule

_PAY: Final = """\
tools:
  bank.pay: {effect: write, key: {over: [amount]}}
states:
  begin:
    actor: system
    run:
      - {call: bank.pay, with: {amount: =record.amount}, save: payment}
    next: paid
    failed: by_hand
    unknown: by_hand
  by_hand: {final: manual, owner: accounting}
"""

_TWO_READS: Final = """\
tools:
  bank.find: {effect: read}
states:
  begin:
    actor: system
    run:
      - all:
          - {call: bank.find, with: {for: =record.purpose}, save: payment}
          - {call: bank.find, with: {for: lunch}, save: SECOND}
    next: paid
    failed: by_hand
  by_hand: {final: manual, owner: accounting}
"""

TOOLS: Final[Mapping[str, Rule]] = {
    "PM701": Rule(
        title="`failed` is missing",
        meaning="The server makes calls in this state, each of which can fail, and the state does not say where the"
        " session goes then.",
        matters="Without it the session would have to stop where it is, in the middle of its work.",
        wrong=_PAY.replace("    failed: by_hand\n", ""),
        right=_PAY,
    ),
    "PM702": Rule(
        title="`unknown` is missing",
        meaning="A write in this state can end without an answer, and the state does not say where the session goes"
        " when nobody can tell whether it happened.",
        matters="Neither going on nor trying again is right then: the payment may or may not have been made. A tool"
        " that changes nothing needs `effect: read` under `tools`.",
        wrong=_PAY.replace("    unknown: by_hand\n", ""),
        right=_PAY,
    ),
    "PM703": Rule(
        title="A write with neither `key` nor `reconcile`",
        severity="warning",
        meaning="Nothing says which calls of this write are the same one, and nothing can be asked whether it"
        " happened.",
        matters="After a crash or a lost answer it cannot be made again safely, and an agent that calls it twice makes"
        " it twice.",
        wrong=_PAY.replace(", key: {over: [amount]}", ""),
        right=_PAY,
    ),
    "PM704": Rule(
        title="A key without `over`",
        severity="warning",
        meaning="All arguments together make two calls of this write the same.",
        matters="A remark that is worded differently makes a second payment. Name the arguments that count.",
        wrong=_PAY.replace("{over: [amount]}", "{deliver: {header: Idempotency-Key}}"),
        right=_PAY.replace("{over: [amount]}", "{over: [amount], deliver: {header: Idempotency-Key}}"),
    ),
    "PM705": Rule(
        title="Two branches of an `all` that save one field",
        meaning="The branches of an `all` run at the same time, and two of them write the same field.",
        matters="Which value stays would be left to chance.",
        wrong=_TWO_READS.replace("SECOND", "payment"),
        right=_TWO_READS.replace("SECOND", "{purpose: =result.purpose}"),
    ),
}
