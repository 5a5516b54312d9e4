"""What the outside is shown of sessions, reviews, writes and histories, as JSON: on the command line as over HTTP.

A list is a `Page` of entries; a single thing is a document. They are made from a connection, or from what was read
over one, and of what a caller may see (`Seen`; None is everything, as for whoever has the file). Nobody's rights are
judged here, and nothing is printed.
"""
