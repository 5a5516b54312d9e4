"""Real servers of this machine that take messages: over HTTP as webhooks and chats do, and over SMTP."""

from __future__ import annotations

import datetime as dt
import json
import socket
import ssl
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.tools.loopback import QuietHandler, running


class Webhooks(ThreadingHTTPServer):
    """Takes whatever is posted. While `refusing` is above zero, it counts down and answers 503."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.taken: list[tuple[str, Any]] = []
        self.refusing = 0

    @property
    def at(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self.server_address[1]}"

    @property
    def texts(self) -> list[str]:
        """The bodies of the messages."""
        return [str(body["message"]) for _, body in self.taken]


class _Handler(QuietHandler):
    def do_POST(self) -> None:  # noqa: N802 -- the name it is called by
        server = self.server
        assert isinstance(server, Webhooks)
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if server.refusing > 0:
            server.refusing -= 1
            self.answer(503, b"{}")
            return
        server.taken.append((self.path, body))
        self.answer(200, b"{}")


@contextmanager
def webhooks(certificate: Path | None = None) -> Generator[Webhooks]:
    """Take webhooks, over TLS with this certificate if there is one."""
    server = Webhooks()
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    with running(server):
        yield server


def self_signed(folder: Path) -> Path:
    """Make a certificate for this machine, with its key in the same file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    kept = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "certificate.pem"
    path.write_bytes(kept + made.public_bytes(serialization.Encoding.PEM))
    return path


@dataclass
class Mailbox:
    """What a mail server has taken, and to whom it was addressed."""

    port: int = 0
    taken: list[tuple[list[str], EmailMessage]] = field(default_factory=list[tuple[list[str], EmailMessage]])

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 -- theirs
        content = envelope.content
        assert isinstance(content, bytes)
        mail = message_from_bytes(content, _class=EmailMessage, policy=policy.default)
        self.taken.append((list(envelope.rcpt_tos), mail))
        return "250 OK"


@contextmanager
def mail_server() -> Generator[Mailbox]:
    """Take mail."""
    mailbox = Mailbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        mailbox.port = free.getsockname()[1]
    controller = Controller(mailbox, hostname="127.0.0.1", port=mailbox.port)
    controller.start()
    try:
        yield mailbox
    finally:
        controller.stop()


def text_of(mail: EmailMessage) -> str:
    """Give the plain text of a mail."""
    part = mail.get_body(("plain",))
    assert part is not None
    content = part.get_content()
    assert isinstance(content, str)
    return content
