"""The post office of `letters.yaml`: it sends everything but letters that cannot be sent."""


def look(letter: str, password: str = "", length: int = 0) -> dict[str, str]:
    """Look a letter up."""
    return {"letter": letter, "secret": f"the secret of {letter}", "size": password[:0] + "x" * length}


def send(letter: str, answer: str) -> str:
    """Send an answer."""
    if "unsendable" in answer:
        raise ValueError("it cannot be sent")
    return f"{letter}: {answer}"


def file(letter: str) -> str:
    """File a letter away."""
    return letter


def pay(letter: str, sum: float) -> dict[str, object]:  # noqa: A002 -- the name of the argument
    """Pay for the reply to a letter."""
    return {"letter": letter, "sum": sum, "receipt": "R-1"}
