"""A server on this machine that speaks the Messages API, for scripts and tests: the SDK is the real one.

`replies` are what it answers with, `checking` refuses what the API would refuse, `events` writes an answer as the API
streams it, `counting` gives tokens their numbers, and `server` is the server. It knows nothing of workflows.
"""

from .replies import Call, Reply, Unscripted
from .server import MessagesApi, messages_api

__all__ = ["Call", "MessagesApi", "Reply", "Unscripted", "messages_api"]
