"""Who shows a token, and what it opens.

`port` is what a server asks of whoever knows tokens; `minted` knows those that were made here. Nothing in
here says what an actor may do: that is the workflow's to say.
"""
