"""The invoice workflow, loaded once."""

import pytest

from pointsman.contracts.loading import load
from pointsman.contracts.workflow import Workflow
from tests.contracts.invoice import FILE, TEXT


@pytest.fixture(scope="session")
def invoice() -> Workflow:
    return load(TEXT.encode(), FILE)
