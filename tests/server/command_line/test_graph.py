"""`pointsman graph`, as the user runs it."""

import re

from tests.server.command_line.story import awaiting_boss
from tests.server.command_line.terminal import Shell


def test_a_workflow_is_drawn_as_mermaid_dot_and_svg(shell: Shell) -> None:
    assert shell.run("graph", "purchase.yaml").stdout.startswith("flowchart TD\n")
    assert shell.run("graph", "purchase.yaml", "--format", "svg").stdout.startswith("<svg ")
    assert shell.run("graph", "purchase.yaml", "--format", "dot").stdout.startswith('digraph "purchase" {')


def test_the_state_of_a_session_and_the_way_it_has_taken_are_marked(shell: Shell) -> None:
    session = awaiting_boss(shell)
    drawn = shell.run("graph", "purchase.yaml", "--session", session).stdout
    assert "class s_awaiting_boss now" in drawn
    (visited,) = re.findall(r"class (\S+) visited", drawn)
    assert set(visited.split(",")) == {"s_drafting", "s_awaiting_boss"}
    assert len(re.findall(r"stroke-width:5px", drawn)) == 2  # the state's border, and the arrow to it
    picture = shell.run("graph", "purchase.yaml", "--session", session, "--format", "svg").stdout
    assert picture.count('class="here now"') == 1


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
