"""Every code is explained in one place, and its examples are what they say they are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pointsman.contracts.codes import FAMILIES, RULES
from pointsman.contracts.codes.examples import BASE, completed
from pointsman.contracts.findings import Finding
from pointsman.contracts.loading import check
from pointsman.contracts.lock import LOCK_NAME

CONTRACTS = Path(__file__).parents[2] / "contracts"
CODE = re.compile(r'"(PM[0-9]{3})"')


def given() -> set[str]:
    """The codes that the check itself names."""
    sources = (path for path in CONTRACTS.rglob("*.py") if CONTRACTS / "codes" not in path.parents)
    return {code for path in sources for code in CODE.findall(path.read_text(encoding="utf-8"))}


def checked(example: str, lock: str, folder: Path) -> tuple[Finding, ...]:
    """What is found in an example, with its lock beside it."""
    if lock:
        (folder / LOCK_NAME).write_text(lock, encoding="utf-8")
    return check(completed(example), str(folder / "example.yaml"))


def test_every_code_that_is_given_is_explained() -> None:
    unexplained = given() - RULES.keys()
    assert not unexplained, (
        f"{sorted(unexplained)}: say what it means in the module of its family in contracts/codes/, with a wrong and a"
        " right example; then: uv run pointsman explain --markdown > docs/findings.md"
    )


def test_every_code_that_is_explained_is_given() -> None:
    assert RULES.keys() - given() == set()


def test_codes_are_in_order_and_those_of_a_family_have_one_digit_in_common() -> None:
    assert list(RULES) == sorted(RULES)
    assert [len({code[:3] for code in family}) for family in FAMILIES.values()] == [1] * len(FAMILIES)
    assert all(re.fullmatch(r"PM[1-9][0-9]{2}", code) for code in RULES)


@pytest.mark.parametrize("code", RULES)
def test_its_words_are_sentences(code: str) -> None:
    rule = RULES[code]
    assert not rule.title.endswith(".")
    assert all(text[0].isupper() or text[0] == "`" for text in (rule.title, rule.meaning, rule.matters))
    assert all(text.endswith(".") and "  " not in text for text in (rule.meaning, rule.matters))


@pytest.mark.parametrize("code", RULES)
def test_its_wrong_example_gives_exactly_this_finding_in_the_lines_that_are_shown(code: str, tmp_path: Path) -> None:
    rule = RULES[code]
    found = checked(rule.wrong, rule.locks[0], tmp_path)
    assert sorted(one.code for one in found) == sorted((code, *rule.also))
    assert {one.severity for one in found if one.code == code} == {rule.severity}
    assert all(one.line <= rule.wrong.count("\n") for one in found)


@pytest.mark.parametrize("code", RULES)
def test_its_right_example_gives_no_finding(code: str, tmp_path: Path) -> None:
    assert checked(RULES[code].right, RULES[code].locks[1], tmp_path) == ()


@pytest.mark.parametrize("code", RULES)
def test_its_examples_can_be_read_at_once(code: str) -> None:
    for example in (RULES[code].wrong, RULES[code].right):
        assert example.endswith("\n")
        assert example.count("\n") <= 25
        assert all(len(line) <= 160 for line in example.splitlines())


def test_the_workflow_they_are_parts_of_is_without_faults() -> None:
    assert check(BASE, "example.yaml") == ()
    assert completed(BASE) == BASE
