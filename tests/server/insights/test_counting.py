"""What is counted, of sessions that were played through the governor: every figure is worked out beside it."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from pointsman.contracts.times import iso
from pointsman.server.documents.stats import document
from pointsman.server.errors import UnknownName
from pointsman.server.insights.alerts import Alerts
from pointsman.server.insights.asking import StatsAsked
from pointsman.server.store.opening import reading
from tests.server.insights.letters import DAY_MS, T0, Letters, opened

BEFORE, NOW = (
    f"{iso(T0)[:10]}..{iso(T0 + 10 * DAY_MS)[:10]}",
    f"{iso(T0 + 10 * DAY_MS)[:10]}..{iso(T0 + 20 * DAY_MS)[:10]}",
)
SPANS = StatsAsked(window=NOW, reference=BEFORE)


def counted(folder: Path, asked: StatsAsked = SPANS) -> Any:  # noqa: ANN401 -- JSON
    with reading(folder / "p.sqlite3").connect() as connection:
        return document(connection, asked.chosen(T0 + 20 * DAY_MS), asked.alerts)


def of(found: Any, state: str) -> Any:  # noqa: ANN401 -- JSON
    (item,) = [one for one in found["items"] if one["state"] == state]
    return item


async def test_every_figure_of_a_group_is_what_was_played(tmp_path: Path) -> None:
    async with opened(tmp_path) as letters:
        letters.clock.at = T0 + 12 * DAY_MS
        await letters.decide(await letters.proposed(0.9, 0.8), "send")
        await letters.decide(await letters.proposed(0.95, 0.85), "send", answer="Better.")
        await letters.decide(await letters.proposed(1.0, 0.6), "drop")
        low = await letters.started()
        await letters.act(low, "name_topic", "refused", topic="a", confidence=0.4)  # no rationale
        await letters.act(low, "name_topic", "refused", topic=5, confidence=2, rationale="No.")
        await letters.act(low, "post.burn", "refused")
        await letters.name_topic(low, 0.4)
        await letters.decide(low, "stop")
    found = counted(tmp_path)
    reading_, answering = of(found, "reading"), of(found, "answering")
    assert (reading_["workflow"], reading_["version"], reading_["model"], reading_["client"]) == (
        "letters",
        1,
        None,
        "claude-ai",
    )
    now = reading_["now"]
    assert now["events"] == 4
    assert now["confidence"]["stated"] == 4
    assert now["confidence"]["mean"] == pytest.approx((0.9 + 0.95 + 1.0 + 0.4) / 4)
    assert now["confidence"]["bins"] == [0, 0, 0, 0, 1, 0, 0, 0, 0, 3]
    assert now["confidence"]["quantiles"] == {"p5": 0.4, "p25": 0.4, "p50": 0.9, "p75": 0.95, "p95": 1.0}
    assert now["escalation"] == {"count": 1, "of": 4, "share": 0.25}
    assert now["contract"] == {"count": 2, "of": 6, "share": pytest.approx(1 / 3), "per_event": 0.5}
    assert now["refusals"] == {"count": 3, "of": 7, "share": pytest.approx(3 / 7), "per_event": 0.75}
    acceptance = {name: now["acceptance"][name] for name in ("accepted", "changed", "rejected", "of")}
    assert acceptance == {"accepted": 2, "changed": 0, "rejected": 1, "of": 3}  # that of the dropped letter has none
    assert now["turns"] is None
    now = answering["now"]
    assert {name: now["acceptance"][name] for name in acceptance} == {
        "accepted": 1,
        "changed": 1,
        "rejected": 1,
        "of": 3,
    }
    calibration = now["calibration"]
    assert [(one["from"], one["judged"], one["agreed"]) for one in calibration["reliability"]] == [
        (0.6, 1, 0),
        (0.8, 2, 1),
    ]
    assert calibration["error"] == pytest.approx((0.6 + abs(2 * 0.825 - 1)) / 3)
    assert calibration["brier"] == pytest.approx((0.36 + 0.04 + 0.85**2) / 3)
    assert answering["before"]["events"] == 0
    assert found["alerts"] == []


async def test_events_without_confidence_are_events(tmp_path: Path) -> None:
    async with opened(tmp_path, floors=False) as letters:
        letters.clock.at = T0 + 12 * DAY_MS
        session = await letters.started()
        await letters.act(session, "name_topic", topic="prices")
        await letters.act(session, "propose", answer="It is 7.", price=7)
        await letters.decide(session, "send")
    now = of(counted(tmp_path), "answering")["now"]
    assert (now["events"], now["acceptance"]["accepted"], now["calibration"]) == (1, 1, None)
    assert now["confidence"] == {"stated": 0, "mean": None, "quantiles": None, "bins": [0] * 10}


async def test_calls_that_waited_for_a_person_are_counted_by_what_came_of_them(tmp_path: Path) -> None:
    async with opened(tmp_path) as letters:
        letters.clock.at = T0 + 12 * DAY_MS
        asked = [await letters.started() for _ in range(4)]
        for session in asked:
            await letters.name_topic(session)
            await letters.act(session, "post.pay", "waiting", sum=7)
        for session, event in zip(asked, ("approve", "approve", "reject"), strict=False):
            await letters.decide_call(session, event)
        await letters.later(asked[-1], 3 * DAY_MS)
    item = of(counted(tmp_path), "answering")
    calls = item["now"]["calls"]
    assert {name: calls[name] for name in ("asked", "approved", "rejected", "undecided")} == {
        "asked": 4,
        "approved": 2,
        "rejected": 1,
        "undecided": 1,
    }
    assert (calls["approval"]["count"], calls["approval"]["of"]) == (2, 3)
    assert (item["now"]["events"], item["now"]["acceptance"]["of"], item["before"]["calls"]) == (0, 0, None)


async def test_what_was_judged_is_told_beside_all_there_was(tmp_path: Path) -> None:
    """Three letters, of which one waits: two are judged, and one of these was sent up for want of confidence."""
    async with opened(tmp_path) as letters:
        letters.clock.at = T0 + 12 * DAY_MS
        await letters.proposed()
        await letters.decide(await letters.proposed(), "send")
        low = await letters.started()
        await letters.name_topic(low, 0.4)
        await letters.decide(low, "stop")
    acceptance = of(counted(tmp_path), "reading")["now"]["acceptance"]
    assert acceptance["judged"] == {"count": 2, "of": 3, "share": pytest.approx(2 / 3)}
    assert (acceptance["count"], acceptance["of"]) == (1, 2)
    assert (acceptance["sent_up"]["count"], acceptance["sent_up"]["of"]) == (0, 1)


async def test_rows_belong_to_the_span_they_were_written_in(tmp_path: Path) -> None:
    """Also where a person decides later, and where a session lives through both."""
    async with opened(tmp_path) as letters:
        letters.clock.at = T0 + 9 * DAY_MS
        session = await letters.started()
        await letters.name_topic(session)
        letters.clock.at = T0 + 11 * DAY_MS
        await letters.propose(session)
        letters.clock.at = T0 + 25 * DAY_MS
        await letters.decide(session, "send")
        await letters.proposed()
    found = counted(tmp_path)
    (item,) = found["items"]
    assert (item["state"], item["now"]["events"], item["now"]["acceptance"]["accepted"]) == ("answering", 1, 1)
    assert (
        counted(tmp_path, StatsAsked(window=BEFORE, reference="90d"))["items"][0]["now"]["acceptance"]["accepted"] == 1
    )


async def test_groups_are_chosen_and_put_together(tmp_path: Path) -> None:
    for client in ("claude-ai", "codex"):
        async with opened(tmp_path, client) as letters:
            letters.clock.at = T0 + 12 * DAY_MS
            await letters.proposed()

    def groups(**asked: Any) -> list[tuple[object, ...]]:  # noqa: ANN401 -- members of the question
        found = counted(tmp_path, StatsAsked(window=NOW, reference=BEFORE, **asked))
        return [(one["state"], one["client"], one["now"]["events"]) for one in found["items"]]

    assert groups(state="reading") == [("reading", "claude-ai", 1), ("reading", "codex", 1)]
    assert groups(model="codex") == [("answering", "codex", 1), ("reading", "codex", 1)]
    assert groups(across=frozenset({"model"})) == [("answering", None, 2), ("reading", None, 2)]
    assert len(groups(workflow="letters", version=1)) == 4
    unknown: tuple[dict[str, str | int], ...] = ({"workflow": "other"}, {"version": 2}, {"state": "nowhere"})
    for asked in unknown:
        with pytest.raises(UnknownName):
            groups(**asked)
    together = counted(tmp_path, StatsAsked(window=NOW, reference=BEFORE, across=frozenset({"version"})))
    assert {one["version"] for one in together["items"]} == {None}


async def test_so_many_clients_are_counted_apart_and_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pointsman.server.insights.counting.STATS_GROUPS", 2)
    for client in ("a", "b", "c", "d"):
        async with opened(tmp_path, client) as letters:
            letters.clock.at = T0 + 12 * DAY_MS
            await letters.name_topic(await letters.started())
    found = counted(tmp_path)
    assert sorted((one["client"] or "", one["now"]["events"]) for one in found["items"]) in (
        [("", 2), (one, 1), (other, 1)] for one in "abcd" for other in "abcd" if one < other
    )


async def play(letters: Letters, chance: random.Random, letters_count: int, agree: float, low: float) -> None:
    """Play letters of which reviewers take this share unchanged, and of which this share is stated as unsure."""
    for _ in range(letters_count):
        session = await letters.started()
        await letters.name_topic(session, 0.95)
        unsure = chance.random() < low
        await letters.propose(session, round(chance.uniform(0.5, 0.7) if unsure else chance.uniform(0.8, 0.95), 2))
        if chance.random() < agree:
            await letters.decide(session, "send")
        else:
            await letters.decide(session, "send", answer="Otherwise.")


async def test_a_drift_raises_its_alerts_and_no_other(tmp_path: Path) -> None:
    chance = random.Random(1)
    async with opened(tmp_path) as letters:
        await play(letters, chance, 120, agree=0.9, low=0.1)
        letters.clock.at = T0 + 12 * DAY_MS
        await play(letters, chance, 80, agree=0.5, low=0.6)
    found = counted(tmp_path)
    assert {(one["state"], one["measure"]) for one in found["alerts"]} == {
        ("answering", "confidence"),
        ("answering", "acceptance"),
        ("answering", "calibration"),
    }
    messages = {one["measure"]: one["message"] for one in found["alerts"]}
    shift = {one["measure"]: one for one in of(found, "answering")["shifts"]}
    now, before = (shift["acceptance"][one] for one in ("now", "before"))
    assert messages["acceptance"] == (
        f"letters 1, answering, claude-ai: reviewers take {now * 100:.0f} % unchanged, {before * 100:.0f} % before "
        "(of 80 and 120; by chance in less than 1 of 1,000 cases)."
    )
    assert shift["acceptance"]["size"] == pytest.approx(now - before)
    assert all(one["enough"] for one in shift.values())
    assert set(shift) == {"confidence", "escalation", "contract", "refusals", "acceptance", "calibration"}
    off = StatsAsked(window=NOW, reference=BEFORE, alerts=Alerts(confidence="off", acceptance=0.9, calibration="off"))
    assert counted(tmp_path, off)["alerts"] == []
    few = counted(tmp_path, StatsAsked(window=NOW, reference=BEFORE, alerts=Alerts(minimum=100)))
    assert few["alerts"] == []
    assert not any(one["enough"] for one in of(few, "answering")["shifts"])


async def test_the_same_behaviour_raises_no_alert(tmp_path: Path) -> None:
    chance = random.Random(2)
    async with opened(tmp_path) as letters:
        await play(letters, chance, 100, agree=0.85, low=0.1)
        letters.clock.at = T0 + 12 * DAY_MS
        await play(letters, chance, 60, agree=0.85, low=0.1)
    assert counted(tmp_path)["alerts"] == []
