"""Properties are searched deterministically: CI fails for a change, never for bad luck.

`HYPOTHESIS_PROFILE=search` looks further, with another seed every time; what it finds becomes a test
of its own in `test_found.py`.
"""

import os

from hypothesis import settings

settings.register_profile("deterministic", derandomize=True, deadline=None, database=None, print_blob=True)
settings.register_profile("search", deadline=None, max_examples=2000, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "deterministic"))
