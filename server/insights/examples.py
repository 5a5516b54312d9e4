"""Corrections: what reviewers have made of proposals, as labelled examples.

An example says what the agent or model was given, what it proposed, and what it should have proposed in the
reviewer's eyes; so does one of a call that waited for an approval. Values are those of the audit: what a workflow
redacts was never written there.

A session is gone through twice where it has an example, and most have none: what calls have answered is only read then.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, Generic, NamedTuple, TypeAlias, TypeVar

from sqlalchemy import Connection

from pointsman.contracts.errors import PointsmanError
from pointsman.contracts.loading import load
from pointsman.contracts.values import Json, JsonObject, as_object, as_objects, canonical
from pointsman.contracts.workflow import AgentState
from pointsman.fsm.facts import FactKind

from ..bounds import EXAMPLE_BYTES, EXAMPLE_CALLS
from ..store.histories import History, HistoryFilter, Line, each_history, lines_of
from ..store.reading import definition
from .proposals import (
    KINDS,
    CallLabel,
    Following,
    Label,
    Proposal,
    Turns,
    call_label,
    is_asked,
    is_held,
    is_proposal,
)

ExampleLabel: TypeAlias = Label | CallLabel

CORRECTIONS: Final[frozenset[ExampleLabel]] = frozenset[ExampleLabel](("changed", "rejected", "call_rejected"))
EVERYTHING: Final[frozenset[ExampleLabel]] = frozenset[ExampleLabel](("accepted", "call_approved", *CORRECTIONS))
_ALL_KINDS: Final[tuple[FactKind, ...]] = (*KINDS, "started", "settled", "model")
_RESERVED: Final = frozenset({"confidence", "rationale", "alternatives"})
_ASKED: Final = frozenset({"agent", "fetch"})
_ANSWER: Final = ("result", "error")
"""What a call has answered: what there may be no room for."""

G = TypeVar("G")

_Shown: TypeAlias = dict[str, tuple[str, ...]]
"""By state, the fields of the record that its agent or model sees."""


@dataclass(frozen=True, slots=True)
class ExampleFilter:
    """Which examples are meant; there is none of a proposal whose body was erased.

    `state` is that in which was proposed. The rest is as in `HistoryFilter`; the moment is that of the proposal, or of
    the call.
    """

    histories: HistoryFilter = field(default_factory=HistoryFilter)
    state: str | None = None
    labels: frozenset[ExampleLabel] = CORRECTIONS


@dataclass(frozen=True, slots=True)
class _Given:
    """What whoever proposed had been given, and by what text of instructions."""

    values: JsonObject
    client: str | None = None
    model: Json = None
    prompt_digest: Json = None


def each_example(connection: Connection, chosen: ExampleFilter) -> Iterator[tuple[str, Iterator[JsonObject]]]:
    """Give the sessions in the order of their handles, each with its examples in the order of their decisions.

    They are made while they are gone through, once, and no more is held than what is not judged yet in one session.
    """
    texts = _Texts(connection)
    for history in each_history(connection, chosen.histories, KINDS):
        if any(_judged(history.lines, chosen, _nothing, _nothing)):
            whole = history._replace(lines=lines_of(connection, history.session, _ALL_KINDS))
            yield history.session, _examples(whole, chosen, texts)
        else:
            yield history.session, iter(())


def _nothing(_line: Line) -> None:
    """Whoever only asks whether there is an example keeps nothing."""


class _Judged(NamedTuple, Generic[G]):
    """A proposal or a call that people have judged, and the decision that says so."""

    label: ExampleLabel
    line: Line
    decision: Line
    given: G
    proposal: Proposal[G] | None = None


def _judged(
    lines: Iterator[Line], chosen: ExampleFilter, given: Callable[[Line], G], take: Callable[[Line], None]
) -> Iterator[_Judged[G]]:
    """Give what people have judged and is meant, in the order of their decisions.

    Whoever proposed or called had been `given` something; every row is handed to `take`.
    """
    following, asked = Following[G](), dict[str, tuple[Line, G]]()
    for line in lines:
        if is_proposal(line):
            following.propose(line, given(line))
        elif is_asked(line):
            asked[str(line.revision)] = line, given(line)
        elif (label := call_label(line)) is not None:
            call = asked.pop(str(line.body.get("approval")), None)
            if call is not None and _is_chosen(chosen, call[0], label, "approval"):
                yield _Judged(label, call[0], line, call[1])
        else:
            for one in following.follow(line):
                if one.verdict is not None and _is_chosen(chosen, one.line, one.verdict.label, "arguments"):
                    yield _Judged(one.verdict.label, one.line, one.verdict.decision, one.given, one)
            if line.kind == "entered":
                asked.clear()  # a call that waits ends with its stay
        take(line)


def _is_chosen(chosen: ExampleFilter, line: Line, label: ExampleLabel, needed: str) -> bool:
    since, until = chosen.histories.since, chosen.histories.until
    return (
        label in chosen.labels
        and needed in line.body
        and (chosen.state is None or line.state_before == chosen.state)
        and (since is None or line.at >= since)
        and (until is None or line.at < until)
    )


def _examples(history: History, chosen: ExampleFilter, texts: _Texts) -> Iterator[JsonObject]:
    giving = _Giving()

    def given(line: Line) -> _Given:
        return giving.given(texts.shown(line.definition), line)

    for one in _judged(history.lines, chosen, given, giving.take):
        yield _example(history, one)


def _example(history: History, one: _Judged[_Given]) -> JsonObject:
    line, decision = one.line, one.decision
    output, corrected = _call(one) if one.proposal is None else _event(line, one.label, one.proposal.edits)
    return {
        "session": history.session,
        "workflow": history.workflow,
        "version": history.version,
        "definition": line.definition,
        "state": line.state_before,
        "actor_kind": line.actor_kind,
        "actor_id": line.actor_id,
        "client": one.given.client,
        "model": one.given.model,
        "prompt_digest": one.given.prompt_digest,
        "revision": line.revision,
        "at": line.at,
        "input": one.given.values,
        "output": output,
        "label": one.label,
        "corrected": corrected,
        "edits": [] if one.proposal is None else [*one.proposal.edits],
        "escalated": one.proposal is not None and one.proposal.escalated,
        "decision": decision.action,
        "decided_in": decision.state_before,
        "decision_revision": decision.revision,
        "decided_at": decision.at,
        "reviewer": decision.body.get("person") or decision.actor_id,
        "role": decision.body.get("role"),
        "reviewer_rationale": decision.body.get("rationale"),
    }


def _event(line: Line, label: ExampleLabel, edits: JsonObject) -> tuple[JsonObject, JsonObject | None]:
    """Give an event as it was proposed, and as the reviewer would have it."""
    arguments = as_object(line.body.get("arguments"))
    payload: JsonObject = {name: value for name, value in arguments.items() if name not in _RESERVED}
    output: JsonObject = {
        "event": line.action,
        "payload": payload,
        "confidence": line.body.get("confidence"),
        "path_confidence": line.body.get("path_confidence"),
        "rationale": line.body.get("rationale"),
        "alternatives": arguments.get("alternatives"),
    }
    return output, None if label == "rejected" else {"event": line.action, "payload": {**payload, **edits}}


def _call(one: _Judged[_Given]) -> tuple[JsonObject, JsonObject | None]:
    """Give a call as it waited, with the arguments that the workflow fixes, and as the reviewer would have it."""
    asked = as_object(one.line.body.get("approval"))
    output: JsonObject = {"tool": one.line.action, "arguments": asked.get("arguments")}
    return output, None if one.label == "call_rejected" else output


@dataclass(slots=True)
class _Giving:
    """What a session holds at a moment, and what was called in its current stay."""

    start: JsonObject = field(default_factory=dict[str, Json])
    record: JsonObject = field(default_factory=dict[str, Json])
    stay: int = 0
    calls: deque[JsonObject] = field(default_factory=lambda: deque[JsonObject](maxlen=EXAMPLE_CALLS))
    opened: dict[str, Json] = field(default_factory=dict[str, Json])
    turns: Turns = field(default_factory=Turns)

    def take(self, line: Line) -> None:
        """Take a row."""
        body = line.body
        match line.kind:
            case "started":
                self.start = as_object(body.get("writes"))
            case "entered":
                self.stay += 1
                self.calls.clear()
                self.opened, self.turns = {}, Turns()
            case "intended":
                call = as_object(body.get("call"))
                if call.get("purpose") == "agent":
                    self.opened[str(call["id"])] = call.get("arguments")
            case "model":
                self.turns.take(line)
            case "accepted" if is_held(line):
                self.turns.take(line)
            case "settled" if body.get("stay") == self.stay and body.get("purpose") in _ASKED:
                self._take_call(line)
            case _:
                pass
        self.record.update(as_object(body.get("writes")))

    def given(self, shown: _Shown | None, line: Line) -> _Given:
        """Say what whoever sends this event had been given; None of what it was shown where that is not known."""
        names = None if shown is None else shown.get(line.state_before or "", ())
        values: JsonObject = {
            "start": self.start,
            "shown": None if names is None else {name: self.record[name] for name in names if name in self.record},
            "calls": [*self.calls],
            "relied_on": [one["revision"] for one in as_objects(line.body.get("calls"))],
        }
        turned = self.turns.of(line)
        return _Given(values, self.turns.client_of(line), turned.get("model"), turned.get("prompt_digest"))

    def _take_call(self, line: Line) -> None:
        """Keep a call of the stay. Where not all results have room, the last ones have it."""
        body = line.body
        arguments = body.get("arguments", self.opened.pop(str(body.get("call")), None))
        call: JsonObject = {"revision": line.revision, "tool": line.action, "arguments": arguments}
        self.calls.append({**call, "outcome": line.outcome, **{name: body[name] for name in _ANSWER if name in body}})
        left_bytes = EXAMPLE_BYTES
        for index in range(len(self.calls) - 1, -1, -1):
            answer: JsonObject = {name: self.calls[index][name] for name in _ANSWER if name in self.calls[index]}
            left_bytes -= len(canonical(answer).encode())
            if left_bytes < 0:
                kept = {name: value for name, value in self.calls[index].items() if name not in _ANSWER}
                self.calls[index] = {**kept, "left_out": True}


class _Texts:
    """Knows what the workflow texts of a database show in their states."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.shown = lru_cache(maxsize=_TEXTS)(self._shown)

    def _shown(self, digest: str) -> _Shown | None:
        """Say what is shown; None of a text that is not there, or that this program cannot read any more."""
        try:
            text = definition(self._connection, digest)
            workflow = None if text is None else load(text.text.encode(), text.path or "workflow.yaml")
        except PointsmanError:
            return None
        if workflow is None:
            return None
        return {name: state.show for name, state in workflow.states.items() if isinstance(state, AgentState)}


_TEXTS: Final = 32
