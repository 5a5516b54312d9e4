"""`pointsman stats` (design, section 10; docs/stats.md)."""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections import Counter
from dataclasses import asdict
from itertools import zip_longest
from pathlib import Path

import pytest

from pointsman.contracts.values import JsonObject
from pointsman.server.command_line.stats_tables import judged_in_words, print_details, print_tables
from pointsman.server.documents.stats import figures, pair_figures
from pointsman.server.insights.alerts import Alerts
from pointsman.server.insights.pairs import PairTally
from pointsman.server.insights.statistics import NO_VALUES, Judgement
from pointsman.server.insights.tallies import Tally
from pointsman.server.insights.wording import percent
from tests.server.command_line.listening import listening
from tests.server.command_line.remote import Remote, token_of
from tests.server.command_line.terminal import Shell
from tests.server.insights.letters import DAY_MS, opened
from tests.server.insights.test_counting import play


@pytest.fixture(scope="module")
def drifted(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """A database in which reviewers agreed with nine of ten, and lately with half."""
    folder = tmp_path_factory.mktemp("drifted")
    asyncio.run(_drift(folder))
    (folder / "p.sqlite3").rename(folder / "pointsman.sqlite3")
    return Shell(folder)


async def _drift(folder: Path) -> None:
    chance, now_ms = random.Random(4), time.time_ns() // 1_000_000
    async with opened(folder) as letters:
        letters.clock.at = now_ms - 50 * DAY_MS
        await play(letters, chance, 70, agree=0.9, low=0.0)
        letters.clock.at = now_ms - 5 * DAY_MS
        await play(letters, chance, 60, agree=0.5, low=0.0)


def test_a_table_says_what_was_done_and_a_sentence_what_has_changed(drifted: Shell) -> None:
    done = drifted.at_terminal("stats", columns=80)
    assert done.code == 1
    lines = re.sub(r"\x1b\[\d*m", "", done.stdout).splitlines()
    place = lines.index("letters, version 1")
    assert lines[place + 1].split() == ["events", "sure", "sent", "up", "agreed", "off", "by", "invalid"]
    assert lines[place + 2] == "answering"
    assert lines[place + 3].split()[:2] == ["claude-ai", "60"]
    assert all(len(line) <= 80 for line in lines if "lert" not in line)
    assert "agreed: what people took unchanged of the 120 events they have judged, of 120." in lines
    assert "Alert: letters 1, answering, claude-ai: reviewers take " in done.stdout
    assert "alerts." in done.stdout


def test_the_time_that_is_counted_is_told_with_its_zone(drifted: Shell) -> None:
    done = drifted.run(
        "stats", "--no-fail", "--window", "2026-01-01..2099-01-01", "--reference", "2025-01-01..2026-01-01"
    )
    assert "Counted from 2026-01-01 to 2099-01-01 UTC," in done.stdout
    assert "compared with 2025-01-01 to 2026-01-01 UTC." in done.stdout


def test_readings_calls_and_turns_have_tables_of_their_own_and_few_are_said_to_be_few(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Of one state that two act in, and of another that is read twice."""
    calls: JsonObject = {"asked": 2, "undecided": 2, "approval": {"of": 2, "share": 0.5, "interval": [0.09, 0.91]}}
    few: JsonObject = {"judged": 3, "error": 0.4}
    now: JsonObject = {**figures(Tally(events=3)), "calls": calls, "calibration": few}
    one: JsonObject = {"workflow": "w", "version": None, "state": "s", "model": None, "client": "codex", "now": now}
    pairs = PairTally(pairs=4, agreed=1, fields=Counter(a=4, b=4), differ=Counter(a=1, b=3))
    pairs.followed["first"] = 2
    twice: JsonObject = {"workflow": "w", "version": None, "state": "s", "now": pair_figures(pairs)}
    print_tables({"items": [one, {**one, "client": None}], "readings": [twice]})
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["codex", "3", "0", "%", "few", "0", "%", "0", "%"] in lines
    assert lines[lines.index(["s"]) + 2][:2] == ["(no", "name)"]
    assert ["codex", "2", "50", "%", "of", "2", "(9", "to", "91)", "2"] in lines
    assert lines[-1] == ["s", "4", "25", "%", "of", "4", "(5", "to", "70)", "b", "3,", "a", "1", "first", "2"]


def test_what_some_answers_have_cost_is_told_as_what_all_cost_at_least(capsys: pytest.CaptureFixture[str]) -> None:
    """Of the others no price is known."""
    one: JsonObject = {"workflow": "w", "version": 1, "state": "s", "client": None}
    for model, turns in (("dear", 2), ("known", 1)):
        now = figures(Tally(turns=turns, cost=NO_VALUES.with_value(0.5)))
        print_tables(
            {"items": [{**one, "actor_kind": "model", "actor_id": model, "model": model, "now": now}], "readings": []}
        )
        assert ("≥ 0.5000" in capsys.readouterr().out) == (model == "dear")


def test_a_client_whose_name_looks_like_a_table_writes_no_line_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    """A client names itself."""
    now = figures(Tally(events=3))
    one: JsonObject = {"workflow": "w", "version": None, "state": "s", "model": None, "now": now}
    print_tables({"items": [{**one, "client": f"x\n  claude-ai  80  0.99\x1b[1m{'y' * 5_000}"}], "readings": []})
    out = capsys.readouterr().out
    assert "  x\\n  claude-ai  80  0.99\\x1b[1myyyyyyy…  3 " in out
    assert "\n  claude-ai" not in out
    assert max(map(len, out.splitlines())) <= 120


@pytest.mark.parametrize(
    ("met", "said"),
    [
        ({Judgement(0.9, agreed=True): 9, Judgement(0.9, agreed=False): 1}, "agreed 0.90: no further apart"),
        ({Judgement(0.9, agreed=True): 50, Judgement(0.9, agreed=False): 50}, "agreed 0.50: too sure."),
        ({Judgement(0.5, agreed=True): 90, Judgement(0.5, agreed=False): 10}, "agreed 0.90: not sure enough."),
        ({Judgement(0.9, agreed=False): 40, Judgement(0.1, agreed=True): 40}, "right on average, and wrong in parts."),
    ],
)
def test_calibration_is_put_in_words(met: dict[Judgement, int], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = figures(Tally(judgements=Counter(met)))
    print_details({"now": found, "before": found})
    assert said in capsys.readouterr().out


@pytest.mark.parametrize(
    ("judged", "last"),
    [
        (1, "Expected calibration error: few (1 judged; below 20 it is mostly chance)."),
        (2000, "Brier score 0.360, of 2,000 judged."),
    ],
)
def test_a_calibration_of_few_is_few_and_no_line_is_wider_than_80(
    judged: int, last: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = figures(Tally(judgements=Counter({Judgement(0.6, agreed=False): judged})))
    print_details({"now": found, "before": found})
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == last
    assert max(map(len, lines)) <= 80


def test_one_event_is_no_events() -> None:
    now: JsonObject = {**figures(Tally(events=1, labels=Counter({"accepted": 1})))}
    said = judged_in_words([{"now": now}])
    assert (said or "").startswith("agreed: what people took unchanged of the 1 event they have judged, of 1.")


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.0, "0 %"),
        (0.0004, "<0.1 %"),
        (0.034, "3.4 %"),
        (0.1, "10 %"),
        (0.994, "99 %"),
        (0.996, "99.6 %"),
        (0.9996, ">99.9 %"),
        (1.0, "100 %"),
    ],
)
def test_what_is_nearly_nothing_or_nearly_all_is_not_said_to_be_it(share: float, text: str) -> None:
    assert percent(share) == text


def test_one_group_alone_is_shown_with_its_distribution_and_calibration(drifted: Shell) -> None:
    done = drifted.run("stats", "letters", "--version", "1", "--state", "answering", "--model", "claude-ai")
    for text in ("0.8 to 0.9", "95 % interval", "Expected calibration error 0.", "Brier score 0.", "of 60 judged."):
        assert text in done.stdout


def test_the_exit_code_follows_the_alerts(drifted: Shell) -> None:
    assert drifted.run("stats").code == 1
    assert "alert" in drifted.run("stats").stderr
    assert drifted.run("stats", "--no-fail").code == 0
    quiet = drifted.run("stats", "--alert", "acceptance=off", "--alert", "calibration=0.9")
    assert (quiet.code, quiet.stderr) == (0, "")
    assert "No alert: 12 measures were compared." in quiet.stdout
    few = drifted.run("stats", "--alert", "minimum=100")
    assert few.code == 0
    assert "12 measures rest on fewer than 100, now or before, and cannot be judged." in few.stdout


def test_thresholds_are_those_of_the_file_of_settings_unless_others_are_said(drifted: Shell) -> None:
    settings = drifted.place / "pointsman.toml"
    settings.write_text('[stats.alerts]\nacceptance = "off"\ncalibration = "off"\n')
    assert drifted.run("stats").code == 0
    assert drifted.run("stats", "--alert", "acceptance=0.1").code == 1
    for text in ("[stats.alerts]\nacceptance = 0\n", "[stats.alerts]\nspeed = 1\n", "[stats]\nspeed = 1\n"):
        settings.write_text(text)
        assert drifted.run("stats").code == 2, text
    settings.unlink()


def test_the_page_has_settings_that_are_taken_and_the_usual_thresholds(drifted: Shell) -> None:
    page = (Path(__file__).parents[3] / "docs" / "stats.md").read_text()
    settings = drifted.place / "pointsman.toml"
    settings.write_text(page.partition("```toml\n")[2].partition("```")[0])
    thresholds = drifted.run("stats", "--json").document["thresholds"]
    settings.unlink()
    assert (thresholds["minimum"], thresholds["acceptance"], thresholds["cost"]) == (100, 0.1, "off")
    rows = [line.split("|") for line in page.splitlines() if line.startswith("| `")]
    told = {
        name.strip(): usual
        for row in rows
        if len(row) == 6
        for name, usual in zip_longest(
            row[1].replace("`", "").split(","), row[3].split(","), fillvalue=row[3].split(",")[-1]
        )
    }
    usual = {name: str(value) for name, value in asdict(Alerts()).items()}
    assert {name: told.get(name, "").strip() for name in usual} == usual


@pytest.mark.parametrize(
    "arguments",
    [
        ("--alert", "speed=1"),
        ("--alert", "cost=fast"),
        ("--alert", "minimum=1"),
        ("--alert", "minimum=off"),
        ("--alert", "chance=1"),
        ("--alert", "cost=-1"),
        ("--window", "yesterday"),
        ("--window", "2026-10-01..2026-11-01", "--reference", "2026-10-15..2026-12-01"),
        ("--across", "state"),
    ],
)
def test_what_cannot_be_meant_is_wrong_usage(drifted: Shell, arguments: tuple[str, ...]) -> None:
    done = drifted.run("stats", *arguments)
    assert (done.code, done.stdout) == (2, "")
    assert len(done.stderr.strip().splitlines()) <= 4


def test_a_span_that_ends_before_it_begins_is_said_to(drifted: Shell) -> None:
    backwards = drifted.run("stats", "--window", "2026-11-01..2026-10-01")
    assert (backwards.code, "2026-11-01..2026-10-01 ends before it begins." in backwards.stderr) == (2, True)
    nothing = drifted.run("stats", "--window", "2026-11-01..2026-11-01")
    assert (nothing.code, "ends where it begins." in nothing.stderr) == (2, True)


def test_nothing_at_all_is_said_to_be_nothing(drifted: Shell) -> None:
    spans = ("--window", "2020-01-01..2020-02-01", "--reference", "1d")
    done = drifted.run("stats", "letters", "--state", "answering", *spans)
    assert (done.code, done.stdout[:17]) == (0, "No agent and no m")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("leters",), "No session is of a workflow 'leters'. Did you mean 'letters'? There are: letters."),
        (("letters", "--version", "7"), "No session is of version 7. There are: 1."),
        (("letters", "--state", "anwsering"), "There is no state 'anwsering'. Did you mean 'answering'? There are: "),
        (("--state", "anwsering"), "Did you mean 'answering'?"),
    ],
)
def test_a_name_that_is_not_there_is_told_from_one_that_was_quiet(
    drifted: Shell, arguments: tuple[str, ...], said: str
) -> None:
    """Else a schedule with a mistyped name would never raise an alert."""
    done = drifted.run("stats", *arguments)
    assert (done.code, done.stdout) == (2, "")
    assert said in done.stderr


def test_a_server_counts_what_its_database_counts_for_those_who_may_see_it(drifted: Shell) -> None:
    asked = (
        "stats",
        "--json",
        "--no-fail",
        "--window",
        "2026-01-01..2099-01-01",
        "--reference",
        "2025-01-01..2025-06-01",
    )
    more = ("--alert", "minimum=20", "--across", "model")
    token = token_of(drifted, "maria", "editor")
    stranger = token_of(drifted, "nina", "clerk")
    with listening(drifted, "letters.yaml", "--require-token") as url:
        remote = Remote(drifted, url, token)
        assert remote.run(*asked, *more).document == drifted.run(*asked, *more).document
        assert remote.run(*asked, token=stranger).document["items"] == []
        assert remote.run("stats", "--alert", "acceptance=0.1").code == 1
        mistyped = remote.run("stats", "leters")
        assert (mistyped.code, "Did you mean 'letters'?" in mistyped.stderr) == (2, True)
        hidden = remote.run("stats", "letters", token=stranger)
        assert (hidden.code, "There are" in hidden.stderr) == (2, False)
    assert drifted.run(*asked).document["items"][0]["now"]["events"] == 130
