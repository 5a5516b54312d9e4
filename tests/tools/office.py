"""An office of writes, each with other ways to find out what became of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from pointsman.fsm.facts import CallResult
from pointsman.fsm.session import OpenCall
from pointsman.tools.effects import Write
from tests.fsm.driver import Story, workflow

from .downstreams import Outside

OFFICE: Final = workflow("""
    record: {n: {type: integer}}
    start: {accepts: [n]}
    initial: office
    tools:
      t.plain: {effect: write, timeout: 10s, key: {over: [x]}, retry: {attempts: 3, backoff: 1s}}
      t.each: {effect: write, timeout: 10s, key: none}
      t.keyed: {effect: write, timeout: 10s, key: {over: [x], deliver: {argument: token}}}
      t.often:
        effect: write
        timeout: 10s
        key: {over: [x], deliver: {argument: token}}
        retry: {attempts: 4, backoff: 2m}
      t.asked:
        effect: write
        timeout: 10s
        key: {over: [x]}
        reconcile: {call: t.find, with: {x: =args.x}, happened: result.found == true}
        retry: {attempts: 3, backoff: 1s}
      t.both:
        effect: write
        timeout: 10s
        key: {over: [x], deliver: {argument: token}}
        reconcile: {call: t.find, with: {x: =args.x}, happened: result.found == true}
        retry: {attempts: 3, backoff: 1s}
      t.late:
        effect: write
        timeout: 10s
        key: {over: [x]}
        reconcile: {call: t.find, with: {x: =record.n}, happened: result.found == true}
      t.find: {effect: read, success: '!has(result.broken)', redact: [result.pin]}
    states:
      office:
        actor: agent
        tools: [t.plain, t.each, t.keyed, t.often, t.asked, t.both, t.late]
        failed: over
        unknown: over
        events: {leave: {next: over}}
      over: {final: success}
""")


def opened(
    tool: str, *, doubt: str | None = None, attempt: int = 1, unanswered: bool = False
) -> tuple[Story, OpenCall]:
    """A write that is open, in doubt or not."""
    story = Story(OFFICE)
    story.call(tool, {"x": 7})
    return story, replace(story.open_call(tool), doubt=doubt, attempt=attempt, unanswered=unanswered)


async def outcome(
    tool: str, around: Outside, *, doubt: str | None = None, attempt: int = 1, unanswered: bool = False
) -> CallResult:
    story, call = opened(tool, doubt=doubt, attempt=attempt, unanswered=unanswered)
    return await Write(around.world, OFFICE, story.session, call, story.at).outcome()
