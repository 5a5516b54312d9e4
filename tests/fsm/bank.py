"""A bank whose agent must have looked before it pays, and what its agent calls."""

from __future__ import annotations

from collections.abc import Mapping

from pointsman.contracts.values import JsonObject

from .driver import Story, workflow

_ANY: JsonObject = {"type": "object", "additionalProperties": True}
TOOLS: Mapping[str, JsonObject] = dict.fromkeys(
    ("t.login", "t.logout", "t.balance", "t.transfer", "t.note", "t.rate", "t.print"), _ANY
)
BANK = workflow(
    """
    record:
      customer: {type: string}
      limit: {type: integer}
      reason: {type: string}
    start: {accepts: [customer, limit]}
    roles: [reviewer]
    initial: serving
    tools:
      t.print: {effect: read}
      t.login: {effect: read}
      t.logout: {effect: read}
      t.balance: {effect: read}
      t.rate: {effect: read}
      t.note: {effect: write, key: none}
      t.transfer: {effect: write, key: none}
    states:
      serving:
        actor: agent
        tools:
          - t.login
          - t.logout
          - {use: t.balance, with: {bank: main}}
          - t.note
          - t.rate
          - use: t.print
            evidence: {rate: {call: t.rate, with: {of: =args.of}, fetch: true}}
            when: evidence.rate.result > 1
          - use: t.transfer
            evidence:
              login: {call: t.login, with: {user: =args.user}, when: result.ok, within: session, until: [t.logout]}
              balance:
                call: t.balance
                with: {user: =args.user, bank: main, currency: =evidence.login.result.currency}
                until: write
            when: evidence.balance.result.value >= args.amount && evidence.balance.at != ""
            message: The balance does not cover it.
        unknown: review
        events:
          rest: {next: resting}
          greet:
            evidence: {login: {call: t.login, with: {user: =record.customer}, when: result.ok}}
            next: closed
          close:
            requires: [reason]
            evidence: [t.login, t.note]
            next: closed
          quote:
            evidence:
              rate: {call: t.rate, with: {of: =record.customer}, until: [t.note], fetch: true}
              fee: {call: t.balance, with: {of: =evidence.rate.result.account}, fetch: true}
            when: evidence.fee.result.value < 10
            next:
              - {to: review, when: evidence.rate.result.value > 5}
              - {to: closed}
          stuck:
            evidence:
              rate: {call: t.rate, with: {of: =record.limit}}
            next: closed
      resting:
        actor: agent
        tools:
          - t.logout
          - t.login
          - use: t.transfer
            evidence:
              login: {call: t.login, with: {user: =args.user}, when: result.ok, within: session, until: [t.logout]}
        unknown: review
        events:
          back: {next: serving}
          leave: {evidence: [t.login], next: closed}
      review:
        actor: human
        entry: [{call: t.rate, with: {of: somebody}}]
        failed: closed
        review: {role: reviewer, exclude: [=session.started_by], due: {in: 2d, then: closed}}
        events:
          approve:
            evidence: {rate: {call: t.rate, with: {of: =record.customer}, fetch: true}}
            when: evidence.rate.result.value > 7
            next:
              - {to: serving, when: evidence.rate.result.value > 100}
              - {to: closed}
      closed: {final: success}
    """,
    TOOLS,
)
EUR = {"ok": True, "currency": "EUR"}


def serving() -> Story:
    return Story(BANK, {"customer": "ann"})


def login(story: Story, user: str = "ann", *, ok: bool = True) -> None:
    story.call("t.login", {"user": user}, gives={"ok": ok, "currency": "EUR"})


def balance(story: Story, user: str = "ann", value: int = 100) -> None:
    story.call("t.balance", {"user": user, "currency": "EUR"}, gives={"value": value})


def transfer(story: Story, user: str = "ann", amount: int = 10) -> str | None:
    story.call("t.transfer", {"user": user, "amount": amount})
    return story.code
