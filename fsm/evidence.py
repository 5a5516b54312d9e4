"""Evidence: calls that must have succeeded before an event or a call is accepted.

A call that ends is put into the indexes of its tool (`indexed`), under the digest of the arguments that
some evidence asks for. Judging an event or a call looks there, once for each evidence: the newest call
that fits, or none. A session keeps a bounded number of them; one that was forgotten is missing, and the
call must be made again.

What is called later can make evidence void. That a write is going on counts as if it came later, because
nobody knows which of the two the downstream saw first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pointsman.contracts.expressions import EvaluationError
from pointsman.contracts.schemas import Unmet
from pointsman.contracts.times import iso
from pointsman.contracts.values import Json, JsonObject, canonical, digest
from pointsman.contracts.workflow import AgentState, Evidence, ToolPolicy, Workflow

from .commands import Read
from .decision import Fetch
from .facts import Indexed
from .redaction import hides_argument, kept_arguments
from .refusals import Refusal
from .remembered import CallMade, Found
from .scope import SessionScope
from .turn import Turn

WRITE = "write"
"""What `until` calls any write."""
_SHOWN_CHARACTERS = 400


@dataclass(frozen=True, slots=True)
class Proof:
    """What evidence there is: what guards see under `evidence`, or why there is not enough.

    `fetch` is set where reads of the server's own would give all that is missing. `calls` are those that were found.
    """

    seen: JsonObject = field(default_factory=dict[str, Json])
    refusal: Refusal | None = None
    fetch: tuple[Fetch, ...] = ()
    calls: tuple[CallMade, ...] = ()


@dataclass(frozen=True, slots=True)
class _Missing:
    evidence: Evidence
    arguments: JsonObject
    why: str


def prove(
    turn: Turn, what: str, evidence: tuple[Evidence, ...], extra: Mapping[str, Json], fetched: tuple[str, ...]
) -> Proof:
    """Look for the evidence of `what` (an event's or a tool's name).

    Args:
        turn: The turn in which it is judged.
        what: The event or the tool, as messages name it.
        evidence: What it needs, in the order of the file: expressions may name what stands before.
        extra: `event` or `args`, as the expressions see them.
        fetched: Names of evidence that the server has tried to fetch for this request.
    """
    seen: dict[str, Json] = {}
    calls: list[CallMade] = []
    missing: list[_Missing] = []
    fetch: list[Fetch] = []
    for one in evidence:
        try:
            scope = SessionScope(turn.workflow, turn.session, turn.command.at, {**extra, "evidence": seen})
            arguments = one.arguments.render(scope)
        except EvaluationError:
            if not fetch:  # otherwise it may rest on what is fetched now
                missing.append(_Missing(one, {}, "cannot be looked for: a value its arguments need is missing"))
            continue
        found = _newest(turn, one, arguments)
        why = _absent(turn, one) if found is None else _void(turn, one, found)
        if found is not None and why is None:
            seen[one.name] = {"args": found.args, "result": found.result, "at": iso(found.at)}
            calls.append(CallMade(one.tool, found.revision, found.at))
        elif one.fetch and one.name not in fetched:
            fetch.append(Fetch(one.name, _read(turn, one, arguments)))
        else:
            missing.append(_Missing(one, arguments, why or ""))
    if missing:
        return Proof(refusal=_refusal(turn, what, missing))
    return Proof(seen, fetch=tuple(fetch), calls=tuple(calls))


def indexed(turn: Turn, tool: str, arguments: JsonObject, result: Json, since: int) -> list[Indexed]:
    """Say where a call that has succeeded can be found as evidence.

    `since` is the session's revision when the call was permitted: what was called after that, and makes
    evidence void, may have happened before or after it, so it counts as after.
    """
    void = sorted(name for name, revision in turn.session.voids.items() if revision > since)
    entries: list[Indexed] = []
    policy = turn.workflow.tools[tool]
    for index in turn.workflow.indexes.get(tool, ()):
        if hides_argument(policy, index.names):
            continue  # the marker stands for every value, so it is evidence of none
        scope = turn.scope(args=arguments, result=result)
        if index.when is None or index.when.judge(scope).passed:
            key = digest({name: arguments[name] for name in index.names if name in arguments})
            entries.append(Indexed(index.id, key, index.within, index.keeps, void))
    return entries


def voids(workflow: Workflow, tool: str) -> list[str]:
    """Name what evidence a call of this tool makes void, whatever comes of the call."""
    policy = workflow.tools.get(tool, ToolPolicy(tool))  # without its sources it knows no tools of groups
    write = policy.effect == "write"
    return [name for name in (tool, *((WRITE,) if write else ())) if name in workflow.voiding]


def _newest(turn: Turn, evidence: Evidence, arguments: JsonObject) -> Found | None:
    """The newest call that fits: of the session, or only of this stay."""
    key = digest(arguments)
    here = turn.stay.evidence.get(evidence.index, {}).get(key)
    found = here or turn.session.evidence.get(evidence.index, {}).get(key)
    if found is not None and evidence.within == "stay" and found.stay != turn.stay.number:
        return None
    return found


def _absent(turn: Turn, evidence: Evidence) -> str:
    indexes = turn.workflow.indexes[evidence.tool]
    conditional = any(index.when is not None for index in indexes if index.id == evidence.index)
    what = "given what is asked for" if conditional else "succeeded"
    about = " with these arguments" if evidence.arguments.names else ""
    where = "state" if evidence.within == "stay" else "session"
    return f"has not {what}{about} in this {where} yet; call it first"


def _void(turn: Turn, evidence: Evidence, found: Found) -> str | None:
    """Say what has made a call void as evidence; None where it is good."""
    for name in evidence.until:
        said = "a write" if name == WRITE else f"a call of {name}"
        if any(name in (call.tool, call.effect) for call in turn.stay.open.values()):
            return f"is void while {said} is running; wait for that, then call it again"
        if name in found.void or turn.session.voids.get(name, 0) > found.revision:
            return f"was made void by {said} that came later; call it again"
    return None


def _read(turn: Turn, evidence: Evidence, arguments: JsonObject) -> Read:
    return Read(
        id=f"{turn.command.id}:fetch:{evidence.name}",
        tool=evidence.tool,
        arguments=arguments,
        stay=turn.stay.number,
        revision=turn.session.revision,
        purpose="fetch",
    )


def _refusal(turn: Turn, what: str, missing: list[_Missing]) -> Refusal:
    told = [f"{_call(turn, one)} {one.why}" for one in missing]
    unmet = tuple(
        Unmet(one.evidence.tool, text.removeprefix(f"{one.evidence.tool} "), missing=True)
        for one, text in zip(missing, told, strict=True)
    )
    return Refusal("MISSING_EVIDENCE", f"{what} needs evidence: {'; '.join(told)}.", unmet)


def _call(turn: Turn, missing: _Missing) -> str:
    """Write a call as the agent would make it: without the arguments that the state fixes."""
    tool, state = missing.evidence.tool, turn.state
    use = state.tools.get(tool) if isinstance(state, AgentState) else None
    fixed = use.fixed.names if use is not None else ()
    kept = kept_arguments(turn.workflow.tools[tool], missing.arguments)
    arguments = {name: value for name, value in kept.items() if name not in fixed}
    text = canonical(arguments) if arguments else ""
    return f"{tool} {text[:_SHOWN_CHARACTERS]}".strip()
