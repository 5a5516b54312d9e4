"""Which records a command asks: what is said last and nearest counts, and two places are none."""

from __future__ import annotations

from contextlib import closing

import click
import pytest
from click.testing import CliRunner

from pointsman.server.command_line.failures import WrongUsage
from pointsman.server.command_line.records.choosing import changes_records, reads_records
from pointsman.server.command_line.records.local import LocalRecords
from pointsman.server.command_line.records.port import Records
from pointsman.server.command_line.records.remote import RemoteRecords

FAR = "https://pointsman.example"


@click.command()
@reads_records
def look(records: Records) -> None:
    click.echo(_named(records))


@click.command()
@changes_records
def act(records: Records) -> None:
    click.echo(_named(records))


def _named(records: Records) -> str:
    if isinstance(records, LocalRecords):
        return f"{records.database} with {records.token}"
    assert isinstance(records, RemoteRecords)
    return "server"


@pytest.mark.parametrize(
    ("words", "environment", "chosen"),
    [
        ([], {}, "None with None"),
        (["--server", FAR], {}, "server"),
        (["--server", FAR], {"POINTSMAN_DATABASE": "x"}, "server"),
        ([], {"POINTSMAN_SERVER": FAR}, "server"),
        (["--database", "x"], {"POINTSMAN_SERVER": FAR}, "x with None"),
        (["--database", "x"], {"POINTSMAN_TOKEN": "t"}, "x with None"),
    ],
)
def test_the_command_line_goes_before_the_environment(
    words: list[str], environment: dict[str, str], chosen: str
) -> None:
    done = CliRunner().invoke(look, words, env=environment)
    assert done.output == f"{chosen}\n"


@pytest.mark.parametrize("source", ["option", "environment"])
def test_a_token_is_that_of_a_person_who_acts_on_a_database(source: str) -> None:
    words, environment = (["--token", "t"], {}) if source == "option" else ([], {"POINTSMAN_TOKEN": "t"})
    assert CliRunner().invoke(act, [*words, "--database", "x"], env=environment).output == "x with t\n"


@pytest.mark.parametrize(
    ("words", "environment", "told"),
    [
        (["--server", FAR, "--database", "x"], {}, "name two places"),
        ([], {"POINTSMAN_SERVER": FAR, "POINTSMAN_DATABASE": "x"}, "name two places"),
        (["--server", "http://pointsman.example"], {}, "not encrypted"),
        (["--server", "pointsman.example"], {}, "no address of a server"),
        (["--token", "t"], {}, "--token goes with --server"),
    ],
)
def test_what_cannot_be_meant_is_wrong_usage(words: list[str], environment: dict[str, str], told: str) -> None:
    done = CliRunner().invoke(look, words, env=environment)
    assert done.exit_code == 2
    assert told in done.output


def test_a_server_starts_what_it_serves_and_no_file() -> None:
    with closing(RemoteRecords(FAR, "t")) as records, pytest.raises(WrongUsage, match="is a file"):
        records.start(__file__, lambda _schema: {})
