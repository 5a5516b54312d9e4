"""The store of documents: what is in it, and that nothing else can be read through it."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest

from pointsman.gallery import path
from pointsman.gallery.invoices.documents import read
from pointsman.tools import NothingDone

FOLDER = path("invoices").parent / "documents"
NAMES = sorted(file.name for file in FOLDER.glob("*.txt"))
UNREADABLE = "inv-1007.txt"
_AMOUNT = re.compile(r"(\d[\d.,]*)\s*$")


def amount(line: str) -> Decimal:
    """The number a line ends with, in English or German notation."""
    found = _AMOUNT.search(line)
    assert found is not None, line
    digits = found[1].replace(".", "").replace(",", "")
    return Decimal(digits) / 100


def amounts(text: str, pattern: str) -> list[Decimal]:
    return [amount(line) for line in text.splitlines() if re.search(pattern, line)]


def test_there_are_at_least_eight_invoices_of_a_page_each() -> None:
    """The documents: clean, wrong total, missing order or receipt, high value, unreadable, duplicate, German."""
    assert len(NAMES) >= 8
    for name in NAMES:
        assert 20 <= len(read(name).splitlines()) <= 40


@pytest.mark.parametrize("name", [name for name in NAMES if name != UNREADABLE])
def test_a_readable_invoice_adds_up(name: str) -> None:
    text = read(name)
    lines = amounts(text, r"^ ?(?:\d +)?[A-Z]{2}-\d+ |^A ")
    (tax,) = amounts(text, r"^\s*(?:VAT(?: at)? \d+ %|zzgl\. 19 % MwSt\.)")
    (total,) = amounts(text, r"(?i)^\s*(?:total eur|invoice total|to pay|amount due|rechnungsbetrag|total \(eur\))")
    assert lines
    assert sum(lines) + (0 if "contained" in text else tax) == total


def test_an_invoice_in_another_language_keeps_its_letters() -> None:
    assert "Müller Werkzeugbau GmbH" in read("inv-1009.txt")


@pytest.mark.parametrize(
    "name",
    [
        "inv-9999.txt",
        "../erp.py",
        "../documents/inv-1001.txt",
        "/etc/passwd",
        "inv-1001.txt\n",
        "inv-1001.txt\x00",
        "..",
        "",
        "sub/inv-1001.txt",
        "İnv-1001.txt",
        "workflow.yaml",
    ],
)
def test_a_name_that_is_no_stored_document_is_refused(name: str) -> None:
    """Faults, 26: path traversal is refused."""
    with pytest.raises(NothingDone, match="There is no document with this name"):
        read(name)


def test_another_folder_may_be_named_and_its_links_lead_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "own.txt").write_bytes(b"Rechnung \xff")
    (tmp_path / "secret.txt").write_text("secret")
    (folder / "linked.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "folder.txt").mkdir()
    (folder / "long.txt").write_text("x" * (256 * 1024 + 1))
    monkeypatch.setenv("POINTSMAN_INVOICES_DOCUMENTS", str(folder))
    assert read("own.txt") == "Rechnung \ufffd"
    for name in ("linked.txt", "folder.txt", "inv-1001.txt"):
        with pytest.raises(NothingDone, match="no document"):
            read(name)
    with pytest.raises(NothingDone, match="longer than"):
        read("long.txt")
