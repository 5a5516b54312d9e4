"""Lead nurturing: a model scores and writes, guards say what follows, and nobody is written to who has said no.

`workflow.yaml` is the workflow; `crm.py`, `mail.py` and `sales.py` are its sources of tools, `prompts/` is what the
model is told, and `scripts/` plays its paths. README.md says how it is built.
"""
