"""A small workflow whose parts a test replaces, and what `check` finds in it."""

from __future__ import annotations

from pathlib import Path

from pointsman.contracts.findings import Finding
from pointsman.contracts.loading import check, load
from pointsman.contracts.workflow import Workflow

HEAD = """\
workflow: town
version: 1
record:
  name: {type: string}
  count: {type: integer}
  size: {type: number}
  open: {type: boolean}
  tags: {type: array, items: {type: string}}
  place: {type: object, properties: {street: {type: string}, number: {type: integer}}}
  colour: {enum: [red, green]}
  level: {enum: [1, 2]}
  mixed: {enum: [1, a]}
  fixed: {const: x}
  yes: {const: true}
  none: {enum: [null]}
  list: {const: [1]}
  map: {const: {a: 1}}
  any: {}
  maybe: {type: [string, "null"]}
start:
  requires: [name]
  accepts: [count, size, open, tags, place, colour, level, mixed, fixed, any, maybe, 'yes', none, list, map]
initial: begin
roles: [clerk]
sources: {t: {mcp: {command: town}}}
tools: {t.read: {effect: read}, t.write: {effect: write, key: {over: [a]}}}
"""

END = """\
  end: {final: success}
"""


def town(states: str, head: str = HEAD) -> str:
    """The file of a town with these states, `end` added to them."""
    return f"{head}states:\n{states}{END}"


def found(text: str, file: str = "town.yaml") -> tuple[Finding, ...]:
    """What `check` finds; unused tools and roles are of no interest here."""
    return tuple(one for one in check(text, file) if one.code not in ("PM309", "PM314"))


def codes(text: str, file: str = "town.yaml") -> list[str]:
    return [one.code for one in found(text, file)]


def guarded(guard: str) -> str:
    """A town whose only guard is this one, in block style."""
    return town(f"  begin:\n    actor: system\n    next:\n      - to: end\n        when: {guard}\n      - to: end\n")


def loaded(states: str, head: str = HEAD) -> Workflow:
    return load(town(states, head), "town.yaml")


def beside(folder: Path, **modules: str) -> str:
    """Write modules into a folder, and give the path of a workflow file that would stand there."""
    for name, text in modules.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    return str(folder / "town.yaml")
