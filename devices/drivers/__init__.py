"""Drivers, one file a family: a table of channels and a decoder."""
