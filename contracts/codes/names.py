"""PM3: names of states, tools, fields and roles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .rule import Rule, snippet

NAMES: Final[Mapping[str, Rule]] = {
    "PM301": Rule(
        title="Unknown state",
        meaning="A `next`, `to`, `then`, `below`, `failed`, `unknown` or `initial` names a state that `states` does"
        " not have.",
        matters="A session that is sent there would have nowhere to be.",
        wrong=snippet("""
            states:
              begin: {actor: system, next: payd}
        """),
        right=snippet("""
            states:
              begin: {actor: system, next: paid}
        """),
    ),
    "PM302": Rule(
        title="Unknown source of a tool",
        meaning="A tool is named `source.tool`, and `sources` has no source of that name.",
        matters="Nobody could make the call. Whoever starts the server would learn it only then.",
        wrong=snippet("""
            tools:
              bnak.find: {effect: read}
            states:
              begin:
                actor: agent
                tools: [bnak.find]
                events:
                  submit: {next: paid}
        """),
        right=snippet("""
            tools:
              bank.find: {effect: read}
            states:
              begin:
                actor: agent
                tools: [bank.find]
                events:
                  submit: {next: paid}
        """),
        also=("PM302",),
    ),
    "PM303": Rule(
        title="Unknown field of the record",
        meaning="A list of fields, a `set` or a `save` names a field that `record` does not declare.",
        matters="Only declared fields are kept: without a schema, nothing could be demanded of the value.",
        wrong="start: {requires: [amount, purpse]}\n",
        right="start: {requires: [amount, purpose]}\n",
    ),
    "PM304": Rule(
        title="Unknown role",
        meaning="A review or `access` names a role that `roles` does not list.",
        matters="Nobody could be given a role with a misspelt name, so the review would wait for ever.",
        wrong="roles: [manager]\naccess: {view: [starter, manager, acountant]}\n",
        right="roles: [manager, accountant]\naccess: {view: [starter, manager, accountant]}\n",
    ),
    "PM305": Rule(
        title="A reserved name",
        meaning="The name is used by Pointsman itself: as an argument of every event (`session`, `confidence`,"
        " `rationale`, …), or as a tool of the server.",
        matters="An agent could not say which of the two it means.",
        wrong=snippet("""
            record:
              amount: {type: number}
              purpose: {type: string}
              rationale: {type: string}
        """),
        right=snippet("""
            record:
              amount: {type: number}
              purpose: {type: string}
              reason: {type: string}
        """),
    ),
    "PM306": Rule(
        title="Names that collide",
        meaning="Two things have one name where they are seen together: an event and a tool on the wire (a tool's `.`"
        " is written `_` there), a field and an entry of the payload, two things a reviewer is shown.",
        matters="Whoever calls or reads the one would get the other.",
        wrong=snippet("""
            tools:
              bank.find: {effect: read}
            states:
              begin:
                actor: agent
                tools: [bank.find]
                events:
                  bank_find: {next: paid}
        """),
        right=snippet("""
            tools:
              bank.find: {effect: read}
            states:
              begin:
                actor: agent
                tools: [bank.find]
                events:
                  submit: {next: paid}
        """),
    ),
    "PM307": Rule(
        title="The source has no such tool",
        meaning="The module of a Python source has no public function of this name. Its text was read; it was not"
        " imported.",
        matters="The call could never succeed, and the agent would be offered a tool that is not there.",
        wrong=snippet("""
            sources: {docs: {python: pointsman.gallery.invoices.documents}}
            tools:
              docs.raed: {effect: read}
            states:
              begin:
                actor: agent
                tools: [docs.raed]
                events:
                  submit: {next: paid}
        """),
        right=snippet("""
            sources: {docs: {python: pointsman.gallery.invoices.documents}}
            tools:
              docs.read: {effect: read}
            states:
              begin:
                actor: agent
                tools: [docs.read]
                events:
                  submit: {next: paid}
        """),
        also=("PM307",),
    ),
    "PM308": Rule(
        title="The module of a Python source was not found",
        severity="warning",
        meaning="The module is neither beside the workflow file nor on Python's path, or its text cannot be read.",
        matters="Its tools cannot be checked here. That is right where the module is only installed on the server,"
        " and a misspelt name everywhere else.",
        wrong="sources: {docs: {python: pointsman.gallery.invoices.documnets}}\n",
        right="sources: {docs: {python: pointsman.gallery.invoices.documents}}\n",
    ),
    "PM309": Rule(
        title="A tool that no state uses",
        severity="warning",
        meaning="`tools` has a policy for a tool that no state, review or `reconcile` names.",
        matters="Often a state was meant to offer it, and the policy stands under a misspelt name.",
        wrong=snippet("""
            tools:
              bank.find: {effect: read}
        """),
        right=snippet("""
            tools:
              bank.find: {effect: read}
            states:
              begin:
                actor: agent
                tools: [bank.find]
                events:
                  submit: {next: paid}
        """),
    ),
    "PM310": Rule(
        title="The tool has no such argument",
        meaning="A `with` gives an argument that the Python function does not take, or leaves out one that it needs;"
        " or a `key` names one that is not there.",
        matters="The call would fail each time it is made.",
        wrong=snippet("""
            sources: {docs: {python: pointsman.gallery.invoices.documents}}
            tools:
              docs.read: {effect: read}
            states:
              begin:
                actor: agent
                tools:
                  - {use: docs.read, with: {documnet: =record.purpose}}
                events:
                  submit: {next: paid}
        """),
        right=snippet("""
            sources: {docs: {python: pointsman.gallery.invoices.documents}}
            tools:
              docs.read: {effect: read}
            states:
              begin:
                actor: agent
                tools:
                  - {use: docs.read, with: {document: =record.purpose}}
                events:
                  submit: {next: paid}
        """),
    ),
    "PM311": Rule(
        title="Evidence that the state cannot give",
        meaning="An event demands a call as evidence that its state neither offers nor makes.",
        matters="The event could never be accepted: the agent would be told to make a call that it may not make.",
        wrong=snippet("""
            tools:
              bank.find: {effect: read}
              bank.list: {effect: read}
            states:
              begin:
                actor: agent
                tools: [bank.list]
                events:
                  submit: {evidence: [bank.find], next: paid}
        """),
        right=snippet("""
            tools:
              bank.find: {effect: read}
              bank.list: {effect: read}
            states:
              begin:
                actor: agent
                tools: [bank.list, bank.find]
                events:
                  submit: {evidence: [bank.find], next: paid}
        """),
    ),
    "PM312": Rule(
        title="A name that stands twice in one list",
        meaning="A list names one thing twice, or an event accepts a field that it requires already.",
        matters="One of the two was probably meant to be another name.",
        wrong="start: {requires: [amount, amount]}\n",
        right="start: {requires: [amount, purpose]}\n",
    ),
}
