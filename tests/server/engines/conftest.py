"""Where an engine of a test has its database."""

from pathlib import Path

import pytest


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "pointsman.sqlite3"
