"""A ledger whose connection breaks after it has written: the one who called cannot know that it has."""

_payments: dict[str, str] = {}


def pay(invoice: str, amount: int, idempotency_key: str) -> dict[str, str | None]:
    """Pay an invoice.

    Args:
        invoice: Its number.
        amount: In cents.
        idempotency_key: Equal for what is meant as the same payment.
    """
    if idempotency_key not in _payments:
        _payments[idempotency_key] = f"{invoice} paid with {amount}, payment {len(_payments) + 1}"
        raise ConnectionResetError
    return {"number": _payments[idempotency_key]}


def find_payment(invoice: str) -> dict[str, str | None]:
    """Find the payment of an invoice.

    Args:
        invoice: Its number.
    """
    return {"number": next((one for one in _payments.values() if one.startswith(f"{invoice} ")), None)}
