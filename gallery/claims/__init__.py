"""Claims processing: four steps, each as sure as it says, and a person where all of them together are not sure enough.

`workflow.yaml` is the workflow; `letters.py`, `policies.py` and `payments.py` are its sources of tools, `prompts/` is
what the model is told, and `scripts/` plays its paths. README.md says how it is built.
"""
