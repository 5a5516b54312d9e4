"""What the banks of the fault tests do: each payment is one row, durable before the bank answers.

`BANK_FILE` is the database. A bank takes its time before and after it writes, drawn from `BANK_SEED`, so that
whoever kills it, or who waits for it, meets every phase of a payment; now and then it takes longer than
anybody waits. With `BANK_FAULT` it does the same thing every time: it is `slow` to write, or very `late`, it does
`hang` after the write, or it does `reset`, which ends it there.
"""

from __future__ import annotations

import os
import random
import sqlite3
import threading
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any, Final

TIMEOUT_S: Final = 1.0
"""How long the workflow waits for a payment (`payments.yaml`)."""
FAULTS_S: Final = {
    "slow": (0.6 * TIMEOUT_S, 0.0),
    "late": (12 * TIMEOUT_S, 0.0),
    "hang": (0.0, 2 * TIMEOUT_S),
    "reset": (0.0, 0.0),
}
"""How long a payment takes before and after its write when something is wrong."""
_DELAY_S: Final = 0.12
_HANGS: Final = 0.04
"""Share of the payments that hang, before the write and after it."""
_TABLE: Final = "CREATE TABLE IF NOT EXISTS payments (payer TEXT, amount INTEGER, key TEXT UNIQUE)"

PAYER: Final[dict[str, Any]] = {"payer": {"type": "string"}}
PAYMENT: Final[dict[str, Any]] = {**PAYER, "amount": {"type": "integer"}}
TOOLS: Final[dict[str, dict[str, Any]]] = {
    "balance": {"account": {"type": "string"}},
    "pay_with_key": {**PAYMENT, "idempotency_key": {"type": "string"}},
    "pay_findable": PAYMENT,
    "pay_blindly": PAYMENT,
    "find_payment": PAYER,
}


class Bank:
    """The tools, whatever they are served through; they may be called by several threads at the same time."""

    def __init__(self) -> None:
        self._file = Path(os.environ["BANK_FILE"])
        self._seed = os.environ.get("BANK_SEED", "")
        self._fault = os.environ.get("BANK_FAULT")
        self._asked: Counter[str] = Counter()
        self._counting = threading.Lock()
        with closing(self._open()) as database:
            database.execute(_TABLE)

    def call(self, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Call one of `TOOLS`."""
        if tool == "balance":
            return {"account": arguments["account"], "balance": 100}
        if tool == "find_payment":
            return {"payment": self._find(arguments["payer"])}
        return self._pay(arguments["payer"], arguments["amount"], arguments.get("idempotency_key"))

    def _pay(self, payer: str, amount: int, key: str | None) -> dict[str, Any]:
        before_s, after_s = self._delays(payer)
        time.sleep(before_s)
        with closing(self._open()) as database:
            written = database.execute(
                "INSERT INTO payments VALUES (?, ?, ?) ON CONFLICT DO NOTHING", (payer, amount, key)
            )
            again = written.rowcount == 0
        if self._fault == "reset" and not again:
            os._exit(1)
        time.sleep(after_s)
        return {"paid": amount, "again": again}

    def _delays(self, payer: str) -> tuple[float, float]:
        """How long this payment takes before and after its write, in seconds."""
        if self._fault:
            return FAULTS_S[self._fault]
        with self._counting:
            self._asked[payer] += 1
            moments = random.Random(f"{self._seed} {payer} {self._asked[payer]}")
        hangs = moments.random()
        before_s, after_s = moments.uniform(0, _DELAY_S), moments.uniform(0, _DELAY_S)
        if hangs < _HANGS:
            before_s += 1.3 * TIMEOUT_S
        elif hangs < 2 * _HANGS:
            after_s += 1.3 * TIMEOUT_S
        return before_s, after_s

    def _find(self, payer: str) -> dict[str, Any] | None:
        with closing(self._open()) as database:
            row = database.execute("SELECT amount FROM payments WHERE payer = ?", (payer,)).fetchone()
        return None if row is None else {"amount": row[0]}

    def _open(self) -> sqlite3.Connection:
        database = sqlite3.connect(self._file, isolation_level=None, timeout=10)
        database.execute("PRAGMA synchronous = FULL")
        return database


def payments(file: Path) -> Counter[str]:
    """How often each payer has paid."""
    with closing(sqlite3.connect(file)) as database:
        return Counter(dict(database.execute("SELECT payer, count(*) FROM payments GROUP BY payer").fetchall()))
