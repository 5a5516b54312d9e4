"""`pointsman run` and `pointsman demo`, as the user runs them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.gallery.plays import missing
from tests.server.command_line.conftest import shell as shell  # noqa: PLC0414 -- a fixture is found by its name
from tests.server.command_line.terminal import Shell

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
SCRIPT = """
start: {item: pen, amount: 12}
steps:
  - {call: approve, expect: NOT_ALLOWED}
  - {call: submit, with: {note: "=record.item + ', needed'"}, state: awaiting_boss}
  - {decide: approve, rationale: Mine., as: starter, expect: FORBIDDEN}
  - {decide: approve, with: {amount: 10}, rationale: Ten will do., as: maria}
end: bought
record: {amount: 10, note: "pen, needed"}
"""


def script(shell: Shell, text: str = SCRIPT) -> Path:
    path = shell.place / "script.yaml"
    path.write_text(text)
    return path


def test_the_demo_plays_draws_and_proves_the_invoice_workflow(shell: Shell) -> None:
    done = shell.run("demo", env={"COLUMNS": "80"})

    assert done.code == 0, done.stderr
    for told in ("✗ MISSING_EVIDENCE", "✗ NOT_YOUR_TURN", "maria", "→ completed", "The audit verifies", "All 9 steps"):
        assert told in done.stdout
    assert "\x1b" not in done.stdout
    assert max(map(len, done.stdout.split("── Next")[0].splitlines())) <= 80
    assert not shell.database.exists()


@pytest.mark.slow
def test_the_demo_of_faults_shows_a_write_that_was_in_doubt_and_is_not_repeated(shell: Shell) -> None:
    """Issue 4: a timeout after a successful write, reconciled."""
    done = shell.run("demo", "--faults", env={"COLUMNS": "80"})

    assert done.code == 0, done.stderr
    story = done.stdout.split("── erp.post_route was in doubt")[1]
    for told in ("Intended by script:maria", "did not answer within 10000 ms", "so erp.find_route was asked"):
        assert told in story
    assert "Settled as done by what was answered about it; not sent again." in story
    assert "exactly one posting of INV-1003: W-000002." in story
    assert "The audit verifies" in story


@pytest.mark.slow
def test_the_demo_of_git_holds_a_public_server_to_an_approved_plan(shell: Shell) -> None:
    why = missing("git")
    if why is not None:
        pytest.skip(why)
    done = shell.run("demo", "git", env={"COLUMNS": "80"})

    assert done.code == 0, done.stderr
    for told in ("✗ NOT_ALLOWED", "✗ FORBIDDEN", "✗ GUARD_FAILED", "→ committed", "The audit verifies"):
        assert told in done.stdout


def test_a_workflow_that_shows_no_faults_is_wrong_usage(shell: Shell) -> None:
    done = shell.run("demo", "service_desk", "--faults")
    assert done.code == 2
    assert "shows no faults" in done.stderr


def test_the_demo_of_another_workflow_says_how_to_go_on_with_that_one(shell: Shell) -> None:
    done = shell.run("demo", "service_desk", env={"COLUMNS": "80"})

    assert done.code == 0, done.stderr
    assert "✗ GUARD_FAILED" in done.stdout
    following = done.stdout.split("── Next")[1]
    assert following.count("service_desk/workflow.yaml") == 3
    assert "service_desk/scripts/" in following


@pytest.mark.parametrize(
    ("name", "told"),
    [
        pytest.param(
            "invoices_by_model",
            ("✗ MISSING_EVIDENCE", "✗ NOT_ALLOWED", "✗ INVALID_FIELDS", "→ completed"),
            marks=pytest.mark.slow,
        ),
        pytest.param("leads", ("✗ GUARD_FAILED", "→ planning_a_call → call_planned"), marks=pytest.mark.slow),
        ("claims", ("0.8554 along the path", "is 0.829738, and 0.85 is demanded", "→ paid")),
        pytest.param(
            "readings",
            ("total differs: 1582.8 in the first reading, 1528.8 in the second", "→ posted"),
            marks=pytest.mark.slow,
        ),
    ],
)
def test_the_demo_of_a_workflow_in_which_a_model_acts_shows_its_answers(
    shell: Shell, name: str, told: tuple[str, ...]
) -> None:
    """Issue: each runs from start to end with the local API in `pointsman demo`; there is no key here."""
    done = shell.run("demo", name, env={"COLUMNS": "80"})

    assert done.code == 0, done.stdout + done.stderr
    for text in (*told, "claude-sonnet-5: ", "answers of models", "The audit verifies", f"demo {name} --real"):
        assert text in done.stdout
    assert max(map(len, done.stdout.split("── Next")[0].splitlines())) <= 80


def test_a_real_model_is_asked_only_with_a_key_and_where_one_acts(shell: Shell) -> None:
    without = shell.run("demo", "claims", "--real", env={"ANTHROPIC_API_KEY": ""})
    assert without.code == 4
    assert "no key" in without.stderr
    elsewhere = shell.run("demo", "invoices", "--real", env={"ANTHROPIC_API_KEY": "sk-x"})
    assert elsewhere.code == 2
    assert "No model acts in invoices" in elsewhere.stderr
    assert "sk-x" not in without.stderr + elsewhere.stderr


def test_a_name_that_the_gallery_does_not_have_is_wrong_usage(shell: Shell) -> None:
    done = shell.run("demo", "nothing")
    assert done.code == 2
    assert "invoices" in done.stderr


def test_any_workflow_is_run_from_a_script_and_its_session_kept_where_asked(shell: Shell) -> None:
    done = shell.run("run", "purchase.yaml", "--script", script(shell), "--database", shell.database)

    assert done.code == 0, done.stdout + done.stderr
    (session,) = shell.run("sessions", "list", "--json").lines
    assert session["state"] == "bought"
    decided = shell.run("audit", "list", "--kind", "decided", "--json").lines
    assert [row["actor_id"] for row in decided] == ["script:maria"]
    assert shell.run("audit", "verify").code == 0


def test_input_takes_the_place_of_the_scripts_fields(shell: Shell) -> None:
    fields = shell.place / "input.json"
    fields.write_text(json.dumps({"item": "ink"}))
    done = shell.run("run", "purchase.yaml", "--script", script(shell), "--input", fields)

    assert done.code == 1
    assert 'record.note should be "pen, needed", and is "ink, needed".' in done.stderr


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("expect: NOT_ALLOWED", "expect: done", "Step 1, approve: expected done, got NOT_ALLOWED"),
        ("state: awaiting_boss", "state: drafting", "expected the session in drafting, but it is in awaiting_boss"),
        pytest.param("end: bought", "end: dropped", "but it has ended in bought", marks=pytest.mark.slow),
        pytest.param("record.item +", "record.nothing +", "Step 2: ", marks=pytest.mark.slow),
        pytest.param("amount: 12}", "amount: -1}", "did not start: INVALID_FIELDS", marks=pytest.mark.slow),
    ],
)
def test_what_comes_out_otherwise_than_the_script_says_exits_1(shell: Shell, old: str, new: str, told: str) -> None:
    done = shell.run("run", "purchase.yaml", "--script", script(shell, SCRIPT.replace(old, new)))
    assert done.code == 1
    assert told in done.stderr


def test_without_a_script_and_without_a_key_nobody_can_be_asked(shell: Shell) -> None:
    nothing = {"ANTHROPIC_API_KEY": "", "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}
    done = shell.run("run", "purchase.yaml", env=nothing)
    assert done.code == 4
    assert "Set ANTHROPIC_API_KEY" in done.stderr


def test_faults_of_the_script_and_of_the_workflow_are_told_with_their_places(shell: Shell) -> None:
    done = shell.run("run", "purchase.yaml", "--script", script(shell, "steps: [{cal: x}]\n"))
    assert done.code == 1
    assert "script.yaml:1:9 PM203" in done.stderr

    (shell.place / "bad.yaml").write_text("workflow: bad\n")
    done = shell.run("run", "bad.yaml", "--script", script(shell))
    assert done.code == 1
    assert "bad.yaml:1:1" in done.stderr


def test_time_passes_from_timer_to_timer(shell: Shell) -> None:
    """A review is due two days after it opened, however far the clock is moved at once."""
    text = (
        SCRIPT.split("  - {decide: approve, rationale: Mine.", maxsplit=1)[0]
        + "  - {advance: 3d, state: dropped}\nend: dropped\n"
    )
    assert shell.run("run", "purchase.yaml", "--script", script(shell, text)).code == 0


def test_a_server_that_dies_is_told_with_the_end_of_its_log(shell: Shell) -> None:
    for name in ("expense.yaml", "expense.script.yaml"):
        shutil.copy(EXAMPLES / name, shell.place)
    dying = "import os, sys\ndef left() -> float:\n    print('out of steam', file=sys.stderr)\n    os._exit(3)\n"
    (shell.place / "budget.py").write_text(dying)
    done = shell.run("run", "expense.yaml", "--script", "expense.script.yaml")

    assert done.code == 4
    assert "The call of budget_left was not answered" in done.stderr
    assert "out of steam" in done.stderr
    assert "Traceback" not in done.stderr
