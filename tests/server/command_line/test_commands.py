import sys
from pathlib import Path
from subprocess import run

import click
import pytest
from click.testing import CliRunner, Result

from pointsman.server.command_line import COMMANDS, main
from tests.server.command_line.terminal import POINTSMAN, Shell


def test_help_imports_nothing_but_click() -> None:
    """Design, section 13: `--help` within 200 ms."""
    script = (
        "import sys; from pointsman.server.command_line import main\n"
        "try: main(['--help'])\n"
        "finally: print(sorted({'rich', 'sqlalchemy', 'pydantic', 'mcp', 'asyncio', 'structlog'} & set(sys.modules)))"
    )
    done = run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("name", COMMANDS)
def test_the_table_says_of_every_command_what_its_own_help_says(name: str) -> None:
    command = main.get_command(click.Context(main), name)
    assert command is not None
    assert command.get_short_help_str(limit=200) == COMMANDS[name][1]


@pytest.mark.parametrize("name", COMMANDS)
def test_the_installed_executable_starts_every_command(name: str) -> None:
    """Most tests start commands where all is imported already (`warm`): here each one imports for itself."""
    done = run([POINTSMAN, name, "--help"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"Usage: pointsman {name} ")


def test_the_version_is_the_installed_one(shell: Shell) -> None:
    assert shell.run("--version").stdout.startswith("pointsman ")


def in_this_process(shell: Shell, *arguments: str) -> Result:
    """Faster than a process, for what ends before anything is opened."""
    return CliRunner().invoke(main, arguments, env={"POINTSMAN_DATABASE": str(shell.database)})


@pytest.mark.parametrize("arguments", [("nothing",), ("sessions", "show"), ("sessions", "list", "--limit", "0")])
def test_wrong_usage_exits_2(shell: Shell, arguments: tuple[str, ...]) -> None:
    assert in_this_process(shell, *arguments).exit_code == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ("sessions", "list"),
        ("sessions", "show", "abc"),
        ("sessions", "start", "purchase"),
        ("sessions", "cancel", "abc", "--reason", "no", "--token", "x"),
        ("review", "list"),
        ("review", "show", "abc"),
        ("review", "decide", "abc", "approve", "--token", "x"),
        ("audit", "list"),
        ("audit", "show", "abc"),
        ("audit", "verify"),
        ("audit", "replay", "abc"),
        ("token", "list"),
        ("token", "revoke", "maria", "--token", "x"),
    ],
)
def test_a_database_that_is_not_there_is_one_line_and_exit_4(shell: Shell, arguments: tuple[str, ...]) -> None:
    done = in_this_process(shell, *arguments)
    assert done.exit_code == 4
    assert done.stdout == ""
    assert done.stderr == f"Error: There is no database at {shell.database}. Name it with --database.\n"
    assert not shell.database.exists()


@pytest.mark.parametrize(
    ("database", "said"),
    [
        ("purchase.yaml", "file is not a database"),
        ("postgresql://host/name", "sqlite:///FILE"),
        (".", "directory"),
    ],
)
def test_a_database_that_cannot_be_opened_is_one_line_and_exit_4(shell: Shell, database: str, said: str) -> None:
    done = shell.run(
        "sessions", "start", "purchase.yaml", "--set", "item=pen", "--set", "amount=1", "--database", database
    )
    assert done.code == 4
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_that_is_not_there_exits_4(shell: Shell) -> None:
    for arguments in (("check", "none.yaml"), ("serve", "none.yaml")):
        done = shell.run(*arguments)
        assert done.code == 4
        assert done.stderr.splitlines()[-1] == "Error: none.yaml: No such file or directory."


def test_settings_come_from_the_option_then_the_environment_then_the_file(shell: Shell) -> None:
    (shell.place / "pointsman.toml").write_text('database = "of_the_file"\n')

    def asked(*arguments: str, env: str) -> str:
        said = shell.run("sessions", "list", *arguments, env={"POINTSMAN_DATABASE": env}).stderr
        return Path(said.partition(" at ")[2].partition(". ")[0]).name

    assert asked(env="") == "of_the_file"
    assert asked(env="of_the_environment") == "of_the_environment"
    assert asked("--database", "of_the_option", env="of_the_environment") == "of_the_option"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('databse = "x"', "databse: Unexpected keyword argument"),
        ("database = 3", "database: Input should be a valid string"),
        ('surface = "wide"', "surface: Input should be"),
        ("database = ", "pointsman.toml"),
    ],
)
def test_settings_that_cannot_be_meant_exit_2(shell: Shell, text: str, said: str) -> None:
    (shell.place / "pointsman.toml").write_text(text)
    done = shell.run("serve", "purchase.yaml", env={"POINTSMAN_DATABASE": ""})
    assert done.code == 2
    assert said in done.stderr
