"""What a state may use: the sources of tools, their effects and retries, and the model actor.

The public face, for those who write tools, is what is named here.
"""

from .conversation import Question
from .errors import NothingDone, ToolError
from .source import CallContext

__all__ = ["CallContext", "NothingDone", "Question", "ToolError"]
