"""A workflow with everything in it, whose guards have twins in Python: what the properties are tested on.

Every guard reads one field: it is true for 1, false for any other value and cannot be judged while
the field is not set. So a test can say, without CEL, where a session may have gone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pointsman.contracts.values import Json
from pointsman.contracts.workflow import HumanState

from .driver import workflow

TOWN: Final = workflow("""
    record:
      gate: {type: integer, minimum: 0, maximum: 3}
      door: {type: integer, minimum: 0, maximum: 3}
      note: {type: string, maxLength: 3}
      seen: {type: integer, maximum: 5}
      got: {}
    start: {accepts: [gate, door]}
    roles: [reviewer, chief]
    initial: gatehouse
    confidence: {floor: 0.5, path_floor: 0.3, below: review}
    limits:
      - {calls: 9, then: jail}
      - {denials: 7, then: jail}
      - {invalid: 4, then: review}
      - {steps: 25, then: jail}
      - {duration: 30d, then: ruin}
    tools:
      t.look: {effect: read}
      t.peek: {effect: read}
      t.post: {effect: write, key: {over: [x]}}
      t.deed:
        effect: write
        key: {over: [x], deliver: {argument: token}}
        reconcile: {call: t.look, with: {x: =args.x}, happened: result == 1}
      t.gift: {effect: write, key: none}
      t.stay: {effect: write, key: {over: [x], scope: stay}}
    states:
      gatehouse:
        actor: agent
        show: [gate]
        tools:
          - {use: t.look, with: {fixed: 1}, save: got, limit: 3}
          - {use: t.peek, when: record.door == 1, save: {seen: =result}}
          - {use: t.post, save: {seen: =result}}
          - t.deed
          - t.gift
          - t.stay
        failed: ruin
        unknown: doubt
        events:
          enter:
            requires: [gate]
            accepts: [note]
            evidence: [t.look]
            next:
              - {to: road, when: record.gate == 1}
              - {to: gatehouse, when: record.door == 1}
              - {to: abroad}
          ask: {confidence: off, accepts: [door], next: review}
          slip: {confidence: off, when: record.door == 1, next: works}
        limits:
          - {calls: 6, then: review}
          - {denials: 5, then: abroad}
          - {invalid: 3, then: jail}
          - {duration: 9d, then: jail}
        after: [{in: 1d, to: road, when: record.door == 1}, {in: 2d, to: review}]
      road:
        actor: system
        entry: [{set: {note: ='go'}}]
        run:
          - all:
              - {call: t.look, with: {x: 1}, save: got}
              - {call: t.deed, with: {x: =record.gate}, save: {seen: =result}}
              - set: {door: =record.gate}
          - {call: t.peek, with: {x: 2}}
        next:
          - {to: works, when: record.door == 1}
          - {to: gatehouse, when: record.gate == 1}
          - {to: abroad}
        failed: ruin
        unknown: doubt
        after: {in: 5d, to: review}
      works:
        actor: system
        run: [{set: {seen: =record.seen + 1}}, {call: t.post, with: {x: =record.seen}}]
        next: [{to: works, when: record.door == 1}, {to: gatehouse}]
        failed: review
        unknown: doubt
        limits: [{duration: 3d, then: gatehouse}]
      review:
        actor: human
        entry: [{set: {note: ='r'}}]
        failed: ruin
        review:
          role: reviewer
          exclude: [=session.started_by]
          show: [{call: t.look, with: {x: 3}, as: view}, gate, note, door]
          edit: [gate, door]
          due: {in: 2d, remind: 1d, then: chief_review}
        events:
          back: {next: [{to: gatehouse, when: record.door == 1}, {to: abroad}]}
          forth: {when: record.gate == 1, next: road}
          stop: {next: done}
      chief_review:
        actor: human
        review: {role: chief, show: [gate, got], rationale: required, due: {in: 2d, then: ruin}}
        events: {back: {accepts: [note], next: gatehouse}, stop: {next: done}}
      abroad:
        actor: external
        events:
          answered: {accepts: [gate, door], next: [{to: gatehouse, when: record.gate == 1}, {to: chief_review}]}
        after: [{in: 1d, to: done, when: record.door == 1}, {in: 3d, to: jail}]
      doubt:
        actor: human
        review: {role: chief, due: {in: 4d, then: ruin}}
        events: {clear: {next: gatehouse}}
      jail:
        actor: agent
        tools: [t.look]
        events: {plead: {next: review}, give_up: {confidence: off, next: done}}
        after: {in: 2d, to: ruin}
      done: {final: success}
      ruin: {final: failed, owner: watch}
""")

HUMAN: Final = {name for name, state in TOWN.states.items() if isinstance(state, HumanState)}

_NEXT: Final[Mapping[tuple[str, str], tuple[tuple[str, str | None], ...]]] = {
    ("gatehouse", "enter"): (("road", "gate"), ("gatehouse", "door"), ("abroad", None)),
    ("gatehouse", "ask"): (("review", None),),
    ("gatehouse", "slip"): (("works", None),),
    ("road", ""): (("works", "door"), ("gatehouse", "gate"), ("abroad", None)),
    ("works", ""): (("works", "door"), ("gatehouse", None)),
    ("review", "back"): (("gatehouse", "door"), ("abroad", None)),
    ("review", "forth"): (("road", None),),
    ("review", "stop"): (("done", None),),
    ("chief_review", "back"): (("gatehouse", None),),
    ("chief_review", "stop"): (("done", None),),
    ("abroad", "answered"): (("gatehouse", "gate"), ("chief_review", None)),
    ("doubt", "clear"): (("gatehouse", None),),
    ("jail", "plead"): (("review", None),),
    ("jail", "give_up"): (("done", None),),
}
WHEN: Final = {("gatehouse", "slip"): "door", ("review", "forth"): "gate"}
"""Guards of acceptance, judged on the record before the event's fields are written."""
TOOL_WHEN: Final = {("gatehouse", "t.peek"): "door"}
AFTER_WHEN: Final = {("gatehouse", "road"): "door", ("abroad", "done"): "door"}
LIMITS: Final = {
    "gatehouse": {"review", "abroad", "jail"},
    "works": {"gatehouse"},
}
SESSION_LIMITS: Final = {"jail", "review", "ruin"}
FAILED: Final = {"road": "ruin", "works": "review", "review": "ruin", "gatehouse": "ruin"}


def leads_to(state: str, event: str, record: Mapping[str, Json]) -> str | None:
    """Where an event, or a system state (`event` empty), leads on this record; None where it must not."""
    for target, guard in _NEXT[state, event]:
        if guard is None:
            return target
        if guard not in record:
            return None
        if record[guard] == 1:
            return target
    return None
