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

_LOOK: Final = """\
tools:
  bank.find: {effect: read}
states:
  begin:
    actor: system
    run:
      - {call: bank.find, with: {for: =record.purpose}, save: payment}
    next: paid
    failed: by_hand
  by_hand: {final: manual, owner: accounting}
"""

_ASKED: Final = _PAY.replace(
    "key: {over: [amount]}}",
    "key: KEY, reconcile: {call: bank.find, happened: result.found}}\n  bank.find: {effect: read}",
)

_COUNTED: Final = """\
states:
  begin:
    actor: agent
    events:
      spend:
        next:
          - {to: paid, when: record.amount < 1.0}
          - to: begin
LEAVING    failed: by_hand
  by_hand: {final: manual, owner: accounting}
"""

_GROUP: Final = """\
tools:
  bank.pay: {effect: write, key: {over: [amount]}}
states:
  begin:
    actor: agent
    tools: [OFFERED]
    events:
      submit: {next: paid}
    unknown: by_hand
  by_hand: {final: manual, owner: accounting}
"""

_EVIDENCE: Final = """\
tools:
  bank.find: {effect: EFFECT}
states:
  begin:
    actor: agent
    tools: [bank.find]
    events:
      submit:
        evidence:
          found: {call: bank.findWITH}
        next: paid
"""

_BOTH: Final = """\
tools:
  bank.open: {effect: write, key: {over: [name]}}
  bank.fill: {effect: write, key: {over: [name]}}
states:
  begin:
    actor: agent
    tools: [bank.open, bank.fill]
    events:
      submit:
        evidence:
          opened: {call: bank.openWITH}
          filled: {call: bank.fillWITH}
        next: paid
    unknown: by_hand
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
        wrong=_PAY.replace("{over: [amount]}", "{deliver: {argument: key}}"),
        right=_PAY.replace("{over: [amount]}", "{over: [amount], deliver: {argument: key}}"),
    ),
    "PM705": Rule(
        title="Two branches of an `all` that save one field",
        meaning="The branches of an `all` run at the same time, and two of them write the same field.",
        matters="Which value stays would be left to chance.",
        wrong=_TWO_READS.replace("SECOND", "payment"),
        right=_TWO_READS.replace("SECOND", "{purpose: =result.purpose}"),
    ),
    "PM706": Rule(
        title="A setting that has no effect",
        severity="warning",
        meaning="What is said here changes nothing: a key of a read, a retry of a write that is never made twice, a"
        " wait between attempts of which there is one, a floor that nothing is held to or that sends nobody anywhere.",
        matters="Whoever reads the file believes in a protection that is not there.",
        wrong=_LOOK.replace("read}", "read, key: {over: [for]}}"),
        right=_LOOK,
    ),
    "PM707": Rule(
        title="`key: none` beside `reconcile`",
        severity="warning",
        meaning="`key: none` says that equal calls are different writes, and `reconcile` asks whether such a write"
        " happened.",
        matters="The answer may be about the other of two equal calls, and a payment that failed would count as made.",
        wrong=_ASKED.replace("KEY", "none"),
        right=_ASKED.replace("KEY", "{over: [amount]}"),
    ),
    "PM708": Rule(
        title="What is redacted cannot be compared",
        meaning="Evidence is looked for by an argument that `redact` keeps from being stored, or a key is made of it.",
        matters="What is not kept cannot be compared: no call would ever be evidence, and two different calls would"
        " have one key.",
        wrong=_PAY.replace("[amount]}", "[amount]}, redact: [args.amount]"),
        right=_PAY.replace("[amount]}", "[amount]}, redact: [args.note]"),
    ),
    "PM709": Rule(
        title="An argument that only the server gives",
        meaning="The argument that `deliver` puts the key into is fixed in a `with`, or the key is made of it.",
        matters="The downstream would not see the server's key, and could not tell a repetition from a new payment.",
        wrong=_PAY.replace("[amount]}", "[amount], deliver: {argument: key}}").replace(
            "amount: =", "key: k-1, amount: ="
        ),
        right=_PAY.replace("[amount]}", "[amount], deliver: {argument: key}}"),
    ),
    "PM710": Rule(
        title="A key that its source cannot receive",
        meaning="`deliver` names a way that this kind of source does not have: headers belong to HTTP, `meta` to MCP.",
        matters="The key would never arrive, and a second attempt would be a second payment.",
        wrong=_PAY.replace("[amount]}", "[amount], deliver: {header: Idempotency-Key}}"),
        right=_PAY.replace("[amount]}", "[amount], deliver: {meta: idempotency_key}}"),
    ),
    "PM711": Rule(
        title="`exit` sets what `next` has read",
        severity="warning",
        meaning="Steps of `exit` run when the way on has been chosen, and one of them sets a field that the guards of"
        " this state read.",
        matters="The guards see the field as it was before, so a counter is one behind.",
        wrong=_COUNTED.replace("LEAVING", "    exit: [{set: {amount: =record.amount - 1.0}}]\n"),
        right=_COUNTED.replace("LEAVING", ""),
    ),
    "PM712": Rule(
        title="A group of writes that takes in undeclared tools",
        severity="warning",
        meaning="A state offers all writes of a source. A tool that `tools` says nothing of counts as a write, so the"
        " group holds it too, reads and tools of later versions among them.",
        matters="The agent is offered what nobody decided on. Declare the source's tools, or offer them by name.",
        wrong=_GROUP.replace("OFFERED", "{source: bank, effect: write}"),
        right=_GROUP.replace("OFFERED", "bank.pay"),
    ),
    "PM713": Rule(
        title="A write where the server may make none",
        meaning="The server would make a write only to look at something (evidence with `fetch`, `reconcile`, what a"
        " review shows, a second reading), or make one without a key in `entry` or `exit`.",
        matters="Looking must change nothing, and what stands in `entry` and `exit` may run again after a crash.",
        wrong=_EVIDENCE.replace("WITH", ", fetch: true").replace("EFFECT", "write, key: {over: [for]}"),
        right=_EVIDENCE.replace("WITH", ", fetch: true").replace("EFFECT", "read"),
        also=("PM702",),
    ),
    "PM714": Rule(
        title="An `until` that nothing can fulfil",
        meaning="`until` names neither `write` nor a tool that some state calls.",
        matters="The evidence would stay good although what should end it has happened.",
        wrong=_EVIDENCE.replace("WITH", ", until: wirte").replace("EFFECT", "read"),
        right=_EVIDENCE.replace("WITH", ", until: write").replace("EFFECT", "read"),
    ),
    "PM715": Rule(
        title="Evidence that can never be fresh",
        meaning="Two calls are demanded, and each of them makes the other void: whichever is made later, the other is"
        " missing.",
        matters="The event can never be accepted, however often both calls are made.",
        wrong=_BOTH.replace("WITH", ", until: write"),
        right=_BOTH.replace("WITH", ""),
    ),
    "PM716": Rule(
        title="Reading what is redacted",
        severity="warning",
        meaning="An expression reads a part of a call that `redact` keeps from being stored, when the call has ended.",
        matters="It finds the text `[redacted]`: a guard is judged on it, and a field says no more than that.",
        wrong=_LOOK.replace("read}", "read, redact: [result]}"),
        right=_LOOK.replace("read}", "read, redact: [args.for]}"),
    ),
}
