"""The tirek daemon."""
