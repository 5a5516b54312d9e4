"""What a workflow file says of an OpenAPI source."""

from __future__ import annotations

from pathlib import Path

import pytest

from pointsman.contracts.values import JsonObject
from pointsman.tools.errors import SourceError
from pointsman.tools.openapi.addresses import Address
from pointsman.tools.openapi.settings import read_settings

ENVIRONMENT = {"TOKEN": "t-1", "HOST": "it.example", "ENDED": "t-1\n"}


def test_the_environment_is_read_in_addresses_and_headers(tmp_path: Path) -> None:
    said: JsonObject = {
        "document": "https://${HOST}/api.json",
        "base_url": "https://${HOST}:8443/v1?key=${TOKEN}",
        "headers": {"Authorization": "Bearer ${TOKEN}", "X-Plain": "a b"},
    }
    found = read_settings("erp", said, tmp_path, ENVIRONMENT)
    assert found.document == Address("https://it.example", "/api.json")
    assert found.base == Address("https://it.example:8443", "/v1", "key=t-1")
    assert found.headers == {"authorization": "Bearer t-1", "x-plain": "a b"}
    assert found.secrets == {"it.example", "t-1"}


def test_a_document_without_a_scheme_is_a_file(tmp_path: Path) -> None:
    found = read_settings("erp", {"document": "api/erp.yaml"}, tmp_path, ENVIRONMENT)
    assert (found.document, found.base, found.folder) == ("api/erp.yaml", None, tmp_path)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"base_url": "https://${NOT_SET}"}, "needs NOT_SET, which is not set in the environment"),
        ({"headers": {"a": "${NOT_SET}"}}, "needs NOT_SET"),
        ({"base_url": "it.example/v1"}, "`base_url` is 'it.example/v1': It must begin with `https://`"),
        ({"base_url": "ftp://${HOST}"}, "`base_url` is 'ftp://\\$\\{HOST\\}': It must begin"),
        ({"base_url": "https://"}, "It must begin with `https://`"),
        ({"base_url": "https://a:b@${HOST}"}, "Send them as a header"),
        ({"base_url": "https://a/#b"}, "It holds a `#`"),
        ({"base_url": "https://a:port"}, "It is no address"),
        ({"document": "file:///etc/passwd"}, "`document` is 'file:///etc/passwd': It must begin"),
        ({"headers": {"Host": "a"}}, "the header 'Host' cannot be declared"),
        ({"headers": {"a b": "c"}}, "the header 'a b' cannot be declared"),
        ({"headers": {"a": "${ENDED}"}}, "the value of the header 'a' holds more than visible ASCII"),
        ({"headers": {"a": "ü"}}, "the value of the header 'a' holds"),
    ],
)
def test_what_cannot_be_sent_is_said_at_once_and_no_value(tmp_path: Path, said: JsonObject, why: str) -> None:
    with pytest.raises(SourceError, match=why) as info:
        read_settings("erp", {"document": "api.json", **said}, tmp_path, ENVIRONMENT)
    assert str(info.value).startswith("The source 'erp'")
    assert "t-1" not in str(info.value)
    assert "it.example" not in str(info.value).replace("it.example/v1", "")
