"""`pointsman stats` (design, section 10; docs/stats.md)."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import asdict
from itertools import zip_longest
from pathlib import Path

import pytest

from pointsman.server.insights.alerts import Alerts
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
    assert "letters, version 1" in done.stdout
    heading = next(line for line in done.stdout.splitlines() if "sent up" in line)
    assert "who        events  sure  sent up  invalid" in heading
    row = next(line for line in done.stdout.splitlines() if line.startswith("answering"))
    assert row.split()[:3] == ["answering", "claude-ai", "60"]
    assert len(row) <= 80
    assert "Alert: letters 1, answering, claude-ai: reviewers take " in done.stdout
    assert "alerts." in done.stdout


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
        ("--window", "2026-11-01..2026-10-01"),
        ("--window", "2026-10-01..2026-11-01", "--reference", "2026-10-15..2026-12-01"),
        ("--across", "state"),
    ],
)
def test_what_cannot_be_meant_is_wrong_usage(drifted: Shell, arguments: tuple[str, ...]) -> None:
    done = drifted.run("stats", *arguments)
    assert (done.code, done.stdout) == (2, "")
    assert len(done.stderr.strip().splitlines()) <= 4


def test_nothing_at_all_is_said_to_be_nothing(drifted: Shell) -> None:
    done = drifted.run("stats", "other")
    assert (done.code, done.stdout[:16]) == (0, "Nothing was done")


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
    assert drifted.run(*asked).document["items"][0]["now"]["events"] == 130
