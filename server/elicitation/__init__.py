"""Reviews that are decided inside an MCP client, by a form (elicitation), where the workflow accepts that.

The person who answers for a client's calls is asked, and nobody else; whether they may decide is the machine's to say,
before they are asked and again when they have answered. A client says what its person has answered, and it is taken at
its word: such a decision is recorded with the channel `elicitation`, as client-attested. Where the workflow does not
accept that, nothing that a client answers decides anything.
"""
