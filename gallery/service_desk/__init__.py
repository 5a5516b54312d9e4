"""IT service requests: what a person asks of their account is planned first, then done, and told; or handed over.

`workflow.yaml` is the workflow; `knowledge_base.py`, `accounts.py`, `tickets.py` and `notifier.py` are its four
sources of tools, and `scripts/` plays its paths. README.md says how it is built.
"""
