"""Scripts: a session played from a file, through a real server and a real MCP client.

`script` is the file, `values` what its expressions see. `agent` speaks MCP to a server process;
`stage` acts for people, the outside and the clock in this process, on the same database; `playing`
goes through the steps and holds what happens to what the script says; `drawing` shows it.
"""
