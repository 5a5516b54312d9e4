"""Models: what the server asks of them, through the Messages API of Anthropic.

`port` is what the server needs. Nothing here knows of sessions or decides anything: a question goes out whole, and its
answer comes back whole, or an error that says why there is none.
"""
