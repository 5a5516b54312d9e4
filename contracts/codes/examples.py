"""The workflow that the examples of codes are parts of."""

from __future__ import annotations

import re
from typing import Final

BASE: Final = """\
workflow: expense
version: 1
record:
  amount: {type: number}
  purpose: {type: string}
  category: {enum: [travel, meals]}
  approved: {type: boolean}
  payment: {type: object}
start: {requires: [amount, purpose]}
initial: begin
roles: [manager]
access: {view: [starter, manager]}
sources: {bank: {mcp: {command: bank-server}}}
states:
  begin: {actor: system, next: paid}
  paid: {final: success}
"""

_TOP_KEY: Final = re.compile(r'^\ufeff?"?([a-z_]+)"?:', re.MULTILINE)
_STATE: Final = re.compile(r"^  ([a-z_]+):", re.MULTILINE)


def completed(example: str) -> str:
    """Give the whole file that an example is the beginning of: what it does not say stands as in `BASE`.

    `states` is the last key of an example that has it, so that states can be added.
    """
    blocks = _blocks(BASE, _TOP_KEY)
    states = _blocks(blocks.pop("states").partition("\n")[2], _STATE)
    said = _TOP_KEY.findall(example)
    whole = example
    if "states" in said:
        own = _STATE.findall(example.partition("states:")[2])
        whole += "".join(block for name, block in states.items() if name not in own)
    else:
        blocks["states"] = "states:\n" + "".join(states.values())
    return whole + "".join(block for name, block in blocks.items() if name not in said)


def _blocks(text: str, beginning: re.Pattern[str]) -> dict[str, str]:
    """Cut a text where something begins, by the name of what begins there."""
    found = list(beginning.finditer(text))
    ends = [*(one.start() for one in found[1:]), len(text)]
    return {one[1]: text[one.start() : end] for one, end in zip(found, ends, strict=True)}
