"""`serve` as a process: its two streams, its end, and what its logs do not say."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
from anyio import to_thread
from mcp import Client

from tests.server.command_line import warm
from tests.server.command_line.story import FIELDS, awaiting_boss, call, drafted, server
from tests.server.command_line.terminal import ME, Shell

GOVERNOR = Path(__file__).parents[1] / "governor"
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "raw", "version": "1"}},
}


def serving(shell: Shell, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    """Start the server, with SIGINT heard even where whoever runs the tests has it ignored, as `nohup` does."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return subprocess.Popen(
            [warm.pointsman(), "serve", "purchase.yaml", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=shell.place,
            env={**shell.environment, **environment},
            text=True,
        )
    finally:
        signal.signal(signal.SIGINT, before)


def conversation(
    shell: Shell, *requests: dict[str, Any], arguments: Sequence[str] = ("--surface", "compact", "--log-level", "debug")
) -> tuple[list[dict[str, Any]], str]:
    """Send requests as lines, and give the answers and the log when the server has ended by itself."""
    with serving(shell, *arguments) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        answers: list[dict[str, Any]] = []
        for request in requests:
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
            if "id" in request:
                answers.append(json.loads(process.stdout.readline()))
        process.stdin.close()
        rest, log = process.stdout.read(), process.stderr.read()
    assert rest == ""
    assert process.returncode == 0
    return answers, log


def tool(number: int, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": {"name": name, "arguments": arguments}}


def test_nothing_but_mcp_is_on_stdout_and_no_value_is_in_the_log(shell: Shell) -> None:
    """Design, section 10; an unredacted secret never reaches a log (section 9)."""
    (shell.place / "shop.py").write_text((shell.place / "shop.py").read_text() + "\nprint('hello from the tool')\n")
    secret = "sesame-7141"
    answers, log = conversation(
        shell,
        INITIALIZE,
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        tool(2, "start", {"workflow": "purchase", "input": {"item": secret, "amount": 1}}),
        tool(3, "start", {"workflow": "purchase", "input": {"item": secret, "amount": secret}}),
        tool(4, "act", {"session": secret, "action": "submit", "arguments": {"note": secret}}),
    )
    assert [answer["id"] for answer in answers] == [1, 2, 3, 4]
    assert secret not in log
    for line in log.splitlines():
        if "hello from the tool" not in line:
            assert {"event", "level", "at"} <= set(json.loads(line))


def test_a_session_named_at_the_start_is_the_connections_from_its_beginning(shell: Shell) -> None:
    session = drafted(shell)
    requests = (INITIALIZE, {"jsonrpc": "2.0", "id": 2, "method": "tools/list"})
    answers, _ = conversation(shell, *requests, arguments=("--surface", "adaptive", "--session", session))
    assert "submit" in [one["name"] for one in answers[1]["result"]["tools"]]


def test_a_faulty_workflow_ends_the_server_with_its_faults_on_stderr(shell: Shell) -> None:
    file = shell.place / "purchase.yaml"
    file.write_text(file.read_text().replace("next: awaiting_boss", "next: awaiting_bos"))
    done = shell.run("serve", "purchase.yaml")
    assert done.code == 1
    assert done.stdout == ""
    assert "purchase.yaml:24:" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_source_that_cannot_be_had_ends_the_server_with_a_line(shell: Shell) -> None:
    (shell.place / "shop.py").write_text("import nothing_like_this\n")
    done = shell.run("serve", "purchase.yaml")
    assert done.code == 4
    assert "shop" in done.stderr
    assert "Traceback" not in done.stderr


def test_several_workflows_are_served_together_each_under_its_name(shell: Shell) -> None:
    file = shell.place / "loan.yaml"
    file.write_text((shell.place / "purchase.yaml").read_text().replace("workflow: purchase", "workflow: loan"))
    answers, _ = conversation(
        shell, INITIALIZE, {"jsonrpc": "2.0", "id": 2, "method": "tools/list"}, arguments=("loan.yaml",)
    )
    names = [one["name"] for one in answers[1]["result"]["tools"]]
    assert names[:4] == ["start_purchase", "start_loan", "session_status", "list_sessions"]
    assert {"purchase_submit", "loan_submit"} <= set(names)


def test_two_files_of_one_workflow_are_refused_by_name(shell: Shell) -> None:
    (shell.place / "copy.yaml").write_text((shell.place / "purchase.yaml").read_text() + "\n")
    for other in ("copy.yaml", "purchase.yaml"):
        done = shell.run("serve", "purchase.yaml", other)
        assert done.code == 1
        assert other in done.stderr
        assert "both the workflow `purchase`" in done.stderr
        assert "Traceback" not in done.stderr


def test_workflows_whose_names_meet_on_the_wire_are_refused_with_both_names(shell: Shell) -> None:
    """The event `submit` of a workflow called `start`, and the start of a workflow called `submit`."""
    text = (shell.place / "purchase.yaml").read_text()
    for name in ("start", "submit"):
        (shell.place / f"{name}.yaml").write_text(text.replace("workflow: purchase", f"workflow: {name}"))
    done = shell.run("serve", "start.yaml", "submit.yaml")
    assert done.code == 1
    assert "`submit` of the workflow `start` and a tool of the server" in done.stderr
    assert "start_submit" in done.stderr
    assert shell.run("serve", "start.yaml", "submit.yaml", "--surface", "compact").code == 0


@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends a process without asking it")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_that_is_told_to_stop_stops_in_order(shell: Shell, number: signal.Signals) -> None:
    with serving(shell) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write(json.dumps(INITIALIZE) + "\n")
        process.stdin.flush()
        process.stdout.readline()
        process.stdin.write(json.dumps({"jsonrpc": "2.0", "id": 2, "method": "tools/list"}) + "\n")
        process.stdin.flush()
        process.stdout.readline()
        process.send_signal(number)
        assert process.wait(timeout=20) == 0
        assert "Traceback" not in process.stderr.read()


async def test_two_servers_and_a_command_share_one_database(shell: Shell) -> None:
    """The issue: several server processes on one database."""
    with anyio.fail_after(60):
        async with Client(server(shell), mode="legacy") as one, Client(server(shell), mode="legacy") as other:
            started = await call(one, "start", {"workflow": "purchase", "input": FIELDS})
            session = started["session"]
            submit = {"session": session, "action": "submit", "arguments": {"note": "It writes."}}
            assert (await call(other, "act", submit))["state"] == "awaiting_boss"
            assert (await call(one, "status", {"session": session}))["state"] == "awaiting_boss"
    assert await to_thread.run_sync(awaiting_boss, shell) != session
    assert {row["state"] for row in shell.look("sessions", "list")} == {"awaiting_boss"}


def test_no_log_holds_what_a_workflow_redacts(shell: Shell) -> None:
    """Faults, 31: at the most talkative level, whatever a tool does with its secret."""
    for name, place in (("vault.yaml", "purchase.yaml"), ("vault.py", "vault.py")):
        shutil.copy(GOVERNOR / name, shell.place / place)
    secret = "sesame-7141"
    acts = [
        {"action": action, "arguments": {"secret": secret, "how": how}}
        for action in ("vault.peek", "vault_peek", "vault.paek")
        for how in ("", "no", "nothing", "error", "broken", "slow", 7)
    ]
    answers, log = conversation(
        shell,
        INITIALIZE,
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        tool(2, "start", {"workflow": "vault", "input": {}}),
        *(tool(number, "act", one) for number, one in enumerate(acts, start=3)),
        tool(90, "act", {"action": "vault.put", "arguments": {"secret": secret, "how": "broken"}}),
    )
    outcomes = [answer["result"]["structuredContent"]["outcome"] for answer in answers[2:]]
    assert outcomes == ["done", *["failed"] * 5, "refused"] * 2 + ["refused"] * 7 + ["unknown"]
    assert "tool raised" in log
    assert secret not in log
    stored = b"".join(path.read_bytes() for path in shell.place.glob(f"{shell.database.name}*"))
    assert (b"[redacted]" in stored, secret.encode() in stored) == (True, False)


@contextmanager
def over_http(shell: Shell, *arguments: str) -> Generator[tuple[subprocess.Popen[str], str]]:
    """Serve over HTTP, on a port that is free; give the process and where it serves."""
    with serving(shell, "--http", "127.0.0.1:0", *arguments) as process:
        assert process.stderr is not None
        told: dict[str, Any] = json.loads(process.stderr.readline())
        try:
            yield process, told["url"]
        finally:
            process.kill()


@pytest.mark.parametrize("mode", ["legacy", "auto"])
async def test_clients_over_http_act_as_the_user_who_serves(shell: Shell, mode: str) -> None:
    """Design, section 11: the local user is the principal on loopback, as on stdio."""
    with over_http(shell, "--surface", "compact") as (_, url):
        async with Client(url, mode=mode) as one, Client(url, mode=mode) as other:
            session = (await call(one, "start", {"workflow": "purchase", "input": FIELDS}))["session"]
            submit = {"session": session, "action": "submit", "arguments": {"note": "It writes."}}
            assert (await call(other, "act", submit))["state"] == "awaiting_boss"
    (shown,) = shell.look("sessions", "list")
    assert (shown["session"], shown["started_by"]) == (session, ME)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends a process without asking it")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_server_over_http_that_is_told_to_stop_stops_in_order(shell: Shell, number: signal.Signals) -> None:
    with over_http(shell) as (process, url):
        async with Client(url, mode="legacy") as client:
            await client.list_tools()
        process.send_signal(number)
        assert process.wait(timeout=20) == 0
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.read() == ""
        assert "Traceback" not in process.stderr.read()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--http", "0.0.0.0:8080"], "say by --url how clients reach it"),
        (["--http", "example.com:8080"], "no address of this machine"),
        (["--http", "127.0.0.1:0", "--url", "example.com"], "https://pointsman.example.com"),
        (["--require-token"], "go with --http"),
    ],
)
def test_where_and_how_to_serve_must_be_clear(shell: Shell, words: list[str], told: str) -> None:
    refused = shell.run("serve", "purchase.yaml", *words)
    assert refused.code == 2
    assert told in refused.stderr


def test_a_port_that_is_taken_is_told(shell: Shell) -> None:
    with over_http(shell) as (_, url):
        port = url.removesuffix("/mcp").rpartition(":")[2]
        taken = shell.run("serve", "purchase.yaml", "--http", f"127.0.0.1:{port}")
    assert taken.code == 4
    assert f"127.0.0.1:{port} cannot be listened on" in taken.stderr
    assert "Traceback" not in taken.stderr
