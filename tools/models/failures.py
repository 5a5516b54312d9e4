"""What it means when the API answers with an error, and what would mend it.

What the API says of it is foreign text: it is cut, written so that nothing in it is hidden, and freed of the key.
"""

from __future__ import annotations

import re
from typing import Final

from pointsman.contracts.bounds import MODEL_ERROR_CHARACTERS
from pointsman.contracts.visible import visible

from .key import NAME
from .retrying import Failed, may_help

_BAD_REQUEST: Final = 400
_BY_KIND: Final = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "timeout_error": 504,
    "conflict_error": 409,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "overloaded_error": 529,
}
"""The HTTP status of each kind of error, for those in an answer (platform.claude.com/docs/en/api/errors)."""
_SPENT: Final = frozenset(("enforced_spend_limit_reached", "contract_spend_limit_reached"))
"""Codes of a 429 that is no rate limit, and that no waiting mends (platform.claude.com/docs/en/api/rate-limits)."""
_LASTING: Final = frozenset((401, 402, 403, 404))
"""Statuses that every question to the model has, until somebody sees to the key, the account or the workflow."""
_KEY: Final = f"Check {NAME}, or the key in the keyring."
_ABOUT_SCHEMAS: Final = re.compile(r"schema|strict|grammar", re.IGNORECASE)


def status_of(kind: str) -> int:
    """Give the HTTP status of a kind of error; one that is not known counts as a fault of the server."""
    return _BY_KIND.get(kind, 500)


def may_be_about_schemas(status: int, said: str) -> bool:
    """Whether the API may have refused a question for the schemas of its strict tools, such as for their size."""
    return status == _BAD_REQUEST and _ABOUT_SCHEMAS.search(said) is not None


def failed(
    status: int, said: str, model: str, key: str, *, code: str | None = None, wait_ms: int | None = None
) -> Failed:
    """Tell an error status in our words, and in a few of the API's: `code` names the cause, where there is a name."""
    spent = code in _SPENT
    return Failed(
        _means_spent(status) if spent else _means(status, model),
        said=quote(said, key),
        again=may_help(status) and not spent,
        lasting=spent or status in _LASTING or status < _BAD_REQUEST,
        wait_ms=wait_ms,
    )


def quote(said: str, key: str) -> str:
    """Make a short text for everybody of what somebody else says."""
    text = visible(said.replace(key, "[key]")).strip()
    return text if len(text) <= MODEL_ERROR_CHARACTERS else text[:MODEL_ERROR_CHARACTERS] + "…"


def _means_spent(status: int) -> str:
    return f"The account has spent all it may ({status}). Raise its limit, or wait for the day that the API names."


def _means(status: int, model: str) -> str:
    match status:
        case 400:
            return "The Messages API does not take the question (400)."
        case 401:
            return f"The Messages API does not know the key (401). {_KEY}"
        case 402:
            return "The Messages API asks for payment (402). See to the account's billing."
        case 403:
            return f"The key may not use the model {model!r} (403). {_KEY} Or ask for another model in the workflow."
        case 404:
            return (
                f"The Messages API knows no model {model!r} (404). Check the name of the state's `model` in the"
                " workflow, and ANTHROPIC_BASE_URL if it is set."
            )
        case 413:
            return "The question is too large for the Messages API (413). Show the model less: see `show` and `tools`."
        case 429:
            return "The Messages API takes no more questions for now (429): the account's rate limit is reached."
        case 529:
            return "The Messages API is overloaded (529)."
        case _ if status < _BAD_REQUEST:
            return f"What should be the Messages API sends us elsewhere ({status}). Check ANTHROPIC_BASE_URL."
        case _:
            return f"The Messages API has failed ({status})."
