"""The tools of expense.yaml. A function's types and docstring are what the agent is shown."""


def left() -> dict[str, float]:
    """Tell how much of this month's budget is left."""
    return {"left": 120.0}
