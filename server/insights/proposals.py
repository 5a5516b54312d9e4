"""What an agent or a model proposes, and the verdict of the people who decided about it.

A proposal is an accepted event of an agent or a model. It *stands* until a person has decided, and of a state only the
last one does: the proposals that stand are those whose confidences make the confidence of the path.

A decision judges what stands, by rules that hold for any workflow:

- A proposal is `changed` where the reviewer edited a value that it had written, whatever comes next.
- From the decision on, the session is followed for as long as the server alone moves it, by `next`. Where it comes to a
  final state that is no success, the last proposal that stands is `rejected`; the earlier ones were not what was
  decided about, and have no verdict. Where it comes back to a state of an agent or a model in which it was before, and
  has written nothing on the way, the proposal of that state is `rejected`, with all that were built on it; after a
  state without one that stands, everything is.
- Where it comes to a person first, at once or by way of the outside, that person's decision counts instead.
- Everything else is `accepted`: the work goes on, ends in success, or is stopped by something that is not the
  reviewer's (a step that failed, a timer, an event from outside).

Where nobody has decided, or a session is cancelled or restarted before it is clear, there is no verdict.

A call of a tool that an `approval` puts before a person is no proposal of an event: it is judged by itself, by whoever
approves or rejects it, and by nobody where it lapses.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Generic, Literal, NamedTuple, TypeAlias, TypeVar

from pointsman.contracts.values import Json, JsonObject
from pointsman.fsm.facts import FactKind

from ..store.histories import Line

Label: TypeAlias = Literal["accepted", "changed", "rejected"]
CallLabel: TypeAlias = Literal["call_approved", "call_rejected"]
"""What a person made of a call that waited for them. One that lapsed, or ended with its stay, has no label."""

KINDS: Final[tuple[FactKind, ...]] = ("accepted", "decided", "entered", "intended", "admin")
"""The rows that verdicts are read from."""
_WORKERS: Final = frozenset({"agent", "model"})
_ESCALATED: Final = frozenset({"below", "differ"})
"""Why a state is entered that looks at a step instead of what would follow."""
_CALL_LABELS: Final[dict[str | None, CallLabel]] = {"approved": "call_approved", "rejected": "call_rejected"}

G = TypeVar("G")


class Verdict(NamedTuple):
    """What people made of a proposal, and the decision that says so."""

    label: Label
    decision: Line


@dataclass(slots=True)
class Proposal(Generic[G]):
    """An accepted event of an agent or a model.

    `given` is what whoever follows the session keeps beside it. `escalated` says that a floor of confidence, or
    a second reading that differs, sent it to a person; `edits` are the fields of it that reviewers changed, with their
    values since.
    """

    line: Line
    given: G
    escalated: bool = False
    edits: dict[str, Json] = field(default_factory=dict[str, Json])
    edited_by: set[int] = field(default_factory=set[int])
    """The rows of the decisions with these edits."""
    verdict: Verdict | None = None


def is_proposal(line: Line) -> bool:
    """Whether a row is an event of an agent or a model that was taken, and not one said once more."""
    return line.kind == "accepted" and line.outcome == "done" and line.actor_kind in _WORKERS


def is_asked(line: Line) -> bool:
    """Whether a row is a call of an agent or a model that was put before a person."""
    return line.outcome == "waiting" and line.kind == "intended" and line.actor_kind in _WORKERS


def is_held(line: Line) -> bool:
    """Whether a row is an event that waits for a second reading, or is one."""
    return line.outcome == "held" and line.kind == "accepted"


def call_label(line: Line) -> CallLabel | None:
    """Say what a decision has made of a call that waited for it; None of any other row."""
    return _CALL_LABELS.get(line.outcome) if line.kind == "decided" else None


@dataclass(slots=True)
class Turns:
    """Who acts in a stay: the last answers of models, by the reading that they are of, and an event that is held."""

    answers: dict[int, JsonObject] = field(default_factory=dict[int, JsonObject])
    last: JsonObject = field(default_factory=dict[str, Json])
    held: Line | None = None

    def take(self, line: Line) -> None:
        """Take a row of the kind `model`, or an event that is held as the first of two readings.

        Nothing comes of an answer that was late, or of a question that failed.
        """
        if line.kind != "model":
            self.held = self.held or line
            return
        if line.outcome != "done":
            return
        reading = line.body.get("reading", 1)
        self.last = line.body
        if isinstance(reading, int):
            self.answers[reading] = line.body

    def of(self, line: Line) -> JsonObject:
        """Give the answer that an event or a refused call comes from; nothing where no model has wanted it.

        An event that two readings agree on is the first one's, whatever the second was.
        """
        of_model = line.actor_kind == "model"
        if not of_model and not line.command.startswith("turn:"):
            return {}
        if "readings" in line.body:
            return self.answers.get(1, {}) if of_model else {}
        return self.last

    def client_of(self, line: Line) -> str | None:
        """Give the client of an event; of two readings it is the first one's, though the second may come by none."""
        return self.held.client if self.held is not None and is_proposal(line) else line.client


class Following(Generic[G]):
    """Follows one session through its rows, and judges what was proposed in it."""

    def __init__(self) -> None:
        self._standing: dict[str, Proposal[G]] = {}
        self._visited: set[str] = set()
        self._sent: Proposal[G] | None = None
        self._decision: Line | None = None
        self._wrote = self._left_to_others = self._handed_on = False

    def propose(self, line: Line, given: G) -> Proposal[G]:
        """Take a proposal. Its verdict stands in it as soon as there is one; it may have been superseded by then."""
        state = line.state_before or ""
        self._standing.pop(state, None)  # so that the order is that of the last ones
        self._standing[state] = self._sent = proposal = Proposal(line, given)
        return proposal

    def follow(self, line: Line) -> list[Proposal[G]]:
        """Take any other row of `KINDS`, and give the proposals that have their verdict now."""
        match line.kind:
            case "decided" if line.outcome == "done":
                self._decided(line)
            case "entered":
                return self._entered(line)
            case "accepted" if line.actor_kind == "external":
                self._left_to_others = True
            case "intended" if self._decision is not None and not self._wrote:
                call = line.body.get("call")
                self._wrote = isinstance(call, dict) and call.get("effect") == "write"
            case "admin" if line.body.get("act") in {"cancelled", "restarted"}:
                self._close()
            case _:
                pass
        return []

    def _decided(self, line: Line) -> None:
        if not self._standing:
            return
        self._decision, self._wrote, self._left_to_others, self._handed_on = line, False, False, False
        edits = line.body.get("edits")
        for name, edit in edits.items() if isinstance(edits, dict) else ():
            proposal = self._written(name, edit) if isinstance(edit, dict) else None
            if proposal is not None and isinstance(edit, dict):
                proposal.edits[name] = edit.get("after")
                proposal.edited_by.add(line.revision)

    def _written(self, name: str, edit: JsonObject) -> Proposal[G] | None:
        """Give the proposal that wrote a value which a reviewer has edited, if one that stands did."""
        revision = edit.get("revision")
        for proposal in reversed(self._standing.values()):
            writes = proposal.line.body.get("writes")
            mine = isinstance(writes, dict) and name in writes
            if mine and revision in {None, proposal.line.revision, *proposal.edited_by}:  # older rows do not say whose
                return proposal
        return None

    def _entered(self, line: Line) -> list[Proposal[G]]:
        because, actor, state = line.body.get("because"), line.body.get("actor"), line.state_after or ""
        if self._sent is not None:
            self._sent.escalated, self._sent = because in _ESCALATED, None
        judged: list[Proposal[G]] = []
        if self._decision is not None:
            self._left_to_others |= because != "next"
            self._handed_on |= actor == "human"
            if actor == "final" or actor in _WORKERS:
                judged = self._judged(self._decision, line)
                self._close()
        if actor == "final":
            self._close()
        if actor in _WORKERS:
            self._visited.add(state)
        return judged

    def _judged(self, decision: Line, line: Line) -> list[Proposal[G]]:
        standing = [*self._standing.values()]
        verdicts: list[Label | None] = ["accepted"] * len(standing)
        if self._handed_on:
            verdicts = [None] * len(standing)
        elif self._left_to_others:
            pass
        elif line.body.get("actor") == "final":
            if line.body.get("ending") != "success":
                verdicts = [*[None] * (len(standing) - 1), "rejected"]
        elif line.state_after in self._visited and not self._wrote:
            first = [*self._standing].index(line.state_after) if line.state_after in self._standing else 0
            verdicts = ["accepted" if place < first else "rejected" for place in range(len(standing))]
        for proposal, verdict in zip(standing, verdicts, strict=True):
            label: Label | None = "changed" if proposal.edits else verdict
            proposal.verdict = None if label is None else Verdict(label, decision)
        return [proposal for proposal in standing if proposal.verdict is not None]

    def _close(self) -> None:
        self._standing = {}
        self._decision = self._sent = None
