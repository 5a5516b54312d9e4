"""A ledger whose connection breaks after it has written: the one who called cannot know that it has."""

from pointsman.tools import NothingDone

_payments: dict[str, dict[str, object]] = {}
"""By the key of each."""


def pay(invoice: str, amount: int, idempotency_key: str) -> dict[str, object]:
    """Pay an invoice.

    Args:
        invoice: Its number.
        amount: In cents.
        idempotency_key: Equal for what is meant as the same payment.
    """
    if idempotency_key not in _payments:
        if find_payment(invoice)["number"] is not None:
            raise NothingDone(f"{invoice} is paid already.")
        _payments[idempotency_key] = {"invoice": invoice, "amount": amount, "number": f"P-{len(_payments) + 1}"}
        raise ConnectionResetError
    return _payments[idempotency_key]


def find_payment(invoice: str) -> dict[str, object]:
    """Find the payment of an invoice.

    Args:
        invoice: Its number.
    """
    return next((one for one in _payments.values() if one["invoice"] == invoice), {"number": None})
