"""What is kept of a refused call that belongs to no session: by the redaction of everything that is served.

Which tool was meant may be unknown, and where its arguments stand, too: the compact surface has them
one level deeper, beside `action`. So whatever might be redacted is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from pointsman.contracts.values import Json, JsonObject
from pointsman.contracts.workflow import Workflow
from pointsman.fsm.redaction import REDACTED, kept_of_refused

_ACTION: Final = "action"
_INNER: Final = "arguments"


def kept_of_stray(workflows: Iterable[Workflow], action: str, arguments: Mapping[str, Json]) -> JsonObject:
    """Give the arguments of such a call as they are kept."""
    kept = dict(arguments)
    named = kept.get(_ACTION)
    for workflow in workflows:
        kept = kept_of_refused(workflow, action, kept)
        if _INNER in kept:
            kept[_INNER] = _inner(workflow, named if isinstance(named, str) else action, kept[_INNER])
    return kept


def _inner(workflow: Workflow, action: str, arguments: Json) -> Json:
    if isinstance(arguments, dict):
        return kept_of_refused(workflow, action, arguments)
    redacts = any(path[0] == "args" for policy in workflow.tools.values() for path in policy.redact)
    return REDACTED if redacts and arguments is not None else arguments
