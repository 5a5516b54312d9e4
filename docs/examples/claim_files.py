"""What is on file of a claim."""

LETTER = "The pipe under the sink burst on Sunday, and the kitchen floor has come up."
ESTIMATES = {"Brugger Floors": 3100, "Home Repair Ltd": 2900}


def letter(claim: str) -> str:
    """Read the letter that reported the damage."""
    return f"{claim}: {LETTER}"


def estimates(claim: str) -> dict[str, int]:
    """Give what each firm asks for the repair."""
    return dict(ESTIMATES) if claim else {}
