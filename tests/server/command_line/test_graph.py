"""`pointsman graph`, as the user runs it."""

from tests.server.command_line.story import awaiting_boss
from tests.server.command_line.terminal import Shell


def test_a_workflow_is_drawn_as_mermaid_and_as_svg(shell: Shell) -> None:
    assert shell.run("graph", "purchase.yaml").stdout.startswith("flowchart TD\n")
    assert shell.run("graph", "purchase.yaml", "--format", "svg").stdout.startswith("<svg ")


def test_the_state_of_a_session_is_marked(shell: Shell) -> None:
    session = awaiting_boss(shell)
    assert "class s_awaiting_boss now" in shell.run("graph", "purchase.yaml", "--session", session).stdout


def test_a_session_of_another_version_is_told_and_one_in_an_unknown_state_refused(shell: Shell) -> None:
    session = awaiting_boss(shell)
    file = shell.place / "purchase.yaml"
    file.write_text(file.read_text().replace("version: 1", "version: 2"))
    done = shell.run("graph", "purchase.yaml", "--session", session)
    assert "another version" in done.stderr
    assert done.code == 0

    file.write_text(file.read_text().replace("awaiting_boss", "waiting"))
    done = shell.run("graph", "purchase.yaml", "--session", session)
    assert (done.code, done.stdout) == (1, "")


def test_unknown_files_and_sessions_exit_4_and_faults_exit_1(shell: Shell) -> None:
    assert shell.run("graph", "nowhere.yaml").code == 4
    awaiting_boss(shell)
    assert shell.run("graph", "purchase.yaml", "--session", "nobody").code == 4
    (shell.place / "bad.yaml").write_text("workflow: bad\n")
    assert shell.run("graph", "bad.yaml").code == 1
