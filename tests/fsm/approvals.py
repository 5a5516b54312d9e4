"""A state in which tools wait for a person, and the calls that wait in it."""

from __future__ import annotations

from typing import Final

from pointsman.fsm.session import OpenApproval

from .driver import Story, workflow

HOUR_MS: Final = 3_600_000
TEXT: Final = """
    record: {file: {type: string}, stale: {type: boolean}, kept: {}, seen: {}}
    start: {accepts: [file, stale]}
    roles: [reviewer]
    access: {view: [starter]}
    initial: tidying
    limits: [{calls: 6, then: stuck}]
    tools:
      t.look: {effect: read}
      t.peek: {effect: read}
      t.delete: {effect: write, key: {over: [x]}}
      t.pay: {effect: write, key: none}
      t.plain: {effect: write, key: {over: [x]}}
    states:
      tidying:
        actor: agent
        tools:
          - t.plain
          - use: t.delete
            with: {fixed: =record.file}
            when: args.x < 10 && record.stale
            message: Only what is stale.
            limit: 2
            save: {kept: =result}
            approval: {role: reviewer, exclude: [=session.started_by, =args.y], within: 4h}
          - {use: t.pay, approval: {role: reviewer}}
          - {use: t.peek, save: {seen: =result}, approval: {role: reviewer}}
          - {use: t.look, save: {stale: =result}}
        failed: stuck
        unknown: doubt
        events: {go: {next: done}, again: {accepts: [file], next: tidying}}
        limits: [{denials: 3, then: stuck}]
        after: {in: 2d, to: done}
      done: {final: success}
      doubt: {final: manual, owner: o}
      stuck: {final: manual, owner: o}
"""
TIDY: Final = workflow(TEXT)
ASKED: Final = {"x": 1, "y": "tmp"}


def waits(story: Story) -> OpenApproval:
    """The approval asked last."""
    approvals = story.session.stay.approvals
    return approvals[max(approvals, key=int)]


def tidying() -> Story:
    """A session in which `t.delete` may be asked for."""
    return Story(TIDY, {"file": "a.txt", "stale": True})
