"""The database: its tables, its migrations, what is written in one commit, and what is read beside it.

Everything here is synchronous and knows nothing of event loops; `engines` decides which thread runs
it. Rows are made and read here and nowhere else. Nothing here decides anything about a session.
"""
