"""What holds for all tests: what they start runs compiled, and slow is not wrong on a busy machine."""

import os

from hypothesis import HealthCheck, settings

# An example takes some milliseconds; the default deadline of 200 ms and the watch over slow drawing fail
# only when the computer is busy, and then at random.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

# Where it is set, every process of ours that a test starts compiles our modules anew: 0.4 s for a node.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
