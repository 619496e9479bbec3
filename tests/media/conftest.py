"""Hypothesis on a machine that does other work too: slow is not wrong."""

from hypothesis import HealthCheck, settings

# An example takes some milliseconds; the default deadline of 200 ms and the watch over slow drawing fail
# only when the computer is busy, and then at random.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")
