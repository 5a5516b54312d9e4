"""A place with a workflow, its tool and an empty database."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.server.command_line.terminal import Shell

HERE = Path(__file__).parent


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    for name in ("purchase.yaml", "shop.py"):
        shutil.copy(HERE / name, tmp_path / name)
    return Shell(tmp_path)
