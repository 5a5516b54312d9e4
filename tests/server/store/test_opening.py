from __future__ import annotations

import asyncio
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from pointsman.server.errors import StoreBusy, StoreFull, StoreUnreadable
from pointsman.server.store import migrations, opening, schema
from pointsman.server.store.failures import store_errors
from pointsman.server.store.location import FILE_NAME, database_path
from pointsman.server.store.opening import open_database, open_existing, reading
from pointsman.server.store.tables import metadata


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_path_a_url_and_nothing_name_a_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert database_path(None).name == FILE_NAME
    assert tmp_path in database_path(None).parents
    assert database_path("work.sqlite3") == Path("work.sqlite3")
    assert database_path("~/work.sqlite3") == tmp_path / "work.sqlite3"
    assert database_path(tmp_path / "x") == tmp_path / "x"
    assert database_path(f"sqlite:///{tmp_path}/x") == tmp_path / "x"
    assert database_path("sqlite+pysqlite:///x") == Path("x")


@pytest.mark.parametrize(
    "url",
    ["postgresql://localhost/x", "sqlite://", "sqlite:///:memory:", "sqlite:///file:x?mode=memory&uri=true", "://"],
)
def test_a_database_that_is_no_file_is_refused(url: str) -> None:
    with pytest.raises(StoreUnreadable, match="sqlite:///FILE"):
        database_path(url)


def test_only_the_owner_may_read_what_is_made(tmp_path: Path) -> None:
    path = tmp_path / "data" / "p.sqlite3"
    engine = open_database(path)
    with engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1")
        assert {mode(file) for file in path.parent.iterdir()} == {0o600}
        assert len(list(path.parent.iterdir())) == 3
    assert mode(path.parent) == 0o700


def test_a_directory_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreUnreadable, match=r"p\.sqlite3 cannot be opened"):
        open_database(tmp_path / "file" / "p.sqlite3")


def test_an_existing_database_must_exist(tmp_path: Path) -> None:
    path = tmp_path / "p.sqlite3"
    with pytest.raises(StoreUnreadable, match="no database"):
        open_existing(path)
    assert not path.exists()
    open_database(path)
    open_existing(path)


def test_a_file_that_is_no_database_is_told_and_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("These are notes. " * 100)
    with pytest.raises(StoreUnreadable, match=r"notes\.txt"):
        open_database(path)
    assert path.read_text() == "These are notes. " * 100


def test_a_database_of_another_program_is_told_and_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "p.sqlite3"
    theirs = sqlite3.connect(path)
    theirs.execute("CREATE TABLE sessions (id)")
    theirs.close()
    with pytest.raises(StoreUnreadable, match="another program"):
        open_database(path)


def test_a_database_of_a_newer_version_is_told(tmp_path: Path) -> None:
    path = tmp_path / "p.sqlite3"
    open_database(path)
    newer = sqlite3.connect(path)
    newer.execute("UPDATE alembic_version SET version_num = 'v9999'")
    newer.commit()
    newer.close()
    with pytest.raises(StoreUnreadable, match="v9999"):
        open_database(path)


def test_the_migrations_make_the_tables_that_the_code_knows(tmp_path: Path) -> None:
    with open_database(tmp_path / "p.sqlite3").connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_every_migration_there_is_is_known() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(str(migrations.__file__)).parent))
    found = [each.revision for each in ScriptDirectory.from_config(config).walk_revisions()]
    assert tuple(reversed(found)) == schema.REVISIONS


def test_a_percent_sign_in_the_path_is_a_percent_sign(tmp_path: Path) -> None:
    open_database(tmp_path / "100%s" / "p%20.sqlite3")
    assert (tmp_path / "100%s" / "p%20.sqlite3").exists()


async def test_servers_that_open_a_new_database_at_once_all_open_it(tmp_path: Path) -> None:
    path = tmp_path / "p.sqlite3"
    await asyncio.gather(*(asyncio.to_thread(open_database, path) for _ in range(8)))
    with open_database(path).connect() as connection:
        assert schema.schema_version(connection) == schema.REVISIONS[-1]


class BusyAtFirst(sqlite3.Connection):
    """SQLite's switch to the write-ahead log does not wait where two processes make a database at once."""

    refusals = 2

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:  # noqa: ANN401 -- as the driver has it
        if "journal_mode" in sql and self.refusals:
            self.refusals -= 1
            error = sqlite3.OperationalError("database is locked")
            error.sqlite_errorcode = sqlite3.SQLITE_BUSY
            raise error
        return super().execute(sql, parameters)


def test_the_switch_to_the_write_ahead_log_is_tried_again_within_the_bound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = sqlite3.connect(tmp_path / "p.sqlite3", factory=BusyAtFirst)
    opening.use_wal(connection)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.refusals = 1
    monkeypatch.setattr(opening, "DATABASE_BUSY_MS", 0)
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        opening.use_wal(connection)
    connection.close()


def test_a_connection_of_another_driver_is_no_connection_of_the_store() -> None:
    class Pooled:
        driver_connection = None

    class Other:
        connection = Pooled()

    with pytest.raises(TypeError, match="sqlite3"):
        opening.driver(Other())  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]


def test_alembic_is_imported_only_to_make_or_change_the_schema(tmp_path: Path) -> None:
    """Design, section 13: a cold start imports nothing before it is needed."""
    path = tmp_path / "p.sqlite3"
    program = (
        "import sys; from pathlib import Path; from pointsman.server.store.opening import open_database; "
        "open_database(Path(sys.argv[1])); print('alembic' in sys.modules)"
    )
    said = [
        subprocess.run([sys.executable, "-c", program, str(path)], check=True, capture_output=True, text=True).stdout
        for _ in range(2)
    ]
    assert said == ["True\n", "False\n"]


def test_a_reading_connection_cannot_write(tmp_path: Path) -> None:
    open_database(tmp_path / "p.sqlite3")
    with (
        reading(tmp_path / "p.sqlite3").connect() as connection,
        pytest.raises(StoreFull),
        store_errors(),
        connection.begin(),
    ):
        connection.exec_driver_sql("DELETE FROM sessions")


def test_a_reading_transaction_sees_one_state(tmp_path: Path) -> None:
    path = tmp_path / "p.sqlite3"
    count = "SELECT count(*) FROM server_chain"
    with open_database(path).connect() as writer, reading(path).connect() as reader:
        with reader.begin():
            assert reader.exec_driver_sql(count).scalar() == 0
            with writer.begin():
                writer.exec_driver_sql("INSERT INTO server_chain VALUES ('server', 1, 'x')")
            assert reader.exec_driver_sql(count).scalar() == 0
        with reader.begin():
            assert reader.exec_driver_sql(count).scalar() == 1


def test_an_error_of_the_environment_becomes_ours_and_a_mistake_stays_what_it_is(tmp_path: Path) -> None:
    with open_database(tmp_path / "p.sqlite3").connect() as connection:
        with pytest.raises(Exception, match="no such table") as raised, store_errors():
            connection.exec_driver_sql("SELECT * FROM nowhere")
        assert not isinstance(raised.value, StoreBusy)
    with pytest.raises(sqlite3.ProgrammingError), store_errors():
        sqlite3.connect(":memory:").execute("SELECT ?", ())
    busy = sqlite3.OperationalError("database is locked")
    busy.sqlite_errorcode = sqlite3.SQLITE_BUSY_SNAPSHOT
    with pytest.raises(StoreBusy, match="database is locked"), store_errors():
        raise busy
