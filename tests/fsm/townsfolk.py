"""Who lives in the town, and what they ask for: the strategies of the properties."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from hypothesis import strategies as st

from pointsman.contracts.values import JsonObject
from pointsman.contracts.workflow import HumanState
from pointsman.fsm.facts import CallResult
from pointsman.fsm.session import Actor

from .driver import ADA, ADA_HERSELF, MARIA, OUTSIDE, SERVER, STRANGER
from .town import TOWN

CHIEF = Actor("human", "cleo", ("chief",))
IMPOSTOR = Actor("agent", "maria", ("reviewer", "chief"))
ACTORS = (ADA, ADA, ADA, MARIA, CHIEF, OUTSIDE, ADA_HERSELF, SERVER, STRANGER, IMPOSTOR)
EVENTS = ("enter", "ask", "slip", "back", "forth", "stop", "answered", "clear", "plead", "give_up", "nothing")
TOOLS = ("t.look", "t.peek", "t.post", "t.deed", "t.gift", "t.stay", "t.none")

small = st.integers(0, 4)
results = st.one_of(
    st.builds(CallResult, st.just("done"), st.one_of(small, st.none(), st.just("text"), st.just({"a": 1}))),
    st.builds(CallResult, st.sampled_from(["failed", "unknown"]), error=st.just("it broke")),
    st.builds(CallResult, st.just("unknown"), error=st.just("no answer"), unanswered=st.booleans()),
    st.builds(CallResult, st.just("done"), small, doubt=st.just("it broke"), reconciled=st.booleans()),
)
payloads: st.SearchStrategy[JsonObject] = st.fixed_dictionaries(
    {},
    optional={
        "gate": small,
        "door": st.integers(0, 3),
        "note": st.sampled_from(["n", "ab", "too long"]),
        "confidence": st.sampled_from([0, 0.2, 0.6, 0.9, 1, 2]),
        "rationale": st.just("because"),
    },
)
good_results = st.one_of(
    st.builds(CallResult, st.just("done"), st.integers(0, 3)),
    st.builds(CallResult, st.just("done"), st.just(1)),
    results,
)
gates = st.sampled_from([0, 1, 1, 1, 2])
confidences = st.sampled_from([0.3, 0.8, 1])
reasons = st.just("r")
SENT: Final[Mapping[str, st.SearchStrategy[JsonObject]]] = {
    "enter": st.fixed_dictionaries({"gate": gates, "confidence": confidences, "rationale": reasons}),
    "ask": st.fixed_dictionaries({}, optional={"door": gates}),
    "slip": st.just({}),
    "plead": st.fixed_dictionaries({"confidence": confidences, "rationale": reasons}),
    "give_up": st.just({}),
}
DECISIONS: Final[Mapping[str, st.SearchStrategy[JsonObject]]] = {
    "review": st.fixed_dictionaries({}, optional={"gate": gates, "door": gates}),
    "chief_review": st.just({"rationale": "r"}),
    "doubt": st.just({}),
}


def decisions_of(name: str) -> Sequence[str]:
    """The decisions of a review, the one that ends the session last."""
    state = TOWN.states[name]
    return [event for event in state.events if event != "stop"] * 3 + ["stop"] if isinstance(state, HumanState) else []
