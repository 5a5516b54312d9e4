"""How long `check` takes for a workflow of 700 lines, and the command line for its help. Times are printed.

The aims are in design, section 13: 300 ms for 700 lines, `--help` within 200 ms. Starting Python and importing what is
needed is measured apart, because an editor or a pre-commit hook pays it with each file.
"""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from pointsman.contracts.findings import Findings
from pointsman.contracts.loading import check
from pointsman.contracts.yaml_reader import parse
from tests.contracts.invoice import FILE, TEXT
from tests.server.command_line.terminal import POINTSMAN

pytestmark = pytest.mark.benchmark

COPIES: Final = 5
ROUNDS: Final = 15
STARTS: Final = 11


def long_workflow() -> str:
    """The invoice workflow's states several times over, each time leading to the next."""
    head, _, states = TEXT.partition("\nstates:\n")
    names = re.findall(r"^  ([a-z_]+):", states, re.MULTILINE)
    word = re.compile(rf"\b({'|'.join(names)})\b")

    def copy(number: int) -> str:
        renamed = word.sub(lambda found: f"{found[1]}_{number}", states)
        leads_on = f"completed_{number}: {{actor: system, next: invoice_received_{number + 1}}}"
        done = re.compile(rf"completed_{number}: +{{final: success}}")
        return renamed if number == COPIES else done.sub(leads_on, renamed)

    head = word.sub(lambda found: f"{found[1]}_1", head)
    return f"{head}\nstates:\n" + "".join(copy(number) for number in range(1, COPIES + 1))


def spent(work: Callable[[], object], rounds: int) -> tuple[float, float]:
    """Do it several times, and give the median in milliseconds: of time that passed, and of time the processor took.

    The second hangs less on what else the machine is doing.
    """
    passed: list[float] = []
    took: list[float] = []
    for _ in range(rounds):
        before, processor = time.perf_counter(), processor_s()
        work()
        passed.append((time.perf_counter() - before) * 1000)
        took.append((processor_s() - processor) * 1000)
    return statistics.median(passed), statistics.median(took)


def processor_s() -> float:
    """Processor time of this process and of those it has waited for."""
    used = os.times()
    return time.process_time() + used.children_user + used.children_system


def started(*command: str | Path) -> Callable[[], object]:
    return lambda: subprocess.run(command, capture_output=True, check=True)


def test_check_of_700_lines_and_the_help(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = long_workflow()
    broken = text.replace("next: completed_", "next: complete_")
    assert check(text, FILE) == ()
    assert check(broken, FILE)
    file = tmp_path / "long.yaml"
    file.write_text(text)
    lines = text.count("\n")
    figures = {
        f"check of {lines} lines": spent(lambda: check(text, FILE), ROUNDS),
        "  of which reading YAML": spent(lambda: parse(text, Findings(FILE)), ROUNDS),
        "  the same with findings": spent(lambda: check(broken, FILE), ROUNDS),
        f"check of {TEXT.count(chr(10))} lines": spent(lambda: check(TEXT, FILE), ROUNDS),
        "pointsman check, the process": spent(started(POINTSMAN, "check", file), STARTS),
        "pointsman --help, the process": spent(started(POINTSMAN, "--help"), STARTS),
        "python -c pass, the process": spent(started(sys.executable, "-c", "pass"), STARTS),
    }
    with capsys.disabled():
        sys.stdout.write(
            "\n"
            + "".join(
                f"{what:32} {passed:7.1f} ms, processor {took:6.1f} ms\n" for what, (passed, took) in figures.items()
            )
        )
