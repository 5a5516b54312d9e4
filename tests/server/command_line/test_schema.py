import json
from pathlib import Path

from click.testing import CliRunner

from pointsman.server.command_line import main

PUBLISHED = Path(__file__).parents[3] / "docs" / "workflow.schema.json"


def test_the_published_schema_is_the_one_that_is_printed() -> None:
    """Mend with: uv run pointsman schema > docs/workflow.schema.json"""
    done = CliRunner().invoke(main, ["schema"])
    assert done.exit_code == 0
    assert done.stdout == PUBLISHED.read_text(encoding="utf-8")
    assert json.loads(done.stdout)["title"] == "Pointsman workflow"
