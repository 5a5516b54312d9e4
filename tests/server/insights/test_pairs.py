"""Two readings, counted: how often they agree, where they differ, and whom people follow then."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, Final

import pytest

from pointsman.contracts.values import Json, JsonObject
from pointsman.fsm.session import Actor
from pointsman.server.application import open_application
from pointsman.server.documents.stats import document
from pointsman.server.errors import UnknownName
from pointsman.server.http.api.shapes.insights import Stats
from pointsman.server.insights.alerts import Alerts
from pointsman.server.insights.asking import StatsAsked
from pointsman.server.insights.counting import Across
from pointsman.server.insights.pairs import Followed, Pair, PairTally, pair_of
from pointsman.server.insights.shifts import pair_shift
from pointsman.server.replies import Caller
from pointsman.server.store.opening import reading
from tests.server.insights.letters import DAY_MS, T0, Letters, SetClock

EXAMPLES: Final = Path(__file__).parents[3] / "docs" / "examples"
ASKED: Final = StatsAsked(window="10d", reference="90d")
NOW_MS: Final = T0 + 10 * DAY_MS


async def read(letters: Letters, scan: str, total: float, shop: str = "CAFE CENTRAL") -> str:
    """Read a receipt. The scanner reads 6.4 off r-1, and 11 off r-2."""
    reply = await letters.application.governor.start(letters.agent, "receipt", {"scan": scan})
    session = str(getattr(reply, "session", ""))
    await letters.act(session, "scanner.text")
    await letters.act(session, "submit", shop=shop, total=total)
    return session


async def play(folder: Path) -> None:
    """Play seven receipts: two agree; of the others a person accepts, corrects, or has read again."""
    for name in ("receipt.yaml", "scanner.py"):
        shutil.copy(EXAMPLES / name, folder)
    clock, files = SetClock(), [folder / "receipt.yaml"]
    async with open_application(str(folder / "p.sqlite3"), files, clock=clock, caretaking=True) as application:
        letters = Letters(application, clock, Caller(Actor("agent", "local:ada"), "claude-ai", "mcp"))
        for _ in range(2):
            assert await letters.state(await read(letters, "r-1", 6.4)) == "booked"
        for total in (71, 11, 17):
            session = await read(letters, "r-2", 71)
            await letters.decide(session, "accept", shop="CAFE CENTRAL", total=total)
        both = await read(letters, "r-2", 71, shop="CAFE")
        await letters.decide(both, "accept", shop="CAFE CENTRAL", total=71)
        await letters.decide(await read(letters, "r-2", 71), "read_again")


def counted(folder: Path, asked: StatsAsked = ASKED) -> Any:  # noqa: ANN401 -- JSON
    with reading(folder / "p.sqlite3").connect() as connection:
        return document(connection, asked.chosen(NOW_MS), asked.alerts)


async def test_pairs_are_counted_with_their_fields_and_with_whom_people_followed(tmp_path: Path) -> None:
    await play(tmp_path)
    found = counted(tmp_path)
    (item,) = found["readings"]
    assert (item["workflow"], item["version"], item["state"]) == ("receipt", 1, "reading")
    now = item["now"]
    assert (now["pairs"], now["agreed"]["count"], now["agreed"]["of"], now["events_differ"]) == (7, 2, 7, 0)
    assert now["agreed"]["interval"] == pytest.approx([0.0822, 0.6411], abs=1e-4)
    assert {name: (one["differ"]["count"], one["differ"]["of"]) for name, one in now["fields"].items()} == {
        "shop": (1, 7),
        "total": (5, 7),
    }
    assert now["followed"] == {"first": 1, "second": 1, "each": 1, "neither": 2, "of": 5}
    assert now["agreed_and_judged"]["of"] == 0  # what two readers agree on is booked, and nobody looks
    assert item["before"]["pairs"] == 0
    assert Stats.model_validate(found).model_dump()["readings"] == found["readings"]
    (group,) = found["items"]
    assert (group["client"], group["now"]["escalation"]["count"]) == ("claude-ai", 5)


async def test_pairs_are_chosen_and_put_together(tmp_path: Path) -> None:
    await play(tmp_path)

    def pairs(**asked: Any) -> list[tuple[int | None, int]]:  # noqa: ANN401 -- members of the question
        found = counted(tmp_path, StatsAsked(window="10d", reference="90d", **asked))
        return [(one["version"], one["now"]["pairs"]) for one in found["readings"]]

    across: frozenset[Across] = frozenset({"version"})
    assert pairs(across=across) == [(None, 7)]
    assert pairs(model="claude-ai") == pairs(model="scanner.fields") == pairs(state="reading") == [(1, 7)]
    assert pairs(model="codex") == pairs(state="comparing") == []
    with pytest.raises(UnknownName):
        pairs(workflow="letters")
    before = StatsAsked(window="2020-01-01..2020-02-01", reference="2026-01-01..2027-01-01")
    assert counted(tmp_path, before)["readings"] == []


@pytest.mark.parametrize(
    ("second", "edits", "followed"),
    [
        ({"a": 2, "b": 3}, {}, "first"),
        ({"a": 2, "b": 3}, {"c": 9}, "first"),
        ({"a": 2, "b": 3}, {"a": 2.0, "b": 3}, "second"),
        ({"a": 2, "b": 3}, {"b": 3}, "each"),
        ({"a": 2, "b": 3}, {"a": 2, "b": 4}, "neither"),
        ({"a": 2}, {"b": None}, "each"),
    ],
)
def test_whom_a_person_followed_is_told_by_what_stands_then(
    second: JsonObject, edits: JsonObject, followed: Followed
) -> None:
    pair = Pair(("a", "b", "c"), ("a", "b"), events_differ=False, first={"a": 1, "b": 1}, second=second, second_by="x")
    assert pair.followed("changed" if edits else "accepted", edits) == followed
    assert pair.followed("rejected", edits) == "neither"


def test_what_both_agree_on_is_judged_apart_and_other_events_alone_follow_nobody() -> None:
    def readings(other: str, total: int) -> Json:
        first: JsonObject = {"event": "submit", "values": {"total": 1}, "by": "a"}
        second: JsonObject = {"event": other, "values": {"total": total}, "by": "b"}
        return {"fields": ["total"], "differ": [] if total == 1 else ["total"], "first": first, "second": second}

    tally = PairTally()
    for other, total in (("submit", 1), ("cannot_read", 1), ("submit", 2)):
        pair = pair_of({"readings": readings(other, total)})
        assert pair is not None
        tally.take(pair)
        tally.take_verdict(pair, "accepted", {})
    assert (tally.pairs, tally.agreed, tally.events, dict(tally.differ)) == (3, 1, 1, {"total": 1})
    assert (dict(tally.labels), dict(tally.followed)) == ({"accepted": 1}, {"first": 1})
    assert pair_of({}) is None


def test_readings_that_agree_less_than_before_raise_an_alert() -> None:
    now, before = PairTally(pairs=60, agreed=40), PairTally(pairs=200, agreed=190)
    shift = pair_shift(now, before, Alerts())
    assert (shift.measure, shift.alert) == ("agreement", True)
    assert shift.size == pytest.approx(40 / 60 - 0.95)
    assert not pair_shift(before, now, Alerts()).alert
    assert not pair_shift(now, before, Alerts(minimum=100)).enough
    assert not pair_shift(now, before, Alerts(agreement="off")).alert
