import json
import os

import pytest

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


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("/dev/zero", "This is no file."),
        ("folder.yaml", "This is no file."),
        ("pipe.yaml", "This is no file."),
        ("loop.yaml", "Too many levels of symbolic links."),
        ("missing.yaml", "No such file or directory."),
        ("n" * 300, "File name too long."),
    ],
)
def test_what_is_no_file_is_not_read(shell: Shell, name: str, said: str) -> None:
    """A device gives bytes for ever, and a pipe none."""
    (shell.place / "folder.yaml").mkdir()
    os.mkfifo(shell.place / "pipe.yaml")
    (shell.place / "loop.yaml").symlink_to("loop.yaml")
    done = shell.run("check", name)
    assert (done.code, done.stdout) == (4, "")
    assert done.stderr.startswith(f"Error: {name}: {said.removesuffix('.')}")


def test_a_file_that_cannot_be_opened_does_not_hide_what_is_in_the_others(shell: Shell) -> None:
    (shell.place / "broken.yaml").write_text("workflow: purchase\n")
    done = shell.run("check", "missing.yaml", "broken.yaml")
    assert done.code == 4
    assert "broken.yaml:1:1 PM202" in done.stdout
    assert "missing.yaml" in done.stderr


def test_standard_input_is_a_file_called_by_a_dash(shell: Shell) -> None:
    sound = (shell.place / "purchase.yaml").read_text()
    assert shell.run("check", "-", stdin=sound).code == 0
    done = shell.run("check", "-", stdin=sound.replace("role: boss", "role: bos"))
    assert done.code == 1
    assert "-:29:" in done.stdout
    assert shell.run("check", "-").code == 1


def test_without_a_file_it_is_wrong_usage(shell: Shell) -> None:
    assert shell.run("check").code == 2
    assert shell.run("check", "purchase.yaml", "--format", "xml").code == 2


def test_a_json_document_is_checked_like_the_same_yaml(shell: Shell) -> None:
    (shell.place / "w.json").write_text('{\n\t"workflow": "purchase",\n\t"versio": 1\n}\n')
    done = shell.run("check", "w.json")
    assert done.code == 1
    assert "w.json:3:2 PM201 unknown key `versio`" in done.stdout
