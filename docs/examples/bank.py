"""A bank of one evening: what `withdrawal.yaml` works on. Nothing is kept when the process ends."""

from pointsman.tools import NothingDone

PINS = {"ann": "7141", "ben": "2602"}
ACCOUNTS = {"ann": [{"iban": "DE02120300000000202051", "balance": 120}], "ben": []}


def login(customer: str, pin: str) -> dict[str, object]:
    """Say whether this is the customer, and give a token for today.

    Args:
        customer: Who says that they are here.
        pin: Their four digits.
    """
    right = PINS.get(customer) == pin
    return {"ok": right, "token": f"{customer}-{pin}-today" if right else ""}


def accounts(customer: str) -> dict[str, object]:
    """List a customer's accounts, and say how much there is in all of them."""
    held = ACCOUNTS.get(customer, [])
    return {"accounts": [dict(account) for account in held], "balance": sum(int(str(one["balance"])) for one in held)}


def pay_out(customer: str, amount: int) -> dict[str, object]:
    """Pay out from the customer's first account."""
    held = ACCOUNTS.get(customer) or []
    if not held or int(str(held[0]["balance"])) < amount:
        raise NothingDone(f"There is less than {amount} in the account.")
    held[0]["balance"] = int(str(held[0]["balance"])) - amount
    return {"paid": amount}


def return_card(customer: str) -> dict[str, object]:
    """Give a customer their card back."""
    return {"card": "returned", "customer": customer}
