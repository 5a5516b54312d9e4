"""Every code that `check` gives: its title, its severity, what it means, a wrong and a right example.

The one place of a code is the module of its family. `check`, `explain`, SARIF and the documentation's page
are all made from it. A code keeps its meaning for good; one that is no longer given is not used again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .beside import BESIDE
from .graph import GRAPH
from .guards import GUARDS
from .keys import KEYS
from .names import NAMES
from .people import PEOPLE
from .rule import Rule, Severity
from .schemas import SCHEMAS
from .text import TEXT
from .tools import TOOLS
from .triggers import TRIGGERS

__all__ = ["FAMILIES", "RULES", "Rule", "Severity"]

FAMILIES: Final[Mapping[str, Mapping[str, Rule]]] = {
    "The text": TEXT,
    "Keys and values": KEYS,
    "Names": {**NAMES, **BESIDE},
    "Guards and expressions": GUARDS,
    "The graph of states": GRAPH,
    "People": PEOPLE,
    "Tools": TOOLS,
    "Schemas": SCHEMAS,
    "Triggers": TRIGGERS,
}
"""The codes by what they are about; all of a family begin with the same digit."""

RULES: Final[Mapping[str, Rule]] = {code: rule for family in FAMILIES.values() for code, rule in family.items()}
