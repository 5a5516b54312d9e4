"""Ways to spoil workflow files, for the fuzzer: what editing hands, broken tools and attackers leave behind.

Everything is drawn from one `random.Random`, so that a seed gives the same file again.
"""

from __future__ import annotations

import copy
import json
from random import Random

from pointsman.contracts.editor_schema import WORDS
from pointsman.contracts.findings import Findings
from pointsman.contracts.positions import plain
from pointsman.contracts.values import Json
from pointsman.contracts.yaml_reader import parse
from tests.contracts.files import EXAMPLES, FILES

TEXTS = [*(path.read_text(encoding="utf-8") for path in FILES), *EXAMPLES.values()]
KEYS = sorted({key for words in WORDS.values() for key in words})
SCHEMA_WORDS = ("$ref", "type", "pattern", "properties", "items", "enum", "const", "$defs", "allOf", "minimum")
TOKENS = (
    *("{", "}", "[", "]", ":", ": ", ",", "- ", "? ", "&a ", "*a", "!x ", "!!binary ", "|\n"),
    *(">-\n", "#", " #", "'", '"'),
    *("%YAML 1.1\n", "%FOO\n", "---\n", "...\n", "<<: ", "=", "==", "\t", "\r", "\r\n", "\x00"),
    *("\x1b[2J", "\x85", "\u2028"),
    *("\ufeff", "\u202e", "\u200b", "\ud800", "\U000e0041", "😀", "é", "1e999", ".nan", "-.inf"),
    *("9" * 400, "0x" + "f" * 300),
    *("null", "~", "true", "yes", "off", "2026-05-02", "1_000", "-0", "${HOME}", "../x"),
    *("/etc/passwd", "file:///etc/passwd"),
    *("record.", "=record", "event.x", "done.", "visits.", "&& ", "|| ", "(" * 40, "[" * 80, "{a: " * 70, "- " * 70),
    *("(a+)+$", "(?=a)", "(a{1000}){1000}", "$ref", "#/$defs/a", "x" * 2000, "'" * 7, "\\", '"\\ud800"', '"\\x07"'),
)  # fmt: skip
VALUES: list[Json] = [
    None, True, False, 0, -1, 1, 2**31, 10**30, 0.5, -0.0, 1e308, "", " ", "x", "=", "==",
    "=record.x", "=1/0", "off",
    "none", "a.b", "bank.find", "1d", "9999d", "0ms", "10/m", "args.*", "${A}", "anyone",
    "starter", "agent", "human",
    "success", "a" * 5000, "\u202e", "\ud83d\ude00", "record.amount > 1", "true", "1", "[1][2]", "'a' in record.x",
    [], [[]], ["x"], [None], [{}], {}, {"": ""}, {"to": "x"}, {"x": {}}, {"$ref": "#"}, {"$ref": "file:x"},
    {"type": "string", "pattern": "^(a+)+$"}, {"type": ["null", "text"]}, {"allOf": [{"$ref": "#/allOf/0"}]},
    {"enum": [1, "a", None]}, {"const": {"a": [1]}}, {"minimum": 10**40}, {"multipleOf": 0}, {"type": "object"},
]  # fmt: skip
MOST = 60_000
"""Characters of a spoilt file: enough for every way to spoil one, and few enough for many a second."""


def spoilt(chance: Random) -> bytes:
    """Give a file that is spoilt in one to five ways."""
    if chance.random() < 0.65:
        text = written(chance, torn(chance))
    else:
        text = chance.choice(TEXTS)
        if chance.random() < 0.15:
            text = written(chance, valued(text))
    for _ in range(chance.choice((0, 0, 1, 1, 2, 4))):
        text = scratched(chance, text)[:MOST]
    data = text.encode("utf-8", "surrogatepass")
    return flipped(chance, data) if chance.random() < 0.1 else data


def valued(text: str) -> Json:
    root = parse(text, Findings("w.yaml"))
    return None if root is None else plain(root)


def written(chance: Random, value: Json) -> str:
    """Write a value as JSON, in one of the ways in which JSON is written."""
    indent = chance.choice((None, 1, 2, "\t"))
    return json.dumps(value, indent=indent, ensure_ascii=chance.random() < 0.7)


def torn(chance: Random) -> Json:
    """Give the value of a file in which keys and values are dropped, renamed, exchanged or replaced."""
    value = valued(chance.choice(TEXTS))
    for _ in range(chance.randint(1, 6)):
        places = containers(value)
        if not places:
            return value
        tear(chance, chance.choice(places), places)
    return value


def containers(value: Json) -> list[dict[str, Json] | list[Json]]:
    found: list[dict[str, Json] | list[Json]] = []
    left = [value]
    while left and len(found) < 5_000:
        one = left.pop()
        if isinstance(one, dict | list):
            found.append(one)
            left += one.values() if isinstance(one, dict) else one
    return found


def tear(chance: Random, place: dict[str, Json] | list[Json], others: list[dict[str, Json] | list[Json]]) -> None:
    new = copy.deepcopy(chance.choice(VALUES) if chance.random() < 0.6 else chance.choice(others))
    if isinstance(place, list):
        at = chance.randrange(len(place) + 1)
        match chance.randrange(3):
            case 0:
                del place[at : at + 1]
            case 1:
                place.insert(at, new)
            case _:
                place[at : at + 1] = [new, *place[at : at + 1]] * chance.randint(1, 3)
        return
    key = chance.choice([*place, "x"])
    name = chance.choice((chance.choice(KEYS), chance.choice(SCHEMA_WORDS), chance.choice(TOKENS), f"{key}_"))
    match chance.randrange(4):
        case 0:
            place.pop(key, None)
        case 1:
            place[key] = new
        case 2:
            place[name] = place.pop(key, new)
        case _:
            place[name] = new


def scratched(chance: Random, text: str) -> str:
    """Spoil a text without a look at what it says."""
    lines = text.splitlines(keepends=True) or [""]
    at, other = chance.randrange(len(lines)), chance.choice(TEXTS).splitlines(keepends=True) or [""]
    cut, end = sorted((chance.randrange(len(text) + 1), chance.randrange(len(text) + 1)))
    match chance.randrange(11):
        case 0:
            del lines[at]
        case 1:
            lines.insert(at, chance.choice(lines))
        case 2:
            start = chance.randrange(len(other))
            lines[at:at] = other[start : start + chance.randint(1, 30)]
        case 3:
            lines[at] = chance.choice(("", " ", "  ", "    ", "\t", "- ", "? ")) + lines[at].lstrip()
        case 4:
            return text[:cut] + text[min(end, cut + chance.randint(1, 40)) :]
        case 5:
            return text[:cut] + text[cut:end][:50] * chance.choice((2, 3, 200)) + text[cut:]
        case 6:
            return text[:cut] if chance.random() < 0.5 else text[cut:]
        case 7:
            words = lines[at].split(" ")
            words[chance.randrange(len(words))] = chance.choice(chance.choice(other).split(" "))
            lines[at] = " ".join(words)
        case _:
            return text[:cut] + chance.choice(TOKENS) + text[cut:]
    return "".join(lines)


def flipped(chance: Random, data: bytes) -> bytes:
    """Change single bytes, or write all in another encoding."""
    if chance.random() < 0.2:
        return data.decode("utf-8", "replace").encode(chance.choice(("utf-16", "utf-32-le", "utf-8-sig", "utf-7")))
    changed = bytearray(data)
    for _ in range(chance.randint(1, 4) if data else 0):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)
