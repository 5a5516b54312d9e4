"""Forms, as mail providers send them, and as nobody should."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.contracts.bounds import ARGUMENTS_BYTES
from pointsman.contracts.json_reader import Fault
from pointsman.contracts.values import JsonObject
from pointsman.server.bounds import FORM_PARTS
from pointsman.server.triggers.forms import FormReader, media_type, read_urlencoded

PAYLOADS = Path(__file__).parent / "payloads"
HANDLE = "a" * 26


def part(value: bytes, head: str = 'form-data; name="a"', more: str = "") -> bytes:
    return b"--b\r\ncontent-disposition: " + head.encode() + b"\r\n" + more.encode() + b"\r\n" + value + b"\r\n"


def read(body: bytes, boundary: bytes = b"b", pieces: int = 1) -> JsonObject | Fault:
    reader = FormReader(boundary)
    size = -(-len(body) // pieces) or 1
    for start in range(0, len(body), size):
        reader.feed(body[start : start + size])
    return reader.fields()


def fields(*parts: bytes) -> JsonObject | Fault:
    return read(b"".join(parts) + b"--b--\r\n")


@pytest.mark.parametrize("pieces", [1, 7, 1999])
def test_a_mail_that_sendgrid_passes_on_is_read_with_its_character_sets(pieces: int) -> None:
    """https://www.twilio.com/docs/sendgrid/for-developers/parsing-email/setting-up-the-inbound-parse-webhook"""
    body = read((PAYLOADS / "sendgrid_inbound.form").read_bytes(), b"xYzZY", pieces)
    assert isinstance(body, dict)
    assert body["text"] == "Die Lieferung kam am 3. März.\r\n"
    assert body["from"] == "Jörg Vendor <joerg@vendor.example>"
    assert body["to"] == f"Accounts <invoices+{HANDLE}@inbound.example.com>"
    held = b"%PDF-1.4\r\n\x00\xff not a real one\r\n"
    assert body["attachment1"] == {
        "name": "delivery.pdf",
        "type": "application/pdf",
        "size_bytes": len(held),
        "sha256": hashlib.sha256(held).hexdigest(),
    }


def test_a_mail_that_mailgun_passes_on_is_read() -> None:
    """https://documentation.mailgun.com/docs/mailgun/user-manual/receive-forward-store/receive-http"""
    body = read_urlencoded((PAYLOADS / "mailgun_route.form").read_bytes())
    assert isinstance(body, dict)
    assert body["stripped-text"] == "The goods came on 3 March."
    assert body["recipient"] == f"invoices+{HANDLE}@mg.example.com"
    assert body["stripped-signature"] == ""


def test_a_field_that_comes_twice_is_a_list() -> None:
    assert fields(part(b"1"), part(b"2"), part(b"3", 'form-data; name="c"')) == {"a": ["1", "2"], "c": "3"}
    assert read_urlencoded(b"a=1&a=2&c=3&d") == {"a": ["1", "2"], "c": "3", "d": ""}


def test_a_field_may_say_its_own_character_set() -> None:
    assert fields(part("ä".encode("cp1252"), more="content-type: text/plain; charset=windows-1252\r\n")) == {"a": "ä"}


def test_a_file_without_a_type_is_bytes() -> None:
    said = fields(part(b"", 'form-data; name="a"; filename="x"'))
    assert isinstance(said, dict)
    assert said["a"] == {
        "name": "x",
        "type": "application/octet-stream",
        "size_bytes": 0,
        "sha256": hashlib.sha256().hexdigest(),
    }


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"", "no end"),
        (b"--b\r\n", "no end"),
        (part(b"x"), "no end"),
        (b"nothing of the kind", "not multipart/form-data"),
        (part(b"x", "form-data") + b"--b--\r\n", "without a name"),
        (part(b"x", 'attachment; name="a"') + b"--b--\r\n", "without a name"),
        (part(b"\xff") + b"--b--\r\n", "a is not utf-8"),
        (part(b"x", more="content-type: text/plain; charset=punycode\r\n") + b"--b--\r\n", "character set"),
        (part(b"x", more="content-type: text/plain; charset=hex\r\n") + b"--b--\r\n", "character set"),
        (part(b"x", more="content-type: text/plain; charset=nonsense\r\n") + b"--b--\r\n", "character set"),
        (part(b"x", more="x" * 5_000 + ": y\r\n") + b"--b--\r\n", "header size"),
        (part(b"x", more="x: y\r\n" * 20) + b"--b--\r\n", "header count"),
        (part(b"x" * (ARGUMENTS_BYTES + 1)) + b"--b--\r\n", "fields of more than"),
        (part(b"x") * (FORM_PARTS + 1) + b"--b--\r\n", "more than 1000 fields"),
    ],
    ids=range(14),
)
def test_what_is_no_form_is_refused(body: bytes, problem: str) -> None:
    found = read(body)
    assert isinstance(found, Fault)
    assert problem in found.message
    assert len(found.message) < 200


def test_what_cannot_separate_parts_is_refused() -> None:
    found = read(part(b"x"), b"b" * 300)
    assert isinstance(found, Fault)
    assert "Boundary length" in found.message


def test_the_name_of_a_file_must_be_text() -> None:
    reader = FormReader(b"b")
    reader.feed(b'--b\r\ncontent-disposition: form-data; name="a"; filename="\xff"\r\n\r\nx\r\n--b--\r\n')
    assert reader.fields() == Fault("the name of the file in a is not utf-8")


@pytest.mark.parametrize("charsets", [b"[]", b"{", b'{"a": 3}', b'{"a": "utf-8"}', b'{"a":"utf-8","a":"hex"}'])
def test_character_sets_that_say_nothing_leave_it_at_utf_8(charsets: bytes) -> None:
    said = fields(part("ä".encode()), part(charsets, 'form-data; name="charsets"'))
    assert isinstance(said, dict)
    assert said["a"] == "ä"


@pytest.mark.parametrize(
    ("body", "problem"),
    [(b"a=%ff", "not UTF-8"), (b"a=\xff", "not UTF-8"), (b"&".join([b"a=1"] * 1_001), "more than 1000 fields")],
    ids=range(3),
)
def test_fields_that_cannot_be_read_are_refused(body: bytes, problem: str) -> None:
    found = read_urlencoded(body)
    assert isinstance(found, Fault)
    assert problem in found.message


def test_the_type_of_a_body_is_read_whatever_its_case() -> None:
    assert media_type('Multipart/Form-Data; boundary="a b"') == ("multipart/form-data", {b"boundary": b"a b"})
    assert media_type("application/json; charset=utf-8")[0] == "application/json"


PIECES = st.sampled_from(
    [
        *(b"--b", b"--b--", b"\r\n", b"\r", b"\n", b"-", b":", b";", b'"', b"\x00", b"\xff", b"=", b"*"),
        *(b"content-disposition: form-data", b'; name="a"', b"; filename=", b"content-type: text/plain; charset="),
        *(b"utf-16", b"utf-8", b"charsets", b'{"a":"utf-7"}', b"%", b"&", b"a=b", part(b"x"), part(b"\xe4")),
    ]
)


@given(st.lists(PIECES | st.binary(max_size=8), max_size=30), st.integers(1, 9))
def test_whatever_comes_in_is_a_form_or_a_fault(pieces: list[bytes], size: int) -> None:
    body = b"".join(pieces)
    for found in (read(body, pieces=size), read(part(b"x") + body, pieces=size), read_urlencoded(body)):
        assert isinstance(found, Fault) or all(isinstance(name, str) for name in found)
    media_type(body.decode("latin-1"))


@given(st.lists(PIECES | st.binary(max_size=8), max_size=30), st.integers(1, 40))
def test_how_a_form_is_cut_on_its_way_changes_nothing(pieces: list[bytes], size: int) -> None:
    body = part(b"x") + b"".join(pieces) + b"\r\n--b--\r\n"
    whole, cut = read(body), read(body, pieces=size)
    assert whole == cut or (isinstance(whole, Fault) and isinstance(cut, Fault))
