"""Pictures of a workflow, drawn from the compiled workflow alone.

`picture` says which states and arrows there are; `mermaid` and `svg` draw the same picture, and
`layout` finds its places for the latter. No transition is written down here a second time.
"""

from .mermaid import mermaid

__all__ = ["mermaid"]
