"""What a server takes in: workflows with their tools, by name and by group, and what it refuses to serve."""

from __future__ import annotations

from pathlib import Path

import pytest

from pointsman.contracts.values import JsonObject, digest_text
from pointsman.fsm.session import Actor
from pointsman.server.application import Application, open_application
from pointsman.server.catalogue import Catalogue
from pointsman.server.errors import ModelNotDriven
from pointsman.server.replies import Caller, Reply
from pointsman.tools.source import CallContext
from tests.server.command_line.terminal import Shell

ANN = Caller(Actor("agent", "local:ann"), "a-client", "mcp")
FILES = """
def read_file(name: str) -> str:
    'Read a file.'
    return name

def list_files() -> list[str]:
    'List the files.'
    return ["a"]

def write_file(name: str) -> str:
    'Write a file.'
    return name
"""
FOLDER = """
workflow: folder
version: 1
record: {seen: {type: string}}
initial: reading
sources: {fs: {python: files}}
tools: {fs.read_file: {effect: read}, fs.list_files: {effect: read}}
states:
  reading:
    actor: agent
    tools:
      - {source: fs, effect: read}
      - {use: fs.read_file, with: {name: notes}, limit: 1, save: seen}
    events: {edit: {next: writing}}
    limits: [{calls: 3, then: done}]
  writing:
    actor: agent
    tools: [{source: fs, effect: write}]
    events: {finish: {next: done}}
    unknown: done
  done: {final: success}
"""


def place(folder: Path, workflow: str = FOLDER, files: str = FILES) -> Path:
    (folder / "files.py").write_text(files)
    (folder / "folder.yaml").write_text(workflow)
    return folder / "folder.yaml"


async def act(
    application: Application, session: str, action: str, arguments: JsonObject | None = None
) -> tuple[str, str | None]:
    """Outcome and code of a call."""
    reply = await application.governor.act(ANN, session, action, arguments or {})
    assert isinstance(reply, Reply)
    return reply.outcome, None if reply.refusal is None else reply.refusal.code


async def offered(application: Application, session: str) -> list[str]:
    reply = await application.governor.status(ANN, session)
    assert isinstance(reply, Reply)
    return sorted(action.name for action in reply.allowed)


async def test_a_group_offers_the_tools_of_its_effect_and_a_named_use_comes_before_it(tmp_path: Path) -> None:
    """Format: `{source: fs, effect: read}` for all tools of that effect. What is not declared counts as a write."""
    async with open_application(str(tmp_path / "s.db"), [place(tmp_path)], caretaking=False) as application:
        reply = await application.governor.start(ANN, "folder", {})
        assert isinstance(reply, Reply)
        session = reply.session
        assert await offered(application, session) == ["edit", "fs.list_files", "fs.read_file"]
        assert await act(application, session, "fs_list_files") == ("done", None)
        assert await act(application, session, "fs.read_file", {"name": "other"}) == ("refused", "INVALID_FIELDS")
        assert await act(application, session, "fs.read_file") == ("done", None)
        assert await act(application, session, "fs.read_file") == ("refused", "LIMIT_REACHED")
        assert await act(application, session, "fs.write_file", {"name": "x"}) == ("refused", "NOT_ALLOWED")
        current = await application.engine.read(session)
        assert current is not None
        assert (current.record, current.stay.uses) == ({"seen": "notes"}, {"fs.list_files": 1, "fs.read_file": 1})
        await application.governor.act(ANN, session, "edit", {})
        assert await offered(application, session) == ["finish", "fs.write_file"]
        assert await act(application, session, "fs_write_file", {"name": "x"}) == ("done", None)
        rows = await application.engine.audit_rows(session)
        assert [row["kind"] for row in rows if row["action"] == "fs.write_file"] == ["denied", "intended", "settled"]


async def test_the_calls_of_a_group_count_for_the_limits_of_the_state(tmp_path: Path) -> None:
    async with open_application(str(tmp_path / "s.db"), [place(tmp_path)], caretaking=False) as application:
        reply = await application.governor.start(ANN, "folder", {})
        assert isinstance(reply, Reply)
        for _ in range(3):
            assert await act(application, reply.session, "fs.list_files") == ("done", None)
        assert await act(application, reply.session, "fs.list_files") == ("refused", "LIMIT_REACHED")
        current = await application.engine.read(reply.session)
        assert current is not None
        assert current.state == "done"


async def test_a_group_stands_for_what_the_source_has_when_the_server_starts(tmp_path: Path) -> None:
    """A session that goes on in another process is offered what the module has there; what is gone is not."""
    database = str(tmp_path / "s.db")
    async with open_application(database, [place(tmp_path)], caretaking=False) as application:
        reply = await application.governor.start(ANN, "folder", {})
        assert isinstance(reply, Reply)
        await application.governor.act(ANN, reply.session, "edit", {})
        assert await offered(application, reply.session) == ["finish", "fs.write_file"]
    other = tmp_path / "later"
    other.mkdir()
    later = FILES.replace("write_file", "delete_file")
    async with open_application(database, [place(other, files=later)], caretaking=False) as application:
        assert await offered(application, reply.session) == ["finish", "fs.delete_file"]
        assert await act(application, reply.session, "fs.write_file", {"name": "x"}) == ("refused", "NOT_ALLOWED")
        assert await act(application, reply.session, "fs.delete_file", {"name": "x"}) == ("done", None)


async def test_two_texts_of_one_workflow_share_the_rate_of_a_tool(tmp_path: Path) -> None:
    """Sessions keep the text they were started with; the tool behind it is one."""
    older = FOLDER.replace("{effect: read}, fs.list", "{effect: read, rate: 1/h, timeout: 5s}, fs.list")
    catalogue = Catalogue()
    context = CallContext("s", "1", None, 1, "ann")
    outcomes: list[str] = []
    for number, text in enumerate((older, older.replace("version: 1", "version: 2"))):
        folder = tmp_path / str(number)
        folder.mkdir()
        served = await catalogue.recall(text, Stored(text, str(place(folder, text))))
        assert served is not None
        policy = served.workflow.tools["fs.read_file"]
        outcomes.append((await served.sources.call(policy.name, {"name": "a"}, policy, context)).outcome)
    assert outcomes == ["done", "failed"]
    await catalogue.aclose()


class Stored:
    """A database that knows one text."""

    def __init__(self, text: str, path: str) -> None:
        self.text = text
        self.path: str | None = path

    async def definition(self, digest: str) -> Stored:
        del digest
        return self

    def kept_prompts(self) -> None:
        """It is of the time before prompts were kept."""


MODELS = FOLDER.replace("actor: agent", "actor: model\n    model: {name: m}\n    failed: done", 1)


async def test_a_process_that_looks_after_sessions_serves_no_model_without_a_key(tmp_path: Path) -> None:
    """Its sessions would rest where nobody goes on."""
    path = place(tmp_path, MODELS)
    with pytest.raises(ModelNotDriven, match=r"in reading a model acts .* no access to models"):
        async with open_application(str(tmp_path / "s.db"), [path], caretaking=True):
            pass


def test_a_session_that_begins_with_a_model_waits_for_a_server_that_asks_it(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    place(tmp_path, MODELS)
    done = shell.run("sessions", "start", "folder.yaml")
    assert (done.code, done.stderr) == (0, "")
    assert "a model" in done.stdout


def test_a_server_on_stdio_says_that_webhooks_cannot_come_in(tmp_path: Path) -> None:
    """And asks for no secret of theirs."""
    shell = Shell(tmp_path)
    place(tmp_path, FOLDER + 'triggers: {webhook: {secret: "${NOWHERE}", start: {}}}\n')
    done = shell.run("serve", "folder.yaml")
    assert (done.code, "webhooks are received by `serve --http` alone" in done.stderr) == (0, True)


async def test_a_text_that_was_kept_without_its_prompt_keeps_its_digest_and_is_told_what_the_file_says(
    tmp_path: Path,
) -> None:
    text = MODELS.replace("{name: m}", "{name: m, prompt: prompt.md}")
    (tmp_path / "prompt.md").write_text("Read it.", encoding="utf-8")
    stored = Stored(text, str(place(tmp_path, text)))
    catalogue = Catalogue()
    served = await catalogue.recall(digest_text(text), stored)
    assert served is not None
    assert (served.workflow.digest, served.workflow.prompts) == (digest_text(text), {"prompt.md": "Read it."})
    assert served is await catalogue.recall(digest_text(text), stored)
    (tmp_path / "prompt.md").rename(tmp_path / "gone")
    other = Catalogue()
    without = await other.recall(digest_text(text), stored)
    assert without is not None
    assert without.workflow.prompts == {}  # a session in which nobody asks a model goes on
    await other.aclose()
    (tmp_path / "gone").rename(tmp_path / "prompt.md")
    assert (await catalogue.serve(served.path)).workflow.digest != digest_text(text)
    await catalogue.aclose()
