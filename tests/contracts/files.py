"""The workflow files of the repository, for tests that hold of all of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from pointsman.contracts.codes import RULES
from pointsman.contracts.codes.examples import completed

ROOT = Path(__file__).parents[2]
FOLDERS = ("gallery", "docs", "tests")


def workflow_files() -> list[Path]:
    """Every workflow of the gallery, the documentation and the tests: a YAML file that names itself one."""
    found = (path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.yaml")))
    return [path for path in found if "\nworkflow: " in "\n" + path.read_text(encoding="utf-8")]


FILES = workflow_files()
ALL_FILES = [pytest.param(path, id=str(path.relative_to(ROOT))) for path in FILES]
EXAMPLES = {
    f"{code} {kind}": completed(getattr(rule, kind)) for code, rule in RULES.items() for kind in ("wrong", "right")
}
"""The examples of the codes, as whole files."""
