"""Measurements against others in the same run: `python -m tests.bench`."""
