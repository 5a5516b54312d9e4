"""The ticket system of contract.yaml: a file for each ticket, in the folder that TICKETS names, or `tickets` here."""

import json
import os
from pathlib import Path

from pointsman.tools import NothingDone

__all__ = ["close_ticket", "find_ticket", "open_ticket"]


def open_ticket(title: str, queue: str, key: str) -> dict[str, str]:
    """Open a ticket; with a key that was there before it is the ticket of that time."""
    number = f"T-{key[:12]}"
    try:
        with _file(number).open("x", encoding="utf-8") as file:
            json.dump({"title": title, "queue": queue, "status": "open"}, file)
    except FileExistsError:
        pass
    return {"number": number}


def close_ticket(number: str) -> dict[str, str]:
    """Close a ticket. One that is closed stays closed."""
    ticket = find_ticket(number)
    if ticket["status"] == "gone":
        raise NothingDone(f"There is no ticket {number}.")
    _file(number).write_text(json.dumps({**ticket, "status": "closed"}), encoding="utf-8")
    return {"number": number, "status": "closed"}


def find_ticket(number: str) -> dict[str, str]:
    """Say what a ticket is about, and whether it is open."""
    try:
        found: dict[str, str] = json.loads(_file(number).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {"status": "gone"}
    return found


def _file(number: str) -> Path:
    folder = Path(os.environ.get("TICKETS", "tickets"))
    folder.mkdir(exist_ok=True)
    return folder / f"{number}.json"
