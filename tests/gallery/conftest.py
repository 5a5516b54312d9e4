"""An ERP of its own for every test."""

from pathlib import Path

import pytest


@pytest.fixture
def erp_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "erp" / "invoices.db"
    monkeypatch.setenv("POINTSMAN_INVOICES_ERP", str(file))
    return file
