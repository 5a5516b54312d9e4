"""Pictures of a workflow, drawn from the compiled workflow alone.

`picture` says which states and arrows there are, from the moves of `server.moves`; `mermaid`, `dot`
and `svg` draw the same picture. For the last, `plan` finds every place, with `layout` below it.
"""

from .mermaid import mermaid
from .picture import Trail

__all__ = ["Trail", "mermaid"]
