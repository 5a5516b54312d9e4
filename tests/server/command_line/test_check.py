import json

from tests.server.command_line.terminal import Shell


def test_a_sound_file_exits_0(shell: Shell) -> None:
    done = shell.run("check", "purchase.yaml")
    assert (done.code, done.stdout) == (0, "purchase.yaml: nothing found.\n")


def test_faults_of_several_files_are_found_at_their_lines_in_one_run(shell: Shell) -> None:
    sound = (shell.place / "purchase.yaml").read_text()
    (shell.place / "first.yaml").write_text(sound.replace("next: awaiting_boss", "next: awaiting_bos"))
    (shell.place / "second.yaml").write_text(sound.replace("role: boss", "role: bos"))
    done = shell.run("check", "first.yaml", "purchase.yaml", "second.yaml")
    assert done.code == 1
    assert "first.yaml:24:" in done.stdout
    assert "second.yaml:29:" in done.stdout
    listed = shell.run("check", "first.yaml", "second.yaml", "--format", "json")
    assert listed.code == 1
    findings = json.loads(listed.stdout)
    assert {(one["file"], one["line"]) for one in findings} >= {("first.yaml", 24), ("second.yaml", 29)}
    assert {"file", "line", "column", "code", "message", "hint"} <= set(findings[0])


def test_a_warning_alone_exits_0_and_1_where_it_is_strict(shell: Shell) -> None:
    file = shell.place / "purchase.yaml"
    file.write_text(file.read_text().replace("      due: {in: 2d, then: dropped}\n", ""))
    done = shell.run("check", "purchase.yaml")
    assert done.code == 0
    assert "warning" in done.stdout
    assert shell.run("check", "purchase.yaml", "--strict").code == 1


def test_what_a_file_says_cannot_steer_the_terminal(shell: Shell) -> None:
    (shell.place / "evil.yaml").write_text("workflow: purchase\n\x1b[2J: \u202e\n")
    done = shell.run("check", "evil.yaml")
    assert done.code == 1
    assert "\x1b" not in done.stdout
    assert "\u202e" not in done.stdout


def test_what_is_no_file_is_not_read(shell: Shell) -> None:
    """A device gives bytes for ever, and a pipe none."""
    done = shell.run("check", "/dev/zero")
    assert done.code == 2
    assert "no file" in done.stderr
