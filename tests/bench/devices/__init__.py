"""Measurements of instruments: reading, storing, exporting, stopping; peers beside us, real firmware."""
