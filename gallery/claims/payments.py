"""The payments: a claim is paid once.

They take no part in the workflow's rules: whoever calls them directly may pay whatever they like, once a claim.
"""

from __future__ import annotations

from pointsman.tools import NothingDone, ToolError

from ..storage import now
from .records import FoundPayment, Paid, Payment
from .seeds import BROKEN_LINE
from .store import RECORDS

__all__ = ["find", "pay"]


def find(claim_id: str) -> FoundPayment:
    """Tell what was paid for a claim. It is null if nothing was.

    Args:
        claim_id: Identifier of the claim, such as CLM-3001.
    """
    if claim_id == BROKEN_LINE:
        raise ToolError("The line to the bank is down.")
    columns = "payment_id, claim_id, policy_number, amount, approved_by"
    with RECORDS.reading() as records:
        query = f"SELECT {columns} FROM payments WHERE claim_id = ?"  # noqa: S608 -- columns named here
        row = records.execute(query, (claim_id,)).fetchone()
    return FoundPayment(None if row is None else Payment(**dict(row)))


def pay(claim_id: str, policy_number: str, amount: float, approved_by: str, idempotency_key: str | None = None) -> Paid:
    """Pay a claim. A second payment of one claim is refused.

    Args:
        claim_id: Identifier of the claim.
        policy_number: The policy that pays.
        amount: How much, in EUR.
        approved_by: The person who approved it, or the limits that allowed it.
        idempotency_key: Equal for what is meant as the same payment.
    """
    if claim_id == BROKEN_LINE:
        raise ToolError("The line to the bank broke before it answered.")
    with RECORDS.changing() as records:
        query = "SELECT payment_id, idempotency_key FROM payments WHERE claim_id = ?"
        row = records.execute(query, (claim_id,)).fetchone()
        if row is not None and idempotency_key is not None and row["idempotency_key"] == idempotency_key:
            return Paid(row["payment_id"], repeated=True)
        if row is not None:
            raise NothingDone(f"{claim_id} was paid before, with {row['payment_id']}. Nothing was paid.")
        count: int = records.execute("SELECT count(*) FROM payments").fetchone()[0]
        payment_id = f"PAY-{count + 1:04d}"
        values = (payment_id, claim_id, policy_number, amount, approved_by, now(), idempotency_key)
        records.execute("INSERT INTO payments VALUES (?, ?, ?, ?, ?, ?, ?)", values)
    return Paid(payment_id)
