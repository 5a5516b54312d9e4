"""What the scripts of the git workflow show: a public MCP server, held to a plan that a person approved."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from pointsman.server.scripts.performing import Performance
from pointsman.server.scripts.playing import Scene
from tests.gallery.plays import Repertoire

pytestmark = pytest.mark.slow

NAME = "git"


class Tampering:
    """Looks on, and changes an approved file as soon as it is approved."""

    def scene(self, scene: Scene) -> None:
        if scene.action == "approve" and scene.outcome == "done":
            repository = scene.session.record["repository"]
            assert isinstance(repository, str)
            Path(repository, "README.md").write_text("We are closed.\n")


def refused(performance: Performance) -> list[tuple[str | None, str | None]]:
    return [(row.action, row.code) for row in performance.rows if row.kind == "denied"]


def git(performance: Performance, *arguments: str) -> list[str]:
    """Ask git itself about the repository of a session."""
    session = performance.played.session
    assert session is not None
    command = ["git", "-C", str(session.record["repository"]), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()


def test_what_is_committed_is_what_was_approved_and_nothing_else(repertoire: Repertoire) -> None:
    """The demo's agent tries to commit too early, everything at once, and with another message."""
    performance = repertoire.play((NAME, "demo"))
    assert git(performance, "log", "--format=%s", "longer-hours") == ["Say that we are open until 6", "Open the shop"]
    assert git(performance, "show", "--format=", "--name-only", "longer-hours") == ["README.md"]
    assert git(performance, "log", "--format=%s", "main") == ["Open the shop"]
    assert git(performance, "status", "--porcelain") == [" M prices.txt"]


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("writes_before_approval", {"NOT_ALLOWED"}),
        ("guessing", {"NOT_ALLOWED", "INVALID_FIELDS", "GUARD_FAILED", "MISSING_FIELDS", "LIMIT_REACHED"}),
        ("files_from_elsewhere", {"INVALID_FIELDS", "GUARD_FAILED"}),
        ("another_repository", {"GUARD_FAILED"}),
        ("no_such_file", {"GUARD_FAILED"}),
        ("branch_that_is_there", {"GUARD_FAILED", "MISSING_EVIDENCE"}),
        ("deciding_its_own_plan", {"NOT_YOUR_TURN", "FORBIDDEN", "MISSING_FIELDS"}),
    ],
)
def test_an_agent_that_cheats_is_refused_and_nothing_is_committed(
    repertoire: Repertoire, script: str, expected: set[str]
) -> None:
    performance = repertoire.play((NAME, script))
    assert {code for _, code in refused(performance)} == expected
    assert git(performance, "log", "--all", "--format=%s") == ["Open the shop"]
    assert git(performance, "diff", "--cached", "--name-only") == []


class Leaving:
    """Looks on, and leaves a file that git does not know when the session starts."""

    def scene(self, scene: Scene) -> None:
        if scene.action == "git.git_diff_unstaged":
            repository = scene.session.record["repository"]
            assert isinstance(repository, str)
            Path(repository, "opening.md").write_text("Harmless.\n")


def test_a_file_that_no_diff_shows_is_not_approved_by_its_name(repertoire: Repertoire) -> None:
    performance = repertoire.play_before(Leaving(), (NAME, "no_such_file"))
    assert performance.played.faults == ()
    assert git(performance, "status", "--porcelain")[-1] == "?? opening.md"


def test_there_is_one_commit_to_a_session(repertoire: Repertoire) -> None:
    """The result of a commit that was made is given again, so a second plan would end as committed without one."""
    performance = repertoire.play((NAME, "commit_twice"))
    assert refused(performance) == [("plan_again", "GUARD_FAILED")]
    assert git(performance, "log", "--all", "--format=%s") == ["Say that we are open until 6", "Open the shop"]


def test_what_was_changed_after_the_approval_is_not_added(repertoire: Repertoire) -> None:
    """The maintainer approved the difference that they saw, not a file's name."""
    performance = repertoire.play_before(Tampering(), (NAME, "more_than_planned"))
    assert performance.played.faults != ()
    assert refused(performance)[-1] == ("git.git_add", "GUARD_FAILED")
    assert git(performance, "diff", "--cached", "--name-only") == []
