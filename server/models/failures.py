"""Failed turns in the log of the server, for whoever operates it: sessions go on without a word where they may."""

from __future__ import annotations

import logging

import structlog

from pointsman.contracts.errors import PointsmanError
from pointsman.fsm.decision import Decision
from pointsman.fsm.model_turns import Turned
from pointsman.tools.models.port import NoAnswer, NotAskable

_log = structlog.get_logger(__name__)


def log_failure(decision: Decision, session: str, why: PointsmanError | None) -> None:
    """Log a turn that has failed, if this decision is about one.

    It is an error where trying again helps nobody: somebody must see to the key, the account or the settings.

    Args:
        decision: What came of recording the turn's result.
        session: The session's identifier.
        why: Why there is no answer. None where there is one.
    """
    for fact in decision.facts:
        if not isinstance(fact.body, Turned) or fact.outcome != "failed":
            continue
        lasting = isinstance(why, NotAskable) or (isinstance(why, NoAnswer) and why.lasting)
        _log.log(
            logging.ERROR if lasting else logging.WARNING,
            "a model was not asked, or its answer is of no use",
            session=session,
            state=fact.state_before,
            model=fact.body.model,
            error=why.ours if isinstance(why, NoAnswer) else fact.body.error,
        )
