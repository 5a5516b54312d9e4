"""What `pointsman demo --faults` shows: the ERP has posted a route, and its answer never comes.

The ERP is a careless one as well: whatever were sent a second time without its key would be seen as a second posting.
"""

from __future__ import annotations

from typing import Final

from .erp_faults import faults_file
from .store import postings

EXPLANATION: Final = (
    "The ERP is a server process of its own, and it is made to fail: it posts the approved route, and its answer never "
    "comes. It would also post twice whatever it is told twice. Pointsman has written down what it was about to do "
    "before it did it. After the ten seconds that the workflow gives the ERP, the write is in doubt. It is not "
    "repeated: the ERP is asked whether it has the route."
)
_INVOICE: Final = "INV-1003"


def switch_on() -> None:
    """Let the next posting be written and never answered, and the ERP post again what it is told again."""
    file = faults_file()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("once post_route hang after\nalways post_route again\n", encoding="utf-8")


def outside() -> str:
    """Say which postings the ERP holds, as it says itself."""
    held = postings(_INVOICE)
    number = "exactly one posting" if len(held) == 1 else f"{len(held)} postings"
    return f"The ERP's own records have {number} of {_INVOICE}: {', '.join(held)}."
