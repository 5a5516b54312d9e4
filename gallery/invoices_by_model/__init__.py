"""Invoice exceptions read by a model that the server asks itself.

`workflow.yaml` is the workflow of `..invoices` with two model states in place of the agent's, on the very tools of that
folder. `prompts/` is what the model is told, and `scripts/` plays its paths. README.md says how it is built.
"""
