"""The tools of archive.yaml: three old files."""

from pointsman.tools import NothingDone

_AGES = {"minutes-2017.pdf": 9, "contract-2016.pdf": 10, "budget-2026.xlsx": 0}


def describe(name: str) -> dict[str, object]:
    """Say how old a file is, in years."""
    if name not in _AGES:
        raise NothingDone(f"There is no file {name}.")
    return {"name": name, "age_years": _AGES[name]}


def delete(name: str) -> dict[str, str]:
    """Delete a file, for good."""
    return {"deleted": name}
