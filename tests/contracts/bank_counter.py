"""A workflow that uses every key: a bank's counter, beside which its module, its prompt and its lock stand."""

from __future__ import annotations

from pathlib import Path

FILE = str(Path(__file__).parent / "counter" / "workflow.yaml")
TEXT = Path(FILE).read_text(encoding="utf-8")
