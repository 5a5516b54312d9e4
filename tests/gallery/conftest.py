"""Records of its own for every test, and the gallery's scripts as they were played."""

import os
from pathlib import Path

import pytest

from tests.gallery.plays import Repertoire


@pytest.fixture
def records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the examples' files."""
    folder = tmp_path / "records"
    monkeypatch.setenv("POINTSMAN_GALLERY_DATA", str(folder))
    return folder


@pytest.fixture
def erp_file(records: Path) -> Path:
    return records / "invoices-erp.db"


@pytest.fixture(scope="session")
def repertoire(tmp_path_factory: pytest.TempPathFactory) -> Repertoire:
    base = tmp_path_factory.getbasetemp()  # of this process, below that of all where there are several
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "played"
    shared.mkdir(exist_ok=True)
    return Repertoire(tmp_path_factory.mktemp, shared)
