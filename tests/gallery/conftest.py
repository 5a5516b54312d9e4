"""Records of its own for every test."""

from pathlib import Path

import pytest


@pytest.fixture
def records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the examples' files."""
    folder = tmp_path / "records"
    monkeypatch.setenv("POINTSMAN_GALLERY_DATA", str(folder))
    return folder


@pytest.fixture
def erp_file(records: Path) -> Path:
    return records / "invoices-erp.db"
