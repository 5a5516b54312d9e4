"""Models as actors: the server drives the turns that the machine opens, through the gate that everybody goes through.

`instructions` is what a model is told before it begins, `conversation` what has been said since, read back from the
session's rows; `driver` asks, has each wish of an answer judged like anybody's, and asks again.
"""
