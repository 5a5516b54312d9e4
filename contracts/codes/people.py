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

_APPROVAL: Final = """\
tools:
  bank.pay: {effect: write, key: {over: [amount]}}
states:
  begin:
    actor: agent
    tools:
      - use: bank.pay
        approval: {role: manager, exclude: [=session.started_by], within: 1h}
    events:
      submit: {next: paid}
    after: {in: 1d, to: paid}
    unknown: by_hand
  by_hand: {final: manual, owner: accounting}
"""

_READ_TWICE: Final = """\
tools:
  bank.classify: {effect: read}
states:
  begin:
    actor: agent
    agree:
      fields: [category]
      second: {call: bank.classify, with: {purpose: =record.purpose}, fields: {category: =result.category}}
      differ: review
    events:
      submit: {requires: [category], next: paid}
    failed: refused
  review:
    actor: human
    review: {role: manager, exclude: [=session.started_by], due: {in: 2d, then: refused}}
    events:
      approve: {next: paid}
  refused: {final: stopped}
"""

_READ_BY_MODELS: Final = """\
states:
  begin:
    actor: model
    model: {name: claude-sonnet-5, prompt: Sort the expense.}
    agree:
      fields: [category]
      second: {model: {name: NAME, prompt: Sort the expense.}}
      differ: review
    events:
      submit: {requires: [category], next: paid}
    failed: refused
  review:
    actor: human
    review: {role: manager, exclude: [=session.started_by], due: {in: 2d, then: refused}}
    events:
      approve: {next: paid}
  refused: {final: stopped}
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
        meaning="`exclude` does not name who started the session, so that person may decide it if the role is theirs."
        " Where `accept` names `elicitation` the workflow says that it asks whoever sits at the client, and this is not"
        " reported.",
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
    "PM606": Rule(
        title="An approval that its starter could give",
        severity="warning",
        meaning="`exclude` of an `approval` does not name who started the session, so that person may approve what"
        " their own agent asks for.",
        matters="An approval is there because the agent's word is not enough; that of the person behind it seldom is.",
        wrong=_APPROVAL.replace(", exclude: [=session.started_by]", ""),
        right=_APPROVAL,
    ),
    "PM607": Rule(
        title="An approval of what is not shown",
        meaning="A tool's calls wait for a person, and `redact` keeps arguments of it from being stored and shown.",
        matters="Who approves a call answers for exactly its arguments, and so must see them.",
        wrong=_APPROVAL.replace("[amount]}", "[amount]}, redact: [args.note]"),
        right=_APPROVAL,
    ),
    "PM608": Rule(
        title="An approval that outlasts its state",
        severity="warning",
        meaning="A call may wait for its approval for longer than the session can stay in the state.",
        matters="The state's timer comes first, and takes the session away while a person still believes to have time.",
        wrong=_APPROVAL.replace("within: 1h", "within: 2d"),
        right=_APPROVAL,
    ),
    "PM609": Rule(
        title="`approvals` where no person decides",
        meaning="An event of an agent, a model or the outside has `approvals`, which counts persons in a review.",
        matters="Nobody would be asked, and the event would pass with the word of one agent.",
        wrong=snippet("""
            states:
              begin:
                actor: agent
                events:
                  submit: {approvals: 2, next: paid}
        """),
        right=snippet("""
            states:
              begin:
                actor: agent
                events:
                  submit: {next: review}
              review:
                actor: human
                review: {role: manager, exclude: [=session.started_by], due: {in: 2d, then: paid}}
                events:
                  approve: {approvals: 2, next: paid}
        """),
    ),
    "PM610": Rule(
        title="A review that too few can decide",
        severity="warning",
        meaning="The review accepts decisions only by `elicitation`, which asks the person at the client. It needs"
        " several persons, or excludes the one who is asked.",
        matters="Nobody else is ever asked, so the review ends when it is due, if at all.",
        wrong="states:\n" + _REVIEW.replace("      due", "      accept: [elicitation]\n      due"),
        right="states:\n" + _REVIEW.replace("      due", "      accept: [elicitation, console]\n      due"),
    ),
    "PM611": Rule(
        title="Nobody is allowed to act",
        meaning="`access` lets nobody start the workflow, which nothing triggers either, or nobody act for its agent.",
        matters="No session could begin, or none could go on.",
        wrong="access: {start: [], view: [starter, manager]}\n",
        right="access: {start: anyone, view: [starter, manager]}\n",
    ),
    "PM612": Rule(
        title="Who decides may not look",
        severity="warning",
        meaning="A role decides a review or an approval, and `access.view` does not name it.",
        matters="They would have to decide on what a message tells them, without the session before their eyes.",
        wrong="access: {view: starter}\nstates:\n" + _REVIEW,
        right="access: {view: [starter, manager]}\nstates:\n" + _REVIEW,
    ),
    "PM613": Rule(
        title="`differ` is no human state",
        meaning="Where two readings differ the session goes to the state `differ`, and that is not one in which a"
        " person decides.",
        matters="Two readings are there to bring in a person where they differ. Nothing else can say which is right.",
        wrong=_READ_TWICE.replace("differ: review", "differ: refused"),
        right=_READ_TWICE,
        also=("PM501",),
    ),
    "PM614": Rule(
        title="Readings that cannot be compared",
        meaning="An event of a state with `agree` does not require every field that is compared, or no event is a"
        " reading, or the call that reads a second time does not say what exactly these fields are in its result.",
        matters="What one reading lacks would always differ, or never be compared.",
        wrong=_READ_TWICE.replace("requires: [category]", "accepts: [category]"),
        right=_READ_TWICE,
    ),
    "PM615": Rule(
        title="A second reading that is the first one again",
        severity="warning",
        meaning="Both readings are by the same model with the same prompt.",
        matters="What the model gets wrong once it mostly gets wrong again in the same way, and nobody notices.",
        wrong=_READ_BY_MODELS.replace("NAME", "claude-sonnet-5"),
        right=_READ_BY_MODELS.replace("NAME", "claude-opus-4-5"),
    ),
}
