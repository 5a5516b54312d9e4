"""Mistakes in a workflow that uses every key, each found at its exact place and told how to be mended."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pointsman.contracts.findings import Finding
from pointsman.contracts.loading import check, load
from pointsman.contracts.positions import lines_of
from tests.contracts.bank_counter import FILE, TEXT
from tests.contracts.counter_states import LIMITS, MODELS, PEOPLE, TRIGGERS
from tests.contracts.counter_tools import APPROVALS, EVIDENCE, POLICIES, TOOLS
from tests.contracts.invoice import Mistake, found_in

MISTAKES = (*EVIDENCE, *APPROVALS, *POLICIES, *TOOLS, *LIMITS, *MODELS, *TRIGGERS, *PEOPLE)
MEANT = re.compile(r"Did you mean `([^`]+)`\?")
QUOTED = re.compile(r"`([^`]+)`")


def own_finding(mistake: Mistake) -> Finding:
    (one, *_) = [
        one for one in found_in(mistake, FILE) if one.code == mistake.code and (one.line, one.column) == mistake.place
    ]
    return one


def mended(text: str, finding: Finding, meant: str) -> str:
    """Put the name that was meant in place of the one that is quoted, at or behind the finding's place."""
    lines = list(lines_of(text))
    line = lines[finding.line - 1]
    behind = line[finding.column - 1 :]
    quoted = [name for name in QUOTED.findall(finding.message) if name in behind]
    wrong = min(quoted, key=behind.index)
    start = finding.column - 1 + behind.index(wrong)
    lines[finding.line - 1] = line[:start] + meant + line[start + len(wrong) :]
    return "\n".join(lines)


def test_the_workflow_of_every_key_is_without_faults() -> None:
    assert check(TEXT, FILE) == ()
    assert load(TEXT, FILE).name == "bank_counter"


def test_there_are_enough_of_them_and_no_two_are_the_same() -> None:
    assert len(MISTAKES) >= 80
    assert len({mistake.name for mistake in MISTAKES}) == len({mistake.text for mistake in MISTAKES}) == len(MISTAKES)


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_a_seeded_mistake_is_found_at_its_place_and_brings_no_findings_but_its_own(mistake: Mistake) -> None:
    found = found_in(mistake, FILE)
    assert mistake.place in [(one.line, one.column) for one in found if one.code == mistake.code]
    assert sorted(one.code for one in found) == sorted((mistake.code, *mistake.also))


def test_nine_in_ten_of_them_say_how_they_are_mended() -> None:
    hints = [own_finding(mistake).hint for mistake in MISTAKES]
    assert sum(hint is not None for hint in hints) >= 0.9 * len(MISTAKES)
    assert all(hint is None or hint.endswith((".", "?")) for hint in hints)


def test_the_name_that_a_hint_gives_mends_the_mistake() -> None:
    hints = {mistake: MEANT.search(own_finding(mistake).hint or "") for mistake in MISTAKES}
    near = {mistake: hint[1] for mistake, hint in hints.items() if hint is not None}
    assert len(near) >= 25
    for mistake, meant in near.items():
        left = check(mended(mistake.text, own_finding(mistake), meant), FILE)
        assert {one.code for one in left} <= {*mistake.also}, mistake.name


def test_a_prompt_that_is_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "flow"
    folder.mkdir()
    (tmp_path / "secret.md").write_text("x", encoding="utf-8")
    (folder / "sorting.md").symlink_to(tmp_path / "secret.md")
    text = TEXT.replace("prompts/sorting.md", "sorting.md")
    found = [one for one in check(text, str(folder / "workflow.yaml")) if one.code == "PM316"]
    assert [one.message for one in found] == ["`sorting.md` is a link that leads out of the folder of this file"]
