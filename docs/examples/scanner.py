"""The tools of receipt.yaml: what stands on a scan, and what a second program reads off it."""

_TEXTS = {
    "r-1": "CAFE CENTRAL\n2 espresso 6.40\nTOTAL 6.40",
    "r-2": "CAFE CENTRAL\nlunch 71.00\nTOTAL 71.00",
}
_READ = {
    "r-1": {"shop": "CAFE CENTRAL", "total": 6.4},
    "r-2": {"shop": "CAFE CENTRAL", "total": 11.0},
}


def text(scan: str) -> str:
    """Give what stands on a scan, line by line."""
    return _TEXTS[scan]


def fields(scan: str) -> dict[str, object]:
    """Read the shop and the total off a scan."""
    return _READ[scan]
