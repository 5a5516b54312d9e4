"""Asking a server that cannot be reached, is none, or misbehaves."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
from collections.abc import Generator
from contextlib import closing, contextmanager
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest
from typing_extensions import override

from pointsman.server.command_line.failures import FoundProblems, NotReached
from pointsman.server.command_line.records import web
from pointsman.server.command_line.records.remote import RemoteRecords
from pointsman.server.command_line.records.web import Web
from tests.tools.loopback import QuietHandler, running

TOKEN = "pma_secret"
PAGE = b'{"items": [], "cursor": null}'


class Far(ThreadingHTTPServer):
    """Answers everything with one thing, and keeps what it was told."""

    status = 200
    body = PAGE
    kind = "application/json"
    more: dict[str, str]
    tokens: list[str | None]
    paths: list[str]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    @override
    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a client that has broken off."""


class Handler(QuietHandler):
    def do_GET(self) -> None:  # noqa: N802 - the name it overrides
        far = self.server
        assert isinstance(far, Far)
        far.tokens.append(self.headers["authorization"])
        far.paths.append(self.path)
        self.answer(far.status, far.body, kind=far.kind, **far.more)

    do_POST = do_GET  # noqa: N815 - the same


@contextmanager
def answering(status: int = 200, body: bytes = PAGE, kind: str = "application/json", **more: str) -> Generator[Far]:
    server = Far(("127.0.0.1", 0), Handler)
    server.status, server.body, server.kind, server.more = status, body, kind, more
    server.tokens, server.paths = [], []
    with running(server):
        yield server


def ask(url: str) -> None:
    with closing(Web(url, TOKEN)) as asked:
        asked.get("api/sessions")


def test_a_server_that_is_not_there_cannot_be_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with pytest.raises(NotReached, match=rf"http://127\.0\.0\.1:{port} cannot be reached"):
        ask(f"http://127.0.0.1:{port}")


def test_a_redirect_is_told_and_no_token_is_sent_on() -> None:
    with answering() as other, answering(307, b"", location=f"{other.url}/api/sessions") as far:
        with pytest.raises(NotReached, match=r"answers with a redirect to .*Name it"):
            ask(far.url)
        assert far.tokens == [f"Bearer {TOKEN}"]
        assert other.paths == []


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, b"<html>Welcome</html>", "text/html"),
        (200, b"[]", "application/json"),
        (200, b'{"a": 1, "a": 2}', "application/json"),
        (200, b'{"a": NaN}', "application/json"),
        (200, b"{", "application/json"),
        (502, b"Bad gateway", "text/plain"),
        (500, b"{}", "application/json"),
        (404, b'{"detail": "Not Found"}', "application/json"),
    ],
)
def test_what_is_no_answer_of_ours_is_no_server_of_ours(status: int, body: bytes, kind: str) -> None:
    with answering(status, body, kind) as far, pytest.raises(NotReached):
        ask(far.url)


def test_an_answer_that_is_no_list_is_none() -> None:
    with (
        answering(body=b'{"items": [1]}') as far,
        closing(RemoteRecords(far.url, TOKEN)) as records,
        pytest.raises(NotReached, match="is no list"),
    ):
        list(records.history("abc"))


def test_an_answer_longer_than_any_of_ours_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "API_ANSWER_BYTES", 1000)
    with answering(body=b'{"a": "' + b"x" * 5000 + b'"}') as far, pytest.raises(NotReached, match="longer than 1000"):
        ask(far.url)


def test_a_server_that_says_nothing_is_given_up_and_a_decision_may_have_been_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(web, "API_ANSWER_MS", 50)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        asked = Web(f"http://127.0.0.1:{silent.getsockname()[1]}", TOKEN)
        with (
            closing(asked),
            pytest.raises(NotReached, match=r"has not answered in time.*look before you try"),
        ):
            asked.post("api/sessions/x/cancel", {"reason": "No."})


@pytest.mark.parametrize(
    ("status", "raised", "told"),
    [
        (401, FoundProblems, "does not know who you are"),
        (403, FoundProblems, "Say it otherwise"),
        (404, NotReached, "Say it otherwise"),
        (422, FoundProblems, "Say it otherwise"),
    ],
)
def test_a_refused_question_ends_as_beside_a_database(
    status: int, raised: type[FoundProblems | NotReached], told: str
) -> None:
    body = b'{"refusal": {"code": "FORBIDDEN", "message": "Say it otherwise."}}'
    with answering(status, body) as far, pytest.raises(raised, match=told):
        ask(far.url)


@pytest.mark.parametrize("name", ["../principal", "a/b", "", "é", "a?b#c", "a b"])
def test_a_name_is_one_step_of_a_path_whatever_it_holds(name: str) -> None:
    with answering(body=b"{}") as far, closing(RemoteRecords(far.url, TOKEN)) as records:
        records.session(name)
        (path,) = far.paths
    assert path.startswith("/api/sessions/")
    assert path.count("/") == 3
    assert "?" not in path


def test_a_server_below_a_path_is_asked_below_it() -> None:
    with answering(body=b"{}") as far, closing(RemoteRecords(f"{far.url}/desk", TOKEN)) as records:
        records.session("abc")
        assert far.paths == ["/desk/api/sessions/abc"]


def test_no_proxy_is_told_the_token_of_a_server_on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    with answering() as far, answering() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        ask(far.url)
        assert proxy.paths == []


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("there is no openssl to make a certificate with")
    words = "req -x509 -newkey ed25519 -nodes -days 1 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
    files = f"-keyout {tmp_path}/key.pem -out {tmp_path}/certificate.pem"
    subprocess.run([openssl, *words.split(), *files.split()], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "certificate.pem", tmp_path / "key.pem")
    server = Far(("127.0.0.1", 0), Handler)
    server.more, server.tokens, server.paths = {}, [], []
    server.socket = context.wrap_socket(server.socket, server_side=True)
    with running(server), pytest.raises(NotReached, match=r"cannot be reached.*[Cc]ertificate"):
        ask(f"https://localhost:{server.server_port}")
    assert server.paths == []
