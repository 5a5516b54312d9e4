"""What the journeys share."""

from pathlib import Path

import pytest

from tests.journeys.plays import Theatre


@pytest.fixture
def theatre(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Theatre:
    return Theatre(tmp_path, monkeypatch)
