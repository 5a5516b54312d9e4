"""The transition table of a workflow, which technical and business people review together.

`rows` says in words what each of the moves of `server.moves` is; `markdown`, `spreadsheet` and
`page` write the same rows. Everything comes from the compiled workflow alone.
"""
