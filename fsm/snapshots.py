"""A session as text and back: what a store keeps of it for speed. The fold of its facts gives the same text.

The text is canonical, the same on every machine, so that two sessions are equal when their texts are.
"""

from __future__ import annotations

import json

from pydantic import TypeAdapter

from pointsman.contracts.values import canonical

from .session import Provenance, Session

_SESSION = TypeAdapter(Session)
_PROVENANCE = TypeAdapter(Provenance)


def snapshot(session: Session) -> str:
    """Give the canonical text of a session, the same on every machine.

    A fact gives all the fields it wrote the same provenance, so that is written once for each fact.
    """
    fields: dict[int, list[str]] = {}
    for name, provenance in session.provenance.items():
        fields.setdefault(provenance.revision, []).append(name)
    value = _SESSION.dump_python(session, exclude={"provenance"}, exclude_defaults=True)
    value["written"] = [
        {**_PROVENANCE.dump_python(session.provenance[names[0]], exclude_defaults=True), "fields": sorted(names)}
        for _, names in sorted(fields.items())
    ]
    return canonical(value)


def restore(text: str) -> Session:
    """Read a snapshot back. The inverse of `snapshot`."""
    value = json.loads(text)
    provenance: dict[str, Provenance] = {}
    for written in value.pop("written"):
        names = written.pop("fields")
        provenance.update(dict.fromkeys(names, _PROVENANCE.validate_python(written)))
    value["provenance"] = provenance
    return _SESSION.validate_python(value)
