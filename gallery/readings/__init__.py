"""Invoices read twice: two models with two prompts, and a person wherever they do not agree.

`workflow.yaml` is the workflow, on the tools of `..invoices`. `prompts/` is what the models are told, and `scripts/`
plays its paths. README.md says how it is built.
"""
