"""What guards and expressions see of a session: the names of the workflow format, built on demand.

An expression says which members it reads, and only those are built, so that a guard's cost does
not grow with the record.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pointsman.contracts.times import iso
from pointsman.contracts.values import Json, JsonObject
from pointsman.contracts.workflow import Workflow

from .session import Session


@dataclass(frozen=True, slots=True)
class SessionScope:
    """The names every expression may use, at the moment `at`.

    `extra` holds those that exist only where the expression stands: `args`, `result`, `event`, and the
    `confidence` of the event being judged.
    """

    workflow: Workflow
    session: Session
    at: int
    extra: Mapping[str, Json]

    def select(self, root: str, members: frozenset[str] | None) -> Json:
        """Give the value of a root name with only these members. Raises KeyError for an unknown root."""
        if root in self.extra:
            return _members(self.extra[root], members)
        match root:
            case "record":
                return _members(self.session.record, members)
            case "visits":
                names = self.workflow.states if members is None else members & self.workflow.states.keys()
                return {name: self.session.visits.get(name, 0) for name in names}
            case "done":
                return self._done(members)
            case "decisions":
                return self._decisions(members)
            case "path_confidence":
                return self.session.path_confidence
            case "session":
                return _members(self._session(), members)
            case _:
                raise KeyError(root)

    def _done(self, sources: frozenset[str] | None) -> JsonObject:
        calls: dict[str, JsonObject] = {}
        for name in self.workflow.tools:
            source, _, tool = name.partition(".")
            if sources is None or source in sources:
                calls.setdefault(source, {})[tool] = self._done_call(name)
        return dict(calls)

    def _done_call(self, name: str) -> JsonObject:
        call = self.session.done.get(name)
        if call is None:
            return {"count": 0}
        return {"args": call.args, "result": call.result, "at": iso(call.at), "count": call.count}

    def _decisions(self, states: frozenset[str] | None) -> JsonObject:
        return {
            state: {
                "by": decision.by,
                "event": decision.event,
                "at": iso(decision.at),
                **({} if decision.rationale is None else {"rationale": decision.rationale}),
            }
            for state, decision in self.session.decisions.items()
            if states is None or state in states
        }

    def _session(self) -> JsonObject:
        return {
            "id": self.session.id,
            "started_by": self.session.started_by,
            "client": self.session.client,
            "age_s": (self.at - self.session.started_at) // 1000,
            "workflow": self.session.workflow,
            "version": self.session.version,
        }


def _members(value: Json, members: frozenset[str] | None) -> Json:
    if members is None or not isinstance(value, dict):
        return value
    return {name: value[name] for name in members if name in value}
