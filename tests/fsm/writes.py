"""The twin of the ledger: it reads a history alone, and says of every write whether it might be made."""

from __future__ import annotations

from collections.abc import Sequence

from pointsman.contracts.workflow import Workflow
from pointsman.fsm.facts import Administered, CallResult, Fact, Intended, Settled
from pointsman.fsm.session import OpenCall, Session


def judge_writes(played: Workflow, session: Session, facts: Sequence[Fact]) -> None:
    """Design, section 6: a write happens once, and what nobody knows of is never made again blindly."""
    keys: dict[str, str] = {}
    status: dict[str, str] = {}
    done: list[str] = []
    for fact in facts:
        match fact.body:
            case Intended(call=OpenCall(key=str() as key) as call):
                _judge_intent(played, facts, call, status.get(key))
                if call.stored is None:
                    keys[call.id], status[key] = key, "intended"
            case Settled(call=str() as number) | Administered(act="settled", call=str() as number) if number in keys:
                key = keys[number]
                assert status.pop(key) in ("intended", "unknown")
                if fact.outcome != "failed":
                    status[key] = fact.outcome or ""
                done += [key] if fact.outcome == "done" else []
            case _:
                pass
    assert len(done) == len(set(done)), "a write was done twice with one key"
    for key, effect in session.effects.items():
        assert effect.status == status[key]
    forgotten = status.keys() - session.effects.keys()
    assert all(status[key] == "done" for key in forgotten), "a write in doubt was forgotten"


def _judge_intent(played: Workflow, facts: Sequence[Fact], call: OpenCall, before: str | None) -> None:
    """Judge that a call was opened, where the last write with its key has this status."""
    policy = played.tools[call.tool]
    if call.stored is not None:
        assert (before, facts[call.stored - 1].outcome, call.doubt) == ("done", "done", None)
    elif call.attempt > 1:
        assert (before, call.doubt is not None, policy.resolves_doubt) == ("intended", True, True)
    elif call.doubt is not None:
        assert (before, policy.resolves_doubt, call.redacted) == ("unknown", True, False)
    else:
        assert before is None


def stored_result(facts: Sequence[Fact], call: OpenCall, otherwise: CallResult) -> CallResult:
    """What a call gives: of one that was made before, what the fact of its revision has, as the server looks it up."""
    if call.stored is None:
        return otherwise
    body = facts[call.stored - 1].body
    assert isinstance(body, Settled | Administered)
    return CallResult("done", body.result, attempts=0)
