"""A source whose write leaves a line in a file, so that tests can count what really happened."""

import os
import time
from pathlib import Path


def balance(account: str) -> dict[str, object]:
    """Tell an account's balance.

    Args:
        account: The account's name.
    """
    time.sleep(0.01)
    return {"account": account, "balance": 100}


def pay(session: str, amount: int) -> dict[str, object]:
    """Pay an amount, once per call."""
    with Path(os.environ["PAYMENTS_FILE"]).open("a", encoding="utf-8") as file:
        file.write(f"{session} {amount}\n")
        file.flush()
        time.sleep(0.02)
    return {"paid": amount}
