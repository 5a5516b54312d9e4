"""No file makes `check` raise or hang, what it finds lies inside the file, and `load` takes what it finds no error in.

A failure names the seed and the number of the case; `POINTSMAN_FUZZ_SEED=… uv run pytest -m slow
tests/contracts/test_fuzz.py` runs the same cases again, and `POINTSMAN_FUZZ_MINUTES` says for how long.
"""

from __future__ import annotations

import json
import os
import re
import signal
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from types import FrameType

import pytest

from pointsman.contracts.bounds import FINDINGS
from pointsman.contracts.findings import Finding, as_json, as_text
from pointsman.contracts.loading import InvalidWorkflow, check, load
from pointsman.contracts.positions import lines_of
from pointsman.contracts.visible import visible
from tests.contracts.files import ROOT
from tests.contracts.spoiling import spoilt

CASES = 150
PATIENCE_S = 20
RULES_OF_SURROUNDINGS = [ROOT / "contracts" / "rules" / name for name in ("files.py", "sources.py")]
OF_SURROUNDINGS = {
    code for path in RULES_OF_SURROUNDINGS for code in re.findall(r'"(PM[0-9]{3})"', path.read_text(encoding="utf-8"))
}
"""What `check_surroundings` finds beside the file and in its sources, at which loading does not look."""


@contextmanager
def patience() -> Generator[None]:
    """Interrupt what goes on for too long."""

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        raise AssertionError(f"it went on for more than {PATIENCE_S} s")

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, PATIENCE_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def judge(data: bytes, file: str) -> tuple[Finding, ...]:
    """Check one file, and demand all that must hold of any."""
    found = check(data, file)
    assert len(found) <= FINDINGS
    text = data.decode("utf-8-sig", "replace")
    lines = lines_of(text)
    for one in found:
        assert 1 <= one.line <= len(lines), one
        assert 1 <= one.column <= len(lines[one.line - 1]) + 1, one
    shown = as_text(found, {file: text})
    assert visible(shown, lines=True) == shown
    assert len(json.loads(as_json(found))) == len(found)
    loads = True
    try:
        load(data, file)
    except InvalidWorkflow:
        loads = False
    errors = [one for one in found if one.severity == "error" and one.code not in OF_SURROUNDINGS]
    assert loads is not bool(errors)
    return found


def judged(seed: int, case: int, file: str) -> tuple[Finding, ...]:
    data = spoilt(Random(f"{seed}/{case}"))
    try:
        with patience():
            return judge(data, file)
    except BaseException as error:
        error.add_note(f"seed {seed}, case {case}: tests.contracts.spoiling.spoilt(Random('{seed}/{case}'))")
        raise


def test_a_spoilt_file_is_checked_to_the_end(tmp_path: Path) -> None:
    codes = {one.code for case in range(CASES) for one in judged(1, case, str(tmp_path / "w.yaml"))}
    assert len(codes) > 15, "the files are spoilt in too few ways"


@pytest.mark.slow
def test_no_spoilt_file_is_too_much(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    seed = int(os.environ.get("POINTSMAN_FUZZ_SEED", time.time_ns()))
    end = time.monotonic() + 60 * float(os.environ.get("POINTSMAN_FUZZ_MINUTES", "0.5"))
    codes: dict[str, int] = {}
    case = clean = 0
    slowest_s = 0.0
    while time.monotonic() < end:
        before = time.monotonic()
        found = judged(seed, case, str(tmp_path / "w.yaml"))
        slowest_s = max(slowest_s, time.monotonic() - before)
        clean += not found
        for code in {one.code for one in found}:
            codes[code] = codes.get(code, 0) + 1
        case += 1
    with capsys.disabled():
        print(f"\nseed {seed}: {case} files, {clean} without findings, the slowest {slowest_s:.1f} s; {codes}")  # noqa: T201
    assert case
