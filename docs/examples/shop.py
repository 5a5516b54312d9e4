"""The tools of refund.yaml: a shop with three orders."""

from pointsman.tools import NothingDone

_PINS = {"ann": "1111", "bob": "2222"}
_ORDERS: dict[str, dict[str, object]] = {
    "O-1": {"customer": "ann", "paid": 40, "refunded": 0},
    "O-2": {"customer": "ann", "paid": 15, "refunded": 0},
    "O-3": {"customer": "bob", "paid": 99, "refunded": 0},
}


def verify(customer: str, pin: str) -> dict[str, bool]:
    """Tell whether this is the customer's PIN."""
    return {"verified": _PINS.get(customer) == pin}


def find_order(order: str) -> dict[str, object]:
    """Find an order: whose it is, what was paid, what has been refunded."""
    if order not in _ORDERS:
        raise NothingDone(f"There is no order {order}.")
    return dict(_ORDERS[order])


def refund(customer: str, order: str, amount: int) -> dict[str, object]:
    """Refund a part of an order to its customer."""
    found = _ORDERS[order]
    refunded = int(str(found["refunded"])) + amount
    found["refunded"] = refunded
    return {"customer": customer, "refunded": refunded}
