"""Where the commands have what they show, and where they do what a person decides: a database, or a server.

`Records` has a method for every question. The commands ask it, and do not know which of the two answers:
`local` opens a database beside whoever else has it open, `remote` asks the JSON API of a server that runs.
"""
