"""Models: what the server asks of them, through the Messages API of Anthropic.

`port` is what the server needs, `client` fills it with the real SDK. `request` and `strict` write a question,
`wire` bounds what comes back, `reading` makes an answer of it, `failures` says what an error means and `retrying` when
it is asked again; `key` and `prices` are what the names say. Nothing here knows of sessions or decides anything: a
question goes out whole, and its answer comes back whole, or an error that says why there is none.
"""
