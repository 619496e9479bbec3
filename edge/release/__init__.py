"""Releases of tirek as they are brought on a stick."""
