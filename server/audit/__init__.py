"""Proving a history: the chain of hashes, its verification, and replay.

`chain` says what is hashed and is used by whoever writes rows; `verify` and `replay` only read.
Nothing here trusts a stored value, and nothing here mends one.
"""
