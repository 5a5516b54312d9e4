import json

import pytest

from pointsman.contracts.values import JsonObject
from pointsman.server.command_line.output import json_text
from tests.contracts.test_visible import HIDDEN


@pytest.mark.parametrize("indent", [None, 2])
def test_json_escapes_what_is_hidden_and_stays_the_same_value(indent: int | None) -> None:
    value: JsonObject = {"text": "".join(HIDDEN[:400]) + "\U000e0041\ud800 ü", "list": [1, {"a\u202eb": None}]}
    text = json_text(value, indent=indent)
    assert json.loads(text) == value
    assert not [character for character in HIDDEN if character != "\n" and character in text]
