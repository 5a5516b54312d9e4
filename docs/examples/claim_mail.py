"""The mail of claim.yaml. It writes to a list here; yours would send it."""

SENT: list[dict[str, str]] = []


def ask(to: str, reply_to: str, text: str) -> dict[str, str]:
    """Ask a customer something; what they answer goes to `reply_to`."""
    SENT.append({"to": to, "reply_to": reply_to, "text": text})
    return {"sent": to}
