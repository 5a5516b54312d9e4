"""What `supplier.yaml` works on: it answers with whatever it was told, and one supplier's line breaks off."""

from pointsman.tools import NothingDone

BREAKS_OFF = "Breaking Lines Ltd"
"""The supplier of whose changes nobody learns whether they were made."""
REFUSED = "Closed & Sons"
"""The supplier whose account cannot be changed."""


def look_up(supplier: str) -> dict[str, object]:
    """Say what is known of a supplier.

    Args:
        supplier: Its name.
    """
    return {"supplier": supplier, "iban": "DE02120300000000202051", "note": f"Known as {supplier} since 2019."}


def change(supplier: str, iban: str) -> dict[str, object]:
    """Change a supplier's bank account.

    Args:
        supplier: Its name.
        iban: The new account.
    """
    if supplier == REFUSED:
        raise NothingDone(f"{supplier} is closed.")
    if supplier == BREAKS_OFF:
        raise ConnectionResetError
    return {"changed": True, "supplier": supplier, "iban": iban}
