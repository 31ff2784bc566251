"""Settings for all tests: how many examples Hypothesis tries.

`HYPOTHESIS_PROFILE=thorough pytest` tries a hundred times as many.
"""

import os

from hypothesis import settings

settings.register_profile("ci", max_examples=100, deadline=None, print_blob=True)
settings.register_profile("thorough", max_examples=10_000, deadline=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))
