"""The tirek daemon."""

VERSION = "0.1.0"
