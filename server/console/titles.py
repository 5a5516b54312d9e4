"""The titles of workflows, by their names."""

from __future__ import annotations

from ..inquiry import Inquiry
from ..replies import Caller


async def titles(inquiry: Inquiry, caller: Caller) -> dict[str, str]:
    """Give the titles of those that a caller may know of; of one without a title its name."""
    page = await inquiry.workflows(caller)
    return {str(one["workflow"]): str(one.get("title") or one["workflow"]) for one in page.items}
