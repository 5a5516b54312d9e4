"""The web console, where people work: pages made on the server, that need no script to be used.

It stands on the same `Inquiry` as the API, so that it shows and does nothing that the workflow does not let its
user see and do. What people do here is of the channel `console`.
"""
